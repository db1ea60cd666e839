import { expect, it } from 'vitest';
import { requestSequence } from './request-mix.ts';

const mix = [
  { path: '/a', weight: 90 },
  { path: '/b', weight: 9 },
  { path: '/c', weight: 1 },
];
const countOf = (sequence: readonly number[], wanted: number): number =>
  sequence.filter((index) => index === wanted).length;

it('gives each request its exact share over one pass', () => {
  const sequence = requestSequence(mix, 1);
  expect(sequence).toHaveLength(1000);
  expect([0, 1, 2].map((index) => countOf(sequence, index))).toEqual([900, 90, 10]);
});

it('weighs requests without a weight alike', () => {
  const sequence = requestSequence([{ path: '/a' }, { path: '/b' }], 1);
  expect(countOf(sequence, 0)).toBe(500);
});

it('is fixed by the seed', () => {
  expect(requestSequence(mix, 7)).toEqual(requestSequence(mix, 7));
  expect(requestSequence(mix, 7)).not.toEqual(requestSequence(mix, 8));
});

it('spreads a request over the whole pass', () => {
  const sequence = requestSequence(mix, 3);
  const firstHalf = countOf(sequence.slice(0, 500), 1);
  expect(firstHalf).toBeGreaterThan(25);
  expect(firstHalf).toBeLessThan(65);
});

it('sends even the rarest request', () => {
  const sequence = requestSequence(
    [
      { path: '/a', weight: 5000 },
      { path: '/b', weight: 1 },
    ],
    1,
  );
  expect(countOf(sequence, 1)).toBe(1);
  expect(sequence).toHaveLength(5001);
});

it('needs no sequence for a single request', () => {
  expect(requestSequence([{ path: '/' }], 1)).toEqual([0]);
});

it('refuses a mix without requests, bodies that are none, and weights that are none', () => {
  expect(() => requestSequence([{ path: '/a', bodies: [] }], 1)).toThrow(
    'bodies of /a: expected at least one',
  );
  expect(() => requestSequence([], 1)).toThrow('requests: expected at least one request to send');
  for (const weight of [0, -1, NaN])
    expect(() => requestSequence([{ path: '/a', weight }], 1)).toThrow(
      `weight of /a: ${weight}: expected a finite number above 0`,
    );
});

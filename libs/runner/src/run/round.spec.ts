import { type Environment, native } from '@tare/environment';
import { expect, it } from 'vitest';
import { inGroups, sliceMsOf } from './round.ts';

const lone = new Set(['vm', 'other-vm']);
const named = (names: string): readonly Environment[] =>
  names.split(' ').map((name) => ({ ...native(), name, sideBySide: !lone.has(name) }));
const load = { sliceMs: 25, window: { kind: 'duration', durationMs: 3000 } } as const;
const groupsOf = (names: string, sliceMs: number | undefined) =>
  inGroups(named(names), sliceMs).map((group) => group.map(({ name }) => name).join(' '));

it.each([
  ['vm a b c', ['vm', 'a b c']],
  ['a vm c other-vm b', ['a c b', 'vm', 'other-vm']],
])('brings together those that can be up side by side, in the order of %s', (order, expected) => {
  expect(groupsOf(order, 25)).toEqual(expected);
});

it('leaves each alone without slices', () => {
  expect(groupsOf('b vm a', undefined)).toEqual(['b', 'vm', 'a']);
});

it.each([
  ['25 ms', 25, {}, load],
  ['nothing where slices are off', undefined, {}, { ...load, sliceMs: undefined }],
  ['nothing in a number of requests', undefined, {}, { ...load, window: { kind: 'requests', requests: 9 } }],
  ['nothing with a fixed port', undefined, { port: 4000 }, load],
  ['nothing with data on a disk', undefined, { data: 'UPLOADS_DIR' }, load],
] as const)('a slice lasts %s', (_, expected, workload, given) => {
  expect(sliceMsOf(workload, given)).toBe(expected);
});

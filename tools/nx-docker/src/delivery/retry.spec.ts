import { expect, test } from 'vitest';
import { passingError, retried, retryAfterMs } from './retry.ts';

const signal = AbortSignal.timeout(60_000);

/** Runs with a clock that takes no time. */
const tried = async (failures: readonly Error[]) => {
  const waits: number[] = [];
  const lines: string[] = [];
  let attempts = 0;
  const outcome = await retried(
    () => {
      const failure = failures[attempts++];
      return failure === undefined ? Promise.resolve('done') : Promise.reject(failure);
    },
    {
      tell: (line) => lines.push(line),
      sleep: (ms) => {
        waits.push(ms);
        return Promise.resolve();
      },
    },
    signal,
  ).catch((error: unknown) => error);
  return { outcome, waits, lines, attempts };
};
const busy = passingError('the registry is not well (503)');

test('waits double, and each is announced', async () => {
  const { outcome, waits, lines } = await tried([busy, busy]);
  expect(outcome).toBe('done');
  expect(waits).toEqual([1000, 2000]);
  expect(lines).toEqual([
    'the registry is not well (503); trying again in 1 s (2 of 5)',
    'the registry is not well (503); trying again in 2 s (3 of 5)',
  ]);
});

test('after five attempts the error is that of the last', async () => {
  const { outcome, waits, attempts } = await tried(Array.from({ length: 9 }, () => busy));
  expect(outcome).toBe(busy);
  expect({ waits, attempts }).toEqual({ waits: [1000, 2000, 4000, 8000], attempts: 5 });
});

test('what will not pass is not tried again', async () => {
  expect(await tried([new Error('denied')])).toMatchObject({ attempts: 1, waits: [] });
});

test('the other side may ask for more time, but not for an hour', async () => {
  expect((await tried([passingError('busy', undefined, 5000)])).waits).toEqual([5000]);
  expect(await tried([passingError('busy', undefined, 3_600_000)])).toMatchObject({ attempts: 1 });
});

test.each([
  ['7', 7000],
  ['Thu, 01 Jan 1970 00:00:00 GMT', 0],
  ['soon', undefined],
])('Retry-After: %s', (value, ms) => {
  expect(retryAfterMs(new Headers({ 'retry-after': value }))).toBe(ms);
});

import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createFairQueue } from './fair-queue.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const stays = new AbortController().signal;

/** A queue, the names of the work that has begun, and what ends the piece under way. */
function queueOf(most: number) {
  const queue = createFairQueue({ most, maxWaitMs: 1000 });
  const begun: string[] = [];
  const ends: (() => void)[] = [];
  const add = (client: string, name: string, gone = stays) => {
    const outcome = queue.run(client, gone, () => {
      begun.push(name);
      return new Promise<string>((resolve) => ends.push(() => resolve(name)));
    });
    return outcome.catch((error: unknown) => error);
  };
  const endOne = async () => {
    ends.shift()?.();
    await vi.advanceTimersByTimeAsync(0);
  };
  return { add, begun, endOne };
}

const full = expect.objectContaining({ status: 503, headers: { 'retry-after': '5' } }) as unknown;

it('takes the clients by turns, one piece at a time', async () => {
  const { add, begun, endOne } = queueOf(10);
  for (const name of ['a1', 'a2', 'a3', 'b1', 'c1', 'b2']) void add(name.slice(0, 1), name);
  for (let ended = 0; ended < 6; ended += 1) {
    expect(begun).toHaveLength(ended + 1);
    await endOne();
  }
  expect(begun).toEqual(['a1', 'a2', 'b1', 'c1', 'a3', 'b2']);
});

it('gives everybody the result of their own', async () => {
  const { add, endOne } = queueOf(10);
  const outcomes = [add('a', 'one'), add('b', 'other')];
  await endOne();
  await endOne();
  expect(await Promise.all(outcomes)).toEqual(['one', 'other']);
});

it('goes on after work that fails', async () => {
  const queue = createFairQueue({ most: 1, maxWaitMs: 1000 });
  const failed = queue.run('a', stays, () => Promise.reject(new Error('no')));
  const next = queue.run('a', stays, () => Promise.resolve('yes'));
  await expect(failed).rejects.toThrow('no');
  expect(await next).toBe('yes');
});

it('refuses what finds no room, and says when to try again', async () => {
  const { add } = queueOf(2);
  void [add('a', 'a1'), add('a', 'a2'), add('a', 'a3')];
  expect(await add('a', 'a4')).toEqual(full);
});

it('lets another client take the last place of the one with the most', async () => {
  const { add, begun, endOne } = queueOf(3);
  void [add('a', 'a1'), add('a', 'a2'), add('a', 'a3')];
  const last = add('a', 'a4');
  void add('b', 'b1');
  expect(await last).toEqual(full);
  for (let ended = 0; ended < 4; ended += 1) await endOne();
  expect(begun).toEqual(['a1', 'a2', 'b1', 'a3']);
});

it('refuses what has waited too long', async () => {
  const { add, begun, endOne } = queueOf(2);
  void add('a', 'a1');
  const late = add('b', 'b1');
  await vi.advanceTimersByTimeAsync(1000);
  expect(await late).toEqual(full);
  await endOne();
  expect(begun).toEqual(['a1']);
});

it('forgets whoever goes away, before and during the work', async () => {
  const { add, begun, endOne } = queueOf(2);
  const [first, second] = [new AbortController(), new AbortController()];
  const outcomes = [add('a', 'a1', first.signal), add('b', 'b1', second.signal)];
  second.abort();
  first.abort();
  const goneAway = expect.objectContaining({ status: 400 }) as unknown;
  expect(await Promise.all(outcomes)).toEqual([goneAway, goneAway]);
  expect(await add('a', 'a2', first.signal)).toEqual(goneAway);
  void add('c', 'c1');
  expect(begun).toEqual(['a1']);
  await endOne();
  expect(begun).toEqual(['a1', 'c1']);
});

import { expect, it } from 'vitest';
import { deadlineQueue, trainClient } from './http-client.ts';

it('calls those whose deadline has passed, once, and not those that are off', () => {
  const queue = deadlineQueue();
  const expired: number[] = [];
  const off = [10, 20, 30, 40].map((deadlineMs) =>
    queue.add(deadlineMs, () => {
      expired.push(deadlineMs);
    }),
  );
  off[1]?.();
  queue.expire(9);
  expect(expired).toEqual([]);
  queue.expire(30);
  expect(expired).toEqual([10, 30]);
  queue.expire(100);
  expect(expired).toEqual([10, 30, 40]);
});

const openSockets = (): number =>
  process.getActiveResourcesInfo().filter((name) => name.startsWith('TCP')).length;

it('ends within its limit and leaves no connection behind', async () => {
  const before = openSockets();
  const startedAt = performance.now();
  await trainClient();
  expect(performance.now() - startedAt).toBeLessThan(5000);
  // the handles of closed sockets go in the next turns of the event loop
  await expect.poll(openSockets).toBeLessThanOrEqual(before);
});

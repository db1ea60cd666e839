import { expect, it } from 'vitest';
import { deadlineQueue } from './deadline-queue.ts';

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

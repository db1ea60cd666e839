import type { Meter } from '@tare/metrics';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { windowSampler } from './resource-use.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

it('a window that is broken off is read no more: its timer would hold the process, and disturb later trials', () => {
  const read = vi.fn(() => Promise.reject(new Error('the app has ended')));
  const meter: Meter = { scope: 'the app', read, close: () => Promise.resolve() };
  const sampler = windowSampler({ net: meter, gross: meter }, 100);
  sampler.begin();
  vi.advanceTimersByTime(250);
  expect(read).toHaveBeenCalledTimes(3);
  sampler.stop();
  vi.advanceTimersByTime(1000);
  expect(read).toHaveBeenCalledTimes(3);
  expect(vi.getTimerCount()).toBe(0);
});

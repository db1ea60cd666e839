import { expect, it } from 'vitest';
import { withLog } from './ready-instance.ts';

it('what an app has said last stands at the end of a message', () => {
  expect(withLog('native: it ended', '')).toBe('native: it ended');
  expect(withLog('native: it ended', 'a\nb')).toBe('native: it ended; its last log lines:\na\nb');
});

it('a full heap is said in words, before the stack that V8 prints', () => {
  const log =
    '<--- Last few GCs --->\nFATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory\n 1: 0xe13';
  expect(withLog('native: the app was ended by SIGABRT', log)).toMatch(
    /^native: the app was ended by SIGABRT: the heap of Node is full \(it has half of resources\.memoryMiB\); its last log lines:\n<---/,
  );
});

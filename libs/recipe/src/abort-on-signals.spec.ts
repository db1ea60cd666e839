import { expect, it } from 'vitest';
import { abortOnSignals } from './abort-on-signals.ts';

it('aborts the work when the process is told to end, and lets it clean up', async () => {
  const before = process.listenerCount('SIGHUP');
  const reason = await abortOnSignals(async (signal) => {
    const aborted = new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => {
        resolve();
      });
    });
    process.emit('SIGHUP', 'SIGHUP');
    await aborted;
    return signal.reason as Error;
  });
  expect(reason.message).toBe('ended by SIGHUP');
  expect(process.listenerCount('SIGHUP')).toBe(before);
});

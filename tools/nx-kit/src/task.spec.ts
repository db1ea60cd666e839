import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { abortOnSignals } from './task.ts';

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
  expect(reason.message).toBe('interrupted by SIGHUP');
  expect(process.listenerCount('SIGHUP')).toBe(before);
});

it('leaves SIGINT to work that has its own way to end, as long as it takes it', async () => {
  let isFirst = true;
  const takesInterrupt = () => {
    const taken = isFirst;
    isFirst = false;
    return taken;
  };
  const aborted = await abortOnSignals((signal) => {
    process.emit('SIGINT', 'SIGINT');
    const afterFirst = signal.aborted;
    process.emit('SIGINT', 'SIGINT');
    return Promise.resolve([afterFirst, signal.aborted]);
  }, takesInterrupt);
  expect(aborted).toEqual([false, true]);
});

it.skipIf(process.platform === 'win32')(
  'aborts the work within a second when its parent is killed',
  async () => {
    const module = new URL('task.ts', import.meta.url).href;
    const child = `import { abortOnSignals } from '${module}';
    await abortOnSignals((signal) => new Promise((resolve) => {
      const working = setInterval(() => {}, 1000);
      signal.addEventListener('abort', () => { clearInterval(working); console.log(signal.reason.message); resolve(); });
      console.log('working');
    }));`;
    const parent = `require('node:child_process').spawn(process.execPath, ['--input-type=module', '-e', ${JSON.stringify(child)}],
    { stdio: ['ignore', 1, 2] });`;
    const { stdout, pid } = spawn(process.execPath, ['-e', parent], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let said = '';
    stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
    await once(stdout, 'data');
    const killedAt = performance.now();
    process.kill(pid ?? 0, 'SIGKILL');
    // held open by the child alone
    await once(stdout, 'close');
    expect(performance.now() - killedAt).toBeLessThan(1000);
    expect(said).toBe(`working\nended, for process ${pid}, which had started this, has ended\n`);
  },
);

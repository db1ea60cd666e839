import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { lockHost } from './host-lock.ts';

const socketName = `\0tare-test-${process.pid}`;
const holder = { pid: process.pid, runId: 'r1', startedAt: '2026-01-01T00:00:00.000Z', folder: '/somewhere' };

it.skipIf(process.platform !== 'linux')('lets one run in and tells the next who is there', async () => {
  const lock = await lockHost(holder, socketName);
  await expect(lockHost({ ...holder, runId: 'r2' }, socketName)).rejects.toThrow(
    `another run is measuring on this host (pid ${process.pid}, run r1, since 2026-01-01T00:00:00.000Z, in /somewhere): wait for its end`,
  );
  await lock.release();
  await (await lockHost(holder, socketName)).release();
});

it.skipIf(process.platform !== 'linux')('is free again when its holder is killed', async () => {
  const script = `require('node:net').createServer().listen('\\0tare-test-${process.pid}', () => process.send(1))`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  await once(child, 'message');
  await expect(lockHost(holder, socketName)).rejects.toThrow('another run is measuring on this host');
  child.kill('SIGKILL');
  await once(child, 'close');
  await (await lockHost(holder, socketName)).release();
});

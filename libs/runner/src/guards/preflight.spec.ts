import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { native } from '@tare/environment';
import { expect, it } from 'vitest';
import { answering, other } from '../../fixtures/real-run.ts';
import { resolveConfig } from '../config/resolve-config.ts';
import { defaultGuards } from './violations.ts';
import {
  busiestProcesses,
  findingsAtRest,
  type HostAtRest,
  preflight,
  requireOpenFiles,
  requireRoomFor,
} from './preflight.ts';

const quiet: HostAtRest = {
  foreignCpus: 0.15,
  stealPercent: 2,
  serverCpusBusyPercent: null,
  busiest: [],
  durationMs: 1500,
};

it('finds nothing on a host at its limits', () => {
  expect(findingsAtRest(quiet, defaultGuards)).toEqual([]);
});

it('names who is busy, and how to look at them', () => {
  const busiest = [
    { pid: 4711, name: 'node', cpus: 0.612 },
    { pid: 12, name: 'dockerd', cpus: 0.1 },
  ];
  const busy = { ...quiet, foreignCpus: 0.94, serverCpusBusyPercent: 61.2, busiest };
  expect(findingsAtRest(busy, defaultGuards)).toEqual([
    {
      code: 'busy-host',
      message:
        'other processes use 0.94 CPUs, at most 0.15 is allowed: node (pid 4711) 0.61, dockerd (pid 12) 0.10, others or short-lived ones 0.23; the server’s CPUs were 61 % busy',
      remedy: 'end them or wait for them: top -p 4711,12',
    },
  ]);
});

it('finds steal, and a host that tells nothing', () => {
  expect(findingsAtRest({ ...quiet, stealPercent: 7.5 }, defaultGuards)).toMatchObject([{ code: 'steal' }]);
  expect(findingsAtRest({ ...quiet, foreignCpus: null }, defaultGuards)).toMatchObject([
    { code: 'host-unknown' },
  ]);
});

it.skipIf(process.platform !== 'linux')(
  'finds a busy process and names it, without its arguments',
  // three are named, and other tests may be busier for a moment
  { retry: 5 },
  async () => {
    const script = 'process.send(1); for (;;) if (process.uptime() > 30) process.exit();';
    const child = spawn(process.execPath, ['-e', script, 'my-secret'], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    try {
      await once(child, 'message');
      const found = await preflight({ cpus: [0], durationMs: 500, signal: AbortSignal.timeout(10_000) });
      // how much of a CPU it gets depends on what else runs here
      expect(found.foreignCpus).toBeGreaterThan(0.5);
      expect(found.busiest.map(({ pid }) => pid)).toContain(child.pid);
      expect(found.serverCpusBusyPercent).toBeGreaterThanOrEqual(0);
      const busyHost = found.findings.find(({ code }) => code === 'busy-host');
      expect(busyHost?.message).toContain(`(pid ${child.pid})`);
      expect(JSON.stringify(found)).not.toContain('my-secret');
    } finally {
      child.kill('SIGKILL');
      await once(child, 'close');
    }
  },
);

it.skipIf(process.platform !== 'linux')('looks three times before it calls a host busy', async () => {
  const begun = performance.now();
  const found = await preflight({
    cpus: undefined,
    durationMs: 100,
    guards: { ...defaultGuards, foreignCpus: -1 },
    signal: AbortSignal.timeout(10_000),
  });
  expect(found.findings.map(({ code }) => code)).toContain('busy-host');
  // the looks before the last; a timer may fire a little early
  expect(performance.now() - begun - found.durationMs).toBeGreaterThan(190);
});

it('ends at once when it is aborted', async () => {
  const reason = new Error('enough');
  const controller = new AbortController();
  const found = preflight({ cpus: undefined, durationMs: 60_000, signal: controller.signal });
  controller.abort(reason);
  await expect(found).rejects.toBe(reason);
});

const listed = (pid: number, userTicks: number, systemTicks = 0, startTicks = 5, command = `p${pid}`) => ({
  pid,
  command,
  userTicks,
  systemTicks,
  startTicks,
});

it('gives the busiest first, and no more than asked for', () => {
  const begin = [listed(1, 0), listed(2, 10, 10), listed(3, 7)];
  const end = [listed(1, 10), listed(2, 50, 70), listed(3, 7)];
  expect(busiestProcesses(begin, end, 1000, [], 3)).toEqual([
    { pid: 2, name: 'p2', cpus: 1 },
    { pid: 1, name: 'p1', cpus: 0.1 },
  ]);
  expect(busiestProcesses(begin, end, 1000, [], 1)).toHaveLength(1);
});

it('leaves out the processes that it is given', () => {
  expect(busiestProcesses([], [listed(1, 10)], 1000, [1], 3)).toEqual([]);
});

it('knows a new process by its start, even with the pid of an old one', () => {
  const begin = [listed(1, 500)];
  expect(busiestProcesses(begin, [listed(1, 20, 0, 99)], 2000, [], 3)).toEqual([
    { pid: 1, name: 'p1', cpus: 0.1 },
  ]);
});

it('takes line feeds and terminal codes out of names', () => {
  const end = [listed(1, 20, 0, 5, 'a\n\u001b[31mb')];
  expect(busiestProcesses([], end, 1000, [], 3)[0]?.name).toBe('a??[31mb');
});

const config = resolveConfig(
  { workloads: [answering('/')], environments: [native(), other('second')], load: { connections: 100 } },
  'test',
);

it('refuses a limit of open files that a run would reach, and says how to raise it', () => {
  requireOpenFiles(config, 492);
  expect(() => {
    requireOpenFiles(config, 32);
  }).toThrow(
    new Error(
      'this process may open 32 file descriptors, a run with 100 connections in 2 environments wants 492: ulimit -n 1024',
    ),
  );
});

it('names a folder that cannot be written', async () => {
  await requireRoomFor(config, []);
  await expect(requireRoomFor(config, ['/dev/null/runs'])).rejects.toThrow(
    '/dev/null/runs: cannot be written: ',
  );
});

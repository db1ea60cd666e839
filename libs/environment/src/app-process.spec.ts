import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findProcess, listProcesses, namespacedPid, waitForHttp } from '@tare/metrics';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { enterAppCgroup } from './app-cgroup.ts';
import type { Environment, Instance, Launch } from './contract.ts';
import { bubblewrap } from './bubblewrap.ts';
import { namespace } from './namespace.ts';
import { native } from './native.ts';
import { nspawn } from './nspawn.ts';

// starts a child in one of several ways, and tells its pid; ends when asked for /end
const script = `
import { createServer } from 'node:http';
import { spawn, spawnSync } from 'node:child_process';
const { HOW, PORT, HOST } = process.env;
const [sleep, more] = [['sleep', ['1000']], { stdio: 'ignore' }];
const start = {
  group: () => spawn(...sleep, more).pid,
  detached: () => spawn(...sleep, { ...more, detached: true }).pid,
  bare: () => spawn(...sleep, { ...more, detached: true, env: {} }).pid,
  pipe: () => spawn(...sleep, { detached: true, stdio: 'inherit' }).pid,
  'bare-pipe': () => spawn(...sleep, { detached: true, stdio: 'inherit', env: {} }).pid,
  // its parent is gone at once, its group, session and variables are others
  lost: () => Number(spawnSync('setsid', ['sh', '-c', 'env -i sleep 1000 >/dev/null 2>&1 & echo $!'], { encoding: 'utf8' }).stdout),
};
let pid;
createServer((request, reply) => {
  if (request.url === '/end') { console.log('the last words'); process.exit(7); }
  reply.end(String(pid));
}).listen(Number(PORT), HOST, () => { pid = start[HOW](); });
process.on('SIGTERM', () => process.exit(0));
`;

const never = new AbortController().signal;
const told: string[] = [];
let folder: string;
let launch: Launch;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tare-app-process-'));
  const path = join(folder, 'main.mjs');
  await writeFile(path, script);
  launch = {
    artifact: { kind: 'node', workload: 'parent', path, sha256: '0', bytes: script.length },
    context: {
      runId: `test-${process.pid}`,
      tell: (line) => told.push(line),
      nodeBinary: process.execPath,
      nodeVersion: process.version,
      resources: { cpus: 1, memoryMiB: 256, serverCpus: undefined, nodeArguments: [] },
    },
    variables: {},
    healthPath: '/',
    port: undefined,
    round: undefined,
    cold: false,
  };
});
afterAll(() => rm(folder, { recursive: true, force: true }));
beforeEach(() => {
  told.length = 0;
});

async function startWith(
  environment: Environment,
  how: string,
): Promise<Instance & { readonly child: number }> {
  const variables = { HOW: how, PATH: process.env.PATH ?? '' };
  const instance = await environment.start({ ...launch, variables }, never);
  const { url, spawnedAt } = instance;
  await waitForHttp({ url, since: spawnedAt, intervalMs: 5, deadlineMs: 10_000, signal: never });
  return { ...instance, child: Number(await (await fetch(url)).text()) };
}

/** Whether this user can make a control group: without one what has left everything behind cannot be found. */
function hasCgroup(): boolean {
  const group = enterAppCgroup();
  const isIn = /^0::.*\/tare-[\w.]+$/m.test(readFileSync('/proc/self/cgroup', 'utf8'));
  group.leave();
  return isIn;
}

const isLinux = process.platform === 'linux';
const ways = ['group', 'detached', 'bare', 'pipe', 'bare-pipe', ...(isLinux && hasCgroup() ? ['lost'] : [])];

describe.skipIf(!isLinux)('what an app leaves running', () => {
  it.each(ways)('is ended when the app is stopped, and told (%s)', async (how) => {
    const instance = await startWith(native(), how);
    expect(findProcess(instance.child)?.command).toBe('sleep');
    const stoppedAt = performance.now();
    await instance.stop();
    expect(performance.now() - stoppedAt).toBeLessThan(2000);
    expect(findProcess(instance.child)).toBeUndefined();
    expect(told).toEqual(['native: parent left a process running when it ended (sleep); now ended']);
  });

  it.each(ways)('does not hide how the app ended by itself, nor its last words (%s)', async (how) => {
    const instance = await startWith(native(), how);
    // the reading of a meter, or a look now and then, makes its children known
    await (await instance.meters()).net?.read();
    const askedAt = performance.now();
    await fetch(new URL('/end', instance.url)).catch(() => undefined);
    expect(await instance.ended).toBe('the app ended with exit code 7');
    expect(performance.now() - askedAt).toBeLessThan(1500);
    expect(await instance.lastLog()).toContain('the last words');
    await instance.stop();
    expect(findProcess(instance.child)).toBeUndefined();
    expect(told).toHaveLength(1);
  });

  it('is not what another app of the same run has', async () => {
    const [first, second] = [await startWith(native(), 'detached'), await startWith(native(), 'detached')];
    await first.stop();
    expect(findProcess(first.child)).toBeUndefined();
    expect(findProcess(second.child)?.command).toBe('sleep');
    await second.stop();
    expect(findProcess(second.child)).toBeUndefined();
  });

  it.each([namespace(), bubblewrap(), nspawn()])(
    'goes with a process namespace of its own ($name)',
    async (environment) => {
      if (!(await environment.probe(never)).usable) return;
      const instance = await startWith(environment, 'bare-pipe');
      try {
        // it knows its pid in there
        const [child, ...others] = listProcesses().filter(
          ({ pid, command }) =>
            command === 'sleep' && namespacedPid(pid) === instance.child && pid !== instance.child,
        );
        expect(others).toEqual([]);
        await instance.stop();
        expect(findProcess(child?.pid ?? 0)?.startTicks).not.toBe(child?.startTicks);
      } finally {
        await instance.stop();
      }
    },
  );
});

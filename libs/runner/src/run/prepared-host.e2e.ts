import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { findRunner, runnerVariable } from '@tare/environment';
import { processesWithVariable } from '@tare/metrics';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { leftovers, shortRun, writeAnsweringApp } from '../../fixtures/real-run.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tare-host-'));
  await writeAnsweringApp(folder);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it('takes everything down when it is interrupted', async () => {
  const controller = new AbortController();
  const running = shortRun(folder, { rounds: 50 }, { signal: controller.signal });
  running.catch(() => undefined);
  await sleep(2500);
  controller.abort(new Error('interrupted by a test'));
  await expect(running).rejects.toThrow('interrupted by a test');
  expect(leftovers()).toEqual([]);
});

it('leaves nothing behind when it is killed', async () => {
  const configPath = join(folder, 'killed.config.mjs');
  const library = new URL('../index.ts', import.meta.url).href;
  const environment = import.meta.resolve('@tare/environment');
  await writeFile(
    configPath,
    `import { native } from '${environment}';
     export default {
       workloads: [{ name: 'answer', app: { kind: 'node', file: new URL('main.mjs', import.meta.url) }, health: '/health',
         request: () => ({ path: '/answer' }), conformance: [{ request: { path: '/health' }, status: 200 }] }],
       environments: [native()], rounds: 50, load: { warmupMs: 100, durationMs: 20000 },
     };`,
  );
  const script = `
    import { applyOverrides, loadConfig, performRun } from '${library}';
    const configPath = ${JSON.stringify(configPath)};
    await performRun({ config: applyOverrides(await loadConfig(configPath), {}), configPath, runsFolder: ${JSON.stringify(join(folder, 'runs'))},
      listener: ({ kind }) => process.send(kind), signal: new AbortController().signal });`;
  const runner = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  await new Promise<void>((resolve, reject) => {
    runner.once('exit', (code) => {
      reject(new Error(`the runner ended with ${code ?? '?'} before its first trial`));
    });
    runner.on('message', (kind) => {
      if (kind === 'trial-started') resolve();
    });
  });
  // its app may not be up yet
  const mark = await vi.waitUntil(
    () =>
      processesWithVariable(runnerVariable)
        .map(({ value }) => value)
        .find((value) => findRunner(value)?.pid === runner.pid),
    { timeout: 10_000 },
  );
  runner.kill('SIGKILL');
  await once(runner, 'close');
  const deadline = Date.now() + 10_000;
  while (leftovers(mark).length > 0 && Date.now() < deadline) await sleep(50);
  expect(leftovers(mark)).toEqual([]);
});

const isRoot = process.platform === 'linux' && process.getuid?.() === 0;

/** A short run in a network namespace of its own, which sees the processes of all. @returns what became of it. */
async function runApart(name: string, lockFolder: string): Promise<string> {
  const module = new URL('../../fixtures/real-run.ts', import.meta.url).href;
  const script = `
    import { native, namespace } from '${import.meta.resolve('@tare/environment')}';
    import { performRun, resolveConfig } from '${new URL('../index.ts', import.meta.url).href}';
    import { answering, lenient } from '${module}';
    const folder = ${JSON.stringify(folder)};
    const config = resolveConfig({
      workloads: [{ ...answering(folder), data: 'DATA' }], environments: [native(), namespace()], rounds: 1,
      control: false, guards: lenient, load: { connections: 2, warmupMs: 100, durationMs: 500, open: false },
    }, 'test');
    const { run } = await performRun({ config, runsFolder: folder + '/apart-${name}', restMs: 100,
      listener: ({ kind }) => { if (kind === 'reaped') throw new Error('reaped'); }, signal: new AbortController().signal });
    const bad = run.trials.filter(({ load }) => load.errors + load.timeouts > 0).length;
    process.stdout.write(run.trials.length + ' trials, ' + bad + ' bad, ' + run.repeats.length + ' repeated');
    process.exit();`;
  const node = [process.execPath, '--input-type=module', '-e', script];
  const child = spawn('unshare', ['--net', '--', 'sh', '-c', 'ip link set lo up; exec "$@"', 'sh', ...node], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, TARE_LOCK_FOLDER: lockFolder },
  });
  const [said, complaint] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return said === '' ? complaint : said;
}

it.skipIf(!isRoot)('harms no other run in another network namespace', { timeout: 300_000 }, async () => {
  const folders = ['one', 'another'].map((name) => join(folder, name));
  await Promise.all(folders.map((each) => mkdir(each)));
  const [shared = '', own = ''] = folders;
  // as containers have it that share the processes, but no folder
  const apart = await Promise.all([runApart('a', shared), runApart('b', own)]);
  expect(apart).toEqual(Array(2).fill('2 trials, 0 bad, 0 repeated'));
  const together = await Promise.all([runApart('c', shared), runApart('d', shared)]);
  expect(together.sort()).toEqual([
    '2 trials, 0 bad, 0 repeated',
    expect.stringMatching(/another run is measuring on this host \(pid \d+, run .*\): wait for its end/),
  ]);
});

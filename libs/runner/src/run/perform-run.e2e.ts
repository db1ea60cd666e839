import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { native, runVariable, type Environment } from '@tare/environment';
import { processesWithVariable } from '@tare/metrics';
import { readJournal } from '@tare/results';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { BenchConfig } from '../config/bench-config.ts';
import { resolveConfig } from '../config/resolve-config.ts';
import type { RunEvent } from './run-events.ts';
import { performRun, type RunResult } from './perform-run.ts';
import { answering, lenient, other, writeAnsweringApp } from '../../fixtures/real-run.ts';

// a whole run takes up to 25 s on an idle machine; one that a timeout leaves behind keeps the lock from those that follow
vi.setConfig({ testTimeout: 90_000 });

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tare-runner-'));
  await writeAnsweringApp(folder);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function run(
  config: Partial<BenchConfig>,
  signal = new AbortController().signal,
  events: RunEvent[] = [],
): Promise<RunResult> {
  const whole = {
    workloads: [answering(folder)],
    environments: [native(), other('second')],
    rounds: 2,
    control: false,
    load: { connections: 2, warmupMs: 100, durationMs: 500, open: { rateRps: 50, durationMs: 300 } },
    guards: lenient,
    ...config,
  };
  return performRun({
    config: resolveConfig(whole, 'test'),
    runsFolder: join(folder, 'runs'),
    listener: (event) => events.push(event),
    signal,
    readyDeadlineMs: 3000,
  });
}

const leftovers = () => processesWithVariable(runVariable).filter(({ value }) => /^\d{8}-\d{6}-/.test(value));

it('measures every environment once in every round, and journals every trial', async () => {
  const { run: file, journalFolder } = await run({ seed: 3 });
  expect(file.trials.map(({ round, order, environment }) => [round, order, environment])).toHaveLength(4);
  for (const round of [1, 2]) {
    const names = file.trials.filter((trial) => trial.round === round).map(({ environment }) => environment);
    expect(names.sort()).toEqual(['native', 'second']);
  }
  for (const { startup, load, cpu, memory } of file.trials) {
    expect(startup.readyMs).toBeGreaterThan(10);
    expect(load.throughputRps).toBeGreaterThan(50);
    expect(load.errors + load.timeouts).toBe(0);
    expect(cpu.net.msPerRequest).toBeGreaterThan(0.5);
    expect(cpu.gross.percent).toBeGreaterThan(10);
    // a plain process costs the host just what the app uses
    expect(cpu.gross).toEqual(cpu.net);
    expect(memory.net.meanMiB).toBeGreaterThan(5);
    expect(memory.gross.peakMiB).toBeGreaterThanOrEqual(memory.gross.meanMiB);
  }
  for (const { open, host, violations } of file.trials) {
    expect(open).toMatchObject({ rateRps: 50, planned: 15, requests: 15, errors: 0, timeouts: 0 });
    expect(open?.latencyMs.p50).toBeGreaterThan(2);
    expect(host.foreignCpus).toBeGreaterThanOrEqual(0);
    expect(violations).toEqual([]);
  }
  expect(file.seed).toBe(3);
  expect(file.summary.answer?.second?.throughputRps?.n).toBe(2);
  expect(
    file.comparisons.some(({ candidate, metric }) => candidate === 'second' && metric === 'startupMs'),
  ).toBe(true);
  const journal = await readJournal(journalFolder);
  expect(journal.trials).toEqual(file.trials);
  expect(leftovers()).toEqual([]);
});

it('lists an environment that is not usable, with its reason and remedy, and what others tell, once', async () => {
  const reason = { usable: false, reason: 'no such planet', remedy: 'build a rocket' } as const;
  const moon = other('moon', { probe: () => Promise.resolve(reason) });
  const chatty = other('native', {
    start: (launch, signal) => {
      launch.context.tell?.('native: a word');
      return native().start(launch, signal);
    },
  });
  const events: RunEvent[] = [];
  const { run: file } = await run({ environments: [chatty, moon], rounds: 2 }, undefined, events);
  expect(file.diagnostics.filter(({ code }) => code === 'environment')).toEqual([
    { level: 'warning', code: 'environment', message: 'native: a word' },
  ]);
  expect(events.filter(({ kind }) => kind === 'told')).toEqual([{ kind: 'told', message: 'native: a word' }]);
  expect(file.environments[1]).toMatchObject({
    name: 'moon',
    status: 'unavailable',
    reason: 'no such planet',
    remedy: 'build a rocket',
  });
  expect(file.diagnostics.map(({ code }) => code)).toContain('nothing-to-compare');
});

it('does not measure an environment that answers wrongly', async () => {
  const events: RunEvent[] = [];
  const wrong = { request: { path: '/answer' }, status: 200, json: { answer: 43 } };
  const picky = { ...answering(folder), conformance: [wrong] };
  await expect(run({ workloads: [picky] }, undefined, events)).rejects.toThrow(
    /^no environment can be measured: native: answer answers wrongly: GET \/answer: answer is 42, expected 43; got 200, 13 bytes: \{"answer":42\}; its last log lines:\nlistening on 127\.0\.0\.1; second: answer answers wrongly/,
  );
  expect(events.filter(({ kind }) => kind === 'failed')).toHaveLength(2);
  expect(events.some(({ kind }) => kind === 'run-started')).toBe(false);
  expect(leftovers()).toEqual([]);
});

it('goes on without an environment that never gets healthy and shows its last log lines', async () => {
  const sick = other('sick', {
    start: (launch, signal) => native().start({ ...launch, variables: { NEVER_HEALTHY: '1' } }, signal),
  });
  const { run: file } = await run({ environments: [native(), sick], rounds: 1 });
  const found = file.environments.find(({ name }) => name === 'sick');
  expect(found?.status).toBe('failed');
  expect(found?.status === 'failed' && found.reason).toMatch(
    /did not answer 200 within 3 s \(last: status 503\); its last log lines:\n: :error::boo ## \[group\]x\ufffdwaiting for a database that is not there/,
  );
  expect(leftovers()).toEqual([]);
});

/** An environment whose instance dies during its trials of the given rounds, as often as told. */
function mortalIn(round: number, deaths: number): Environment {
  let left = deaths;
  return other('mortal', {
    start: async (launch, signal) => {
      const instance = await native().start(launch, signal);
      if (launch.round !== round || left-- <= 0) return instance;
      // its meters are opened when it is ready
      const meters = (): ReturnType<typeof instance.meters> => {
        setTimeout(() => void instance.stop(), 300);
        return instance.meters();
      };
      return { ...instance, meters };
    },
  });
}

it('repeats a round in which a trial failed whole, and says so', async () => {
  const { run: file, journalFolder } = await run({ environments: [native(), mortalIn(2, 1)], rounds: 2 });
  expect(file.trials.map(({ round, attempt }) => [round, attempt])).toEqual([
    [1, 1],
    [1, 1],
    [2, 2],
    [2, 2],
  ]);
  expect(file.repeats).toMatchObject([{ round: 2, attempt: 1, environment: 'mortal' }]);
  expect(file.repeats[0]?.reason).toMatch(/^mortal: .*: the app /);
  expect(file.diagnostics.map(({ code }) => code)).toContain('round-repeated');
  const [failure] = (await readFile(join(journalFolder, 'failures.jsonl'), 'utf8')).trim().split('\n');
  expect(JSON.parse(failure ?? '')).toMatchObject({ round: 2, attempt: 1, environment: 'mortal' });
});

it('repeats a round that violates a guard, and keeps the last attempt with its warnings', async () => {
  const intruder = spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' });
  const guards = { ...lenient, foreignCpus: 0.15 };
  const { run: file } = await run({ rounds: 1, retries: 1, guards }).finally(() => intruder.kill('SIGKILL'));
  expect(file.repeats).toMatchObject([{ round: 1, attempt: 1, cause: 'guard' }]);
  expect(file.repeats[0]?.reason).toMatch(/^foreign-cpu: /);
  expect(new Set(file.trials.map(({ attempt }) => attempt))).toEqual(new Set([2]));
  expect(file.diagnostics.map(({ code }) => code)).toContain('guard-foreign-cpu');
});

it('decides the number of rounds once, after a pilot, and measures a control that is judged by itself', async () => {
  const events: RunEvent[] = [];
  const pilot = { rounds: { pilot: 2, max: 3 }, control: true, environments: [native()] };
  const { run: file } = await run(pilot, undefined, events);
  expect(file.plan).toMatchObject({ kind: 'pilot', pilotRounds: 2, rounds: 3 });
  expect(events.filter(({ kind }) => kind === 'rounds-decided')).toHaveLength(1);
  expect(file.config.control).toBe('native:control');
  expect(file.trials.filter(({ environment }) => environment === 'native:control')).toHaveLength(3);
  expect(file.environments.map(({ name }) => name)).toEqual(['native', 'native:control']);
  expect(leftovers()).toEqual([]);
});

it('measures an environment that gets no verdict in the pilot alone', { timeout: 60_000 }, async () => {
  const events: RunEvent[] = [];
  const emulated = other('emulated', {
    probe: () => Promise.resolve({ usable: true, facts: { emulated: true } }),
  });
  const pilot = {
    rounds: { pilot: 2, max: 4 },
    environments: [native(), other('second'), emulated],
    load: { connections: 2, warmupMs: 0, durationMs: 200, open: false as const },
  };
  const { run: file } = await run(pilot, undefined, events);
  const roundsOf = (name: string) =>
    file.trials.filter(({ environment }) => environment === name).map(({ round }) => round);
  expect(file.plan.rounds).toBe(4);
  expect([roundsOf('native'), roundsOf('second'), roundsOf('emulated')]).toEqual([
    [1, 2, 3, 4],
    [1, 2, 3, 4],
    [1, 2],
  ]);
  const last = events.findLast((event) => event.kind === 'trial-finished');
  expect(last?.place).toMatchObject({ trial: 10, trials: 10 });
  const ofEmulated = file.comparisons.filter(({ candidate }) => candidate === 'emulated');
  expect(ofEmulated.every(({ verdict }) => verdict === null)).toBe(true);
});

it('finds the arrival rate before the first round: half of what the slowest serves', async () => {
  const load = { connections: 2, warmupMs: 100, durationMs: 300, open: { durationMs: 300 } };
  const { run: file } = await run({ rounds: 1, load });
  const rates = new Set(file.trials.map(({ open }) => open?.rateRps));
  expect(rates.size).toBe(1);
  // an answer takes 2 ms of a CPU
  expect([...rates][0]).toBeGreaterThan(20);
  expect([...rates][0]).toBeLessThan(300);
  expect(file.diagnostics.map(({ code }) => code)).toContain('arrival-rate');
});

it('fills a fresh data folder for every trial, and sends a mix of requests', async () => {
  const origins: string[] = [];
  const mixed = {
    ...answering(folder),
    setUp: ({ origin, seed }: { origin: URL; seed: number }) => {
      origins.push(`${origin.origin} ${seed}`);
      return Promise.resolve();
    },
    request: () => [
      { path: '/answer', weight: 9 },
      { path: '/health', weight: 1 },
    ],
  };
  const { run: file } = await run({ workloads: [mixed], rounds: 1, seed: 5 });
  expect(file.config.workloads[0]?.requestPath).toBe('9 × GET /answer, 1 × GET /health');
  // the check and the trial of each
  expect(origins).toHaveLength(4);
  expect(file.trials.every(({ load }) => load.errors === 0)).toBe(true);
});

it('goes on without an environment that fails for good, and keeps the trials that it had', async () => {
  const events: RunEvent[] = [];
  const environments = [native(), other('second'), mortalIn(2, 100)];
  const { run: file, journalFolder } = await run({ environments, rounds: 3, retries: 1 }, undefined, events);
  const roundsOf = (name: string) =>
    file.trials.filter(({ environment }) => environment === name).map(({ round }) => round);
  expect([roundsOf('native'), roundsOf('second'), roundsOf('mortal')]).toEqual([[1, 2, 3], [1, 2, 3], [1]]);
  const [, , mortal] = file.environments;
  expect(mortal?.status === 'failed' && mortal.reason).toMatch(/^mortal: .*: the app /);
  expect(file.environments.map(({ name, status }) => `${name} ${status}`)).toEqual([
    'native measured',
    'second measured',
    'mortal failed',
  ]);
  const verdicts = (name: string) =>
    file.comparisons.filter(({ candidate, verdict }) => candidate === name && verdict !== null);
  expect([verdicts('mortal').length, verdicts('second').length > 0]).toEqual([0, true]);
  const found = file.diagnostics.find(({ code }) => code === 'environment-lost');
  expect(found?.level).toBe('error');
  expect(found?.message).toMatch(/^mortal failed in round 2 and was measured no more: mortal: /);
  expect(events.filter(({ kind }) => kind === 'failed')).toMatchObject([{ environment: 'mortal', round: 2 }]);
  expect((await readJournal(journalFolder)).trials.length).toBeGreaterThanOrEqual(7);
  expect(leftovers()).toEqual([]);
});

it('measures what is left without its baseline, and judges nothing', async () => {
  const sick = { ...mortalIn(1, 100), name: 'sick' };
  const lost = await run({ environments: [other('second'), sick], baseline: 'sick', rounds: 2, retries: 0 });
  expect(lost.run.trials.map(({ environment, round }) => [environment, round])).toEqual([
    ['second', 1],
    ['second', 2],
  ]);
  expect(lost.run.comparisons).toEqual([]);
  expect(lost.run.diagnostics.find(({ code }) => code === 'environment-lost')?.message).toMatch(
    /^sick failed in round 1 .*; sick is the baseline: without it there are no verdicts$/,
  );
  const moon = other('moon', {
    probe: () => Promise.resolve({ usable: false, reason: 'no such planet', remedy: 'build a rocket' }),
  });
  const away = await run({
    environments: [native(), moon],
    baseline: 'moon',
    rounds: { pilot: 2, max: 30 },
    control: true,
  });
  expect(away.run.trials).toHaveLength(2);
  expect(away.run.plan).toMatchObject({ kind: 'pilot', rounds: 2 });
  expect(away.run.config.control).toBeNull();
  expect(away.run.diagnostics.find(({ code }) => code === 'no-baseline')?.message).toBe(
    'moon is the baseline: without it there are no verdicts, nor ratios; it was not measured: no such planet',
  );
});

it('is no run without a single trial', async () => {
  const events: RunEvent[] = [];
  const running = run({ environments: [mortalIn(1, 100)], rounds: 2, retries: 0 }, undefined, events);
  await expect(running).rejects.toThrow(/^no environment can be measured: mortal: .*: the app /);
  expect(leftovers()).toEqual([]);
});

it('takes everything down when it is interrupted', async () => {
  const controller = new AbortController();
  const running = run({ rounds: 50 }, controller.signal);
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
       workloads: [{ name: 'answer', artifact: new URL('main.mjs', import.meta.url), healthPath: '/health',
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
  await sleep(1000);
  expect(leftovers().length).toBeGreaterThan(0);
  runner.kill('SIGKILL');
  await once(runner, 'close');
  const deadline = Date.now() + 10_000;
  while (leftovers().length > 0 && Date.now() < deadline) await sleep(50);
  expect(leftovers()).toEqual([]);
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
      workloads: [{ ...answering(folder), dataVariable: 'DATA' }], environments: [native(), namespace()], rounds: 1,
      control: false, guards: lenient, load: { connections: 2, warmupMs: 100, durationMs: 500, open: false },
    }, 'test');
    const { run } = await performRun({ config, runsFolder: folder + '/apart-${name}',
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

it('has one folder per run', async () => {
  expect((await readdir(join(folder, 'runs'))).length).toBeGreaterThan(2);
});

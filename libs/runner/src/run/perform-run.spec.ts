import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { native, runVariable, type Environment } from '@tare/environment';
import { processesWithVariable } from '@tare/metrics';
import { readJournal } from '@tare/results';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { BenchConfig } from '../config/bench-config.ts';
import { resolveConfig } from '../config/resolve-config.ts';
import type { RunEvent } from '../progress/run-event.ts';
import { performRun, type RunResult } from './perform-run.ts';

const app = `
import { createServer } from 'node:http';
if (process.env.NEVER_HEALTHY) console.log('waiting for a database that is not there');
const server = createServer((request, reply) => {
  if (request.url === '/health') { reply.statusCode = process.env.NEVER_HEALTHY ? 503 : 200; return reply.end('{"status":"ok"}'); }
  if (request.url === '/bad') { reply.statusCode = 400; return reply.end(); }
  const until = performance.now() + 2; while (performance.now() < until);
  reply.end('{"answer":42}');
});
server.listen(Number(process.env.PORT), process.env.HOST, () => console.log('listening on ' + process.env.HOST));
process.on('SIGTERM', () => process.exit(0));
`;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tare-runner-'));
  await writeFile(join(folder, 'main.mjs'), app);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const workload = (): BenchConfig['workloads'][number] => ({
  name: 'answer',
  artifact: pathToFileURL(join(folder, 'main.mjs')),
  healthPath: '/health',
  request: () => ({ path: '/answer' }),
  conformance: [
    { request: { path: '/answer' }, status: 200, json: { answer: 42 } },
    { request: { path: '/bad' }, status: 400 },
  ],
});
/** A second native environment under another name, changed where a test wants it. */
const other = (name: string, change: Partial<Environment> = {}): Environment => ({
  ...native(),
  name,
  ...change,
});

function run(
  config: Partial<BenchConfig>,
  signal = new AbortController().signal,
  events: RunEvent[] = [],
): Promise<RunResult> {
  const whole = {
    workloads: [workload()],
    environments: [native(), other('second')],
    rounds: 2,
    load: { connections: 2, warmupMs: 100, durationMs: 500 },
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
  expect(file.seed).toBe(3);
  expect(file.summary.answer?.second?.throughputRps?.n).toBe(2);
  expect(
    file.comparisons.some(({ candidate, metric }) => candidate === 'second' && metric === 'startupMs'),
  ).toBe(true);
  const journal = await readJournal(journalFolder);
  expect(journal.trials).toEqual(file.trials);
  expect(leftovers()).toEqual([]);
});

it('lists an environment that is not usable, with its reason and remedy', async () => {
  const reason = { usable: false, reason: 'no such planet', remedy: 'build a rocket' } as const;
  const moon = other('moon', { probe: () => Promise.resolve(reason) });
  const { run: file } = await run({ environments: [native(), moon], rounds: 1 });
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
  const picky = { ...workload(), conformance: [wrong] };
  await expect(run({ workloads: [picky] }, undefined, events)).rejects.toThrow(
    'the baseline native cannot be measured: answer answers wrongly: GET /answer: answer is 42, expected 43',
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
    /did not answer 200 within 3000 ms \(last: status 503\); its last log lines:\nwaiting for a database that is not there/,
  );
  expect(leftovers()).toEqual([]);
});

/** An environment whose instance dies during its trials of the given rounds, as often as told. */
function mortalIn(round: number, deaths: number): Environment {
  let left = deaths;
  return other('mortal', {
    start: async (launch, signal) => {
      const instance = await native().start(launch, signal);
      if (launch.round === round && left-- > 0) setTimeout(() => void instance.stop(), 500);
      return instance;
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
  expect(file.repeats[0]?.reason).toMatch(/^mortal: round 2: the app .* during the trial/);
  expect(file.diagnostics.map(({ code }) => code)).toContain('round-repeated');
  const [failure] = (await readFile(join(journalFolder, 'failures.jsonl'), 'utf8')).trim().split('\n');
  expect(JSON.parse(failure ?? '')).toMatchObject({ round: 2, attempt: 1, environment: 'mortal' });
});

it('keeps the trials so far when an instance dies again and again', async () => {
  const mortal = mortalIn(2, 100);
  const events: RunEvent[] = [];
  await expect(run({ environments: [native(), mortal], rounds: 3 }, undefined, events)).rejects.toThrow(
    /^mortal: round 2: the app .* during the trial/,
  );
  const started = events.find((event) => event.kind === 'run-started');
  const { trials } = await readJournal(started?.journal ?? '');
  expect(trials.length).toBeGreaterThanOrEqual(2);
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
    import { loadConfig, performRun } from '${library}';
    const configPath = ${JSON.stringify(configPath)};
    await performRun({ config: await loadConfig(configPath), configPath, runsFolder: ${JSON.stringify(join(folder, 'runs'))},
      listener: ({ kind }) => process.send(kind), signal: new AbortController().signal });`;
  const runner = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  await new Promise<void>((resolve) =>
    runner.on('message', (kind) => {
      if (kind === 'trial-started') resolve();
    }),
  );
  await sleep(1000);
  expect(leftovers().length).toBeGreaterThan(0);
  runner.kill('SIGKILL');
  await once(runner, 'close');
  const deadline = Date.now() + 10_000;
  while (leftovers().length > 0 && Date.now() < deadline) await sleep(50);
  expect(leftovers()).toEqual([]);
});

it('has one folder per run', async () => {
  expect((await readdir(join(folder, 'runs'))).length).toBeGreaterThan(2);
});

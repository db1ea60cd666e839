import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { native, type Environment } from '@tare/environment';
import { isLatency, readJournal } from '@tare/results';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { BenchConfig } from '../config/bench-config.ts';
import type { RunEvent } from './run-events.ts';
import { leftovers, lenient, other, shortRun, writeAnsweringApp } from '../../fixtures/real-run.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tare-rounds-'));
  await writeAnsweringApp(folder);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const run = (config: Partial<BenchConfig>, told?: Parameters<typeof shortRun>[2]) =>
  shortRun(folder, config, told);

/** An environment whose instance dies during its trials of the given rounds, as often as told. */
function mortalIn(round: number, deaths: number): Environment {
  let left = deaths;
  return other('mortal', {
    start: async (launch, signal) => {
      const instance = await native().start(launch, signal);
      if (launch.round !== round || left-- <= 0) return instance;
      // its meters are opened when it is ready
      const meters = (): ReturnType<typeof instance.meters> => {
        setTimeout(() => void instance.stop(), 100);
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

it('goes on without an environment that fails for good, and keeps the trials that it had', async () => {
  const events: RunEvent[] = [];
  const environments = [native(), other('second'), mortalIn(2, 100)];
  const { run: file, journalFolder } = await run({ environments, rounds: 3, retries: 1 }, { events });
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
    rounds: { max: 30 },
    control: true,
  });
  expect(away.run.trials).toHaveLength(1);
  expect(away.run.plan).toMatchObject({ kind: 'looks', rounds: 1, endedBy: 'nothing to compare' });
  expect(away.run.config.control).toBeNull();
  expect(away.run.diagnostics.find(({ code }) => code === 'no-baseline')?.message).toBe(
    'moon is the baseline: without it there are no verdicts, nor ratios; it was not measured: no such planet',
  );
});

it('is no run without a single trial', async () => {
  const events: RunEvent[] = [];
  const running = run({ environments: [mortalIn(1, 100)], rounds: 2, retries: 0 }, { events });
  await expect(running).rejects.toThrow(/^no environment can be measured: mortal: .*: the app /);
  expect(leftovers()).toEqual([]);
});

// one window after the other: slices would be watched at rest first
const brief = { connections: 2, warmupMs: 0, durationMs: 200, sliceMs: 0, open: false } as const;
// two copies of one app cannot differ by half
const wide = { latencyP50Ms: 9, latencyP95Ms: 9, latencyP99Ms: 9, throughputRps: 9, startupMs: 9, cpuNetMsPerRequest: 9, cpuGrossMsPerRequest: 9, memoryNetMiB: 9, memoryGrossMiB: 9 }; // prettier-ignore
const decidedSoon = { margins: wide, load: brief };

it('makes all rounds whatever is decided, and whatever the budget', async () => {
  const events: RunEvent[] = [];
  const rounds = { looks: [6, 7, 8], max: 8 };
  const { run: file } = await run(
    { ...decidedSoon, until: 'rounds', rounds, budgetMinutes: 0.1 },
    { events },
  );
  expect(file.plan).toMatchObject({ looks: [6, 7, 8], rounds: 8, mostRounds: 8, endedBy: 'rounds' });
  expect(file.trials).toHaveLength(16);
  expect(file.config.budgetMs).toBeNull();
  const looks = events.filter((event) => event.kind === 'looked');
  expect(looks.map(({ open, goesOn }) => [open.length, goesOn.length])).toEqual([[0, 2], [0, 2], [0, 0]]); // prettier-ignore
  // what is decided stays as it was decided
  const judged = file.comparisons.filter(({ verdict }) => verdict !== null);
  expect(new Set(judged.map(({ verdict, look }) => `${verdict} ${look?.rounds}`))).toEqual(
    new Set(['same 6']),
  );
  expect(looks.map(({ decided }) => decided.length)).toEqual([judged.length, 0, 0]);
});

it('leaves out the open-loop windows once every latency is decided', async () => {
  const { run: file } = await run({
    // with a margin of 0 nothing is the same
    margins: { ...wide, throughputRps: 0 },
    rounds: { looks: [6, 7], max: 7 },
    budgetMinutes: 5,
    load: { ...brief, open: { rateRps: 50, durationMs: 300 } },
  });
  const ofRound = (round: number) => file.trials.filter((trial) => trial.round === round);
  expect(ofRound(6).map(({ open, openLeftOut }) => [open?.planned, openLeftOut])).toEqual([
    [15, undefined],
    [15, undefined],
  ]);
  expect(ofRound(7).map(({ open, openLeftOut }) => [open, openLeftOut])).toEqual([
    [null, true],
    [null, true],
  ]);
  const nOf = (key: string) => file.comparisons.find(({ metric }) => metric === key)?.n;
  expect([nOf('latencyP95Ms'), nOf('throughputRps')]).toEqual([6, 7]);
  const ofLatency = file.comparisons.filter(({ metric }) => isLatency(metric));
  expect(ofLatency.flatMap(({ warnings }) => warnings)).toEqual([]);
});

// six rounds take 10 to 45 s here, by what else is done on this host
it(
  'measures until the budget is spent whatever is decided, beyond the most rounds',
  { timeout: 240_000 },
  async () => {
    const ends = { until: 'budget', rounds: { max: 6 }, budgetMinutes: 1.2 } as const;
    const { run: file } = await run({ ...decidedSoon, ...ends });
    const { plan } = file;
    expect(plan).toMatchObject({ kind: 'looks', endedBy: 'budget' });
    expect(plan.rounds).toBeGreaterThan(6);
    expect(file.trials).toHaveLength(2 * plan.rounds);
  },
);

it('makes the rounds before the first look even if the budget is shorter, and says so', async () => {
  const events: RunEvent[] = [];
  const { run: file } = await run(
    { ...decidedSoon, margins: {}, rounds: {}, budgetMinutes: 0.1 },
    { events },
  );
  expect(file.plan).toMatchObject({ looks: [6], rounds: 6, mostRounds: 6 });
  const told = events.flatMap((event) => (event.kind === 'told' ? [event.message] : []));
  expect(told).toEqual([
    expect.stringMatching(
      /^the budget of 0\.1 min is spent: the 6 rounds before the first look took [\d.]+ min; no more are made$/,
    ),
  ]);
});

it('goes on with the others where an environment fails between two looks', async () => {
  const environments = [native(), other('second'), mortalIn(8, 100)];
  const nothingIsTheSame = { throughputRps: 0, startupMs: 0 };
  const { run: file } = await run({
    environments,
    rounds: { looks: [6, 7, 8, 9], max: 9 },
    load: brief,
    margins: nothingIsTheSame,
    retries: 0,
  });
  expect(file.environments.map(({ name, status }) => `${name} ${status}`)).toEqual([
    'native measured',
    'second measured',
    'mortal failed',
  ]);
  const [, , mortal] = file.environments;
  expect(mortal?.status === 'failed' && mortal.reason).toMatch(/^mortal: .*: the app /);
  const roundsOf = (name: string) => file.trials.filter(({ environment }) => environment === name).length;
  expect([roundsOf('native'), roundsOf('second'), roundsOf('mortal')]).toEqual([9, 9, 7]);
  const ofMortal = file.comparisons.filter(({ candidate }) => candidate === 'mortal');
  expect(ofMortal.every(({ verdict }) => verdict === null)).toBe(true);
  expect(file.diagnostics.map(({ code }) => code)).toContain('margin-zero');
  expect(leftovers()).toEqual([]);
});

it('ends after the round under way when it is asked to, and judges what is measured as at an early look', async () => {
  const events: RunEvent[] = [];
  const asked = new AbortController();
  const onEvent = (event: RunEvent): void => {
    if (event.kind === 'trial-started' && event.place.round === 7) asked.abort();
  };
  const options = { rounds: 20, load: brief };
  const { run: file } = await run(options, { events, ending: asked.signal, onEvent });
  expect(file.plan).toMatchObject({
    kind: 'looks',
    looks: [],
    rounds: 7,
    mostRounds: 20,
    endedBy: 'interrupted',
  });
  expect(file.trials).toHaveLength(14);
  expect(events.filter(({ kind }) => kind === 'ending')).toEqual([{ kind: 'ending', round: 7 }]);
  const judged = file.comparisons.filter(({ verdict }) => verdict !== null);
  expect(judged.length).toBeGreaterThan(2);
  expect(new Set(judged.map(({ look }) => look?.rounds))).toEqual(new Set([7]));
  expect(leftovers()).toEqual([]);
});

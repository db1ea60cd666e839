import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { native } from '@tare/environment';
import { isLatency } from '@tare/results';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import type { BenchConfig } from '../config/bench-config.ts';
import type { RunEvent } from './run-events.ts';
import { faulty, leftovers, mortalIn, other, shortRun, writeAnsweringApp } from '../../fixtures/real-run.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tare-looks-'));
  await writeAnsweringApp(folder);
});
afterAll(() => rm(folder, { recursive: true, force: true }));
afterEach(() => vi.restoreAllMocks());

const run = (config: Partial<BenchConfig>, told?: Parameters<typeof shortRun>[2]) =>
  shortRun(folder, config, told);

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

it('leaves out the open-loop windows once every latency is decided, and starts what is decided once', async () => {
  const { run: file } = await run({
    // with a margin of 0 nothing is the same
    margins: { ...wide, throughputRps: 0 },
    rounds: { looks: [6, 7], max: 7 },
    starts: undefined,
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
  const startsIn = (round: number) => ofRound(round).map(({ startup }) => startup?.starts?.length);
  expect([startsIn(6), startsIn(7)]).toEqual([[3, 3], [1, 1]]); // prettier-ignore
  const nOf = (key: string) => file.comparisons.find(({ metric }) => metric === key)?.n;
  expect([nOf('latencyP95Ms'), nOf('throughputRps')]).toEqual([6, 7]);
  const ofLatency = file.comparisons.filter(({ metric }) => isLatency(metric));
  expect(ofLatency.flatMap(({ warnings }) => warnings)).toEqual([]);
});

it(
  'makes fewer rounds on a calm host, and gives only environments with an open latency an open loop',
  { retry: 2 },
  async () => {
    let launches = 0;
    const unsteady = other('unsteady', {
      start: (launch, signal) => {
        launches += 1;
        const variables = { ...launch.variables, ...(launches % 2 === 0 && { SLOWER: '1' }) };
        return native().start({ ...launch, variables }, signal);
      },
    });
    const { run: file } = await run({
      environments: [native(), faulty('slower', { SLOWER: '1' }), unsteady],
      // any host is calm within such a margin of throughput; with one of 0, startup stays open
      margins: { ...wide, latencyP50Ms: 0.05, latencyP95Ms: 0.05, startupMs: 0 },
      rounds: { looks: [6, 7], max: 9, calm: 7 },
      starts: 0,
      budgetMinutes: 10,
      load: { connections: 2, warmupMs: 100, open: { rateRps: 100, durationMs: 700 } },
    });
    expect(file.plan).toMatchObject({ looks: [6, 7], mostRounds: 7, rounds: 7, endedBy: 'rounds' });
    const openIn = (round: number) =>
      Object.fromEntries(
        file.trials
          .filter((trial) => trial.round === round)
          .map(({ environment, open, openLeftOut }) => [environment, open?.planned ?? openLeftOut]),
      );
    expect(openIn(6)).toEqual({ native: 70, slower: 70, unsteady: 70 });
    expect(openIn(7)).toEqual({ native: 70, slower: true, unsteady: 70 });
    const ofSlower = file.comparisons.filter(({ candidate }) => candidate === 'slower');
    const nOf = (key: string) => ofSlower.find(({ metric }) => metric === key)?.n;
    expect([nOf('latencyP95Ms'), nOf('startupMs')]).toEqual([6, 7]);
  },
);

it('measures until the budget is spent whatever is decided, beyond the most rounds', async () => {
  const ends = { until: 'budget', rounds: { max: 6 }, budgetMinutes: 10 } as const;
  const now = performance.now.bind(performance);
  const onEvent = (event: RunEvent): void => {
    // between two rounds nothing is timed but the run
    const isOver = event.kind === 'trial-finished' && event.place.round === 7;
    if (isOver) vi.spyOn(performance, 'now').mockImplementation(() => now() + 10 * 60_000);
  };
  const { run: file } = await run({ ...decidedSoon, ...ends }, { onEvent });
  expect(file.plan).toMatchObject({ kind: 'looks', endedBy: 'budget', rounds: 7 });
  expect(file.trials).toHaveLength(14);
});

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
    // long enough for a reply where other files measure, too
    load: { ...brief, durationMs: 500 },
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

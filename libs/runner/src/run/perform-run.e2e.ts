import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { native } from '@tare/environment';
import { readJournal, roundsIn } from '@tare/results';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { BenchConfig } from '../config/bench-config.ts';
import type { RunEvent } from './run-events.ts';
import { answering, leftovers, other, shortRun, writeAnsweringApp } from '../../fixtures/real-run.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tare-runner-'));
  await writeAnsweringApp(folder);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const run = (config: Partial<BenchConfig>, told?: Parameters<typeof shortRun>[2]) =>
  shortRun(folder, config, told);

it('measures every environment once in every round, and journals every trial', async () => {
  const load = { connections: 2, warmupMs: 100, durationMs: 500, open: { rateRps: 50, durationMs: 300 } };
  const { run: file, journalFolder } = await run({ seed: 3, load });
  expect(file.trials.map(({ round, order, environment }) => [round, order, environment])).toHaveLength(4);
  for (const round of [1, 2]) {
    const names = file.trials.filter((trial) => trial.round === round).map(({ environment }) => environment);
    expect(names.sort()).toEqual(['native', 'second']);
  }
  for (const { startup, load, cpu, memory } of file.trials) {
    expect(startup?.readyMs).toBeGreaterThan(10);
    expect(load.throughputRps).toBeGreaterThan(50);
    expect(load.errors + load.timeouts).toBe(0);
    expect(cpu.net?.msPerRequest).toBeGreaterThan(0.5);
    expect(cpu.gross?.percent).toBeGreaterThan(10);
    // a plain process costs the host just what the app uses
    expect(cpu.gross).toEqual(cpu.net);
    expect(memory.net?.meanMiB).toBeGreaterThan(5);
    expect(memory.gross?.peakMiB).toBeGreaterThanOrEqual(memory.gross?.meanMiB ?? NaN);
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
  expect(roundsIn(journal.lines).flatMap(({ trials }) => trials)).toEqual(file.trials);
  expect(leftovers()).toEqual([]);
});

it('lists an environment that is not usable, with its reason and remedy, and what others tell, once', async () => {
  const reason = { usable: false, reason: 'no such planet', remedy: 'build a rocket' } as const;
  const moon = other('moon', { probe: () => Promise.resolve(reason) });
  const isolation = { rung: 0, kernel: 'host', namespaces: [], seccomp: false, path: 'loopback' } as const;
  const chatty = other('native', {
    probe: () => Promise.resolve({ usable: true, facts: {}, isolation }),
    start: (launch, signal) => {
      launch.context.tell?.('native: a word');
      return native().start(launch, signal);
    },
  });
  const events: RunEvent[] = [];
  const { run: file } = await run({ environments: [chatty, moon], rounds: 2 }, { events });
  expect(file.diagnostics.filter(({ code }) => code === 'environment')).toEqual([
    { level: 'warning', code: 'environment', message: 'native: a word' },
  ]);
  expect(events.filter(({ kind }) => kind === 'told')).toEqual([{ kind: 'told', message: 'native: a word' }]);
  expect(file.environments[0]?.isolation).toEqual(isolation);
  expect(file.environments[1]).toMatchObject({
    name: 'moon',
    status: 'unavailable',
    reason: 'no such planet',
    remedy: 'build a rocket',
  });
  expect(file.diagnostics.map(({ code }) => code)).toContain('nothing-to-compare');
});

it('refuses an environment whose isolation could not be written at the end', async () => {
  const isolation = { rung: 101, kernel: 'guest', namespaces: [], seccomp: false, path: 'bridge' } as const;
  const moon = other('moon', { probe: () => Promise.resolve({ usable: true, facts: {}, isolation }) });
  await expect(run({ environments: [native(), moon] })).rejects.toThrow(/^moon: isolation\.rung: .*100/);
});

it('does not measure an environment that answers wrongly', async () => {
  const events: RunEvent[] = [];
  const wrong = { request: { path: '/answer' }, status: 200, json: { answer: 43 } };
  const picky = { ...answering(folder), conformance: [wrong] };
  await expect(run({ workloads: [picky] }, { events })).rejects.toThrow(
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
    /did not answer 2xx within 3 s \(last: status 503\); its last log lines:\n: :error::boo ## \[group\]x\ufffdwaiting for a database that is not there/,
  );
  expect(leftovers()).toEqual([]);
});

// two copies of one app cannot differ by half
const wide = { startupMs: 9, throughputRps: 9, latencyP50Ms: 9, latencyP95Ms: 9, latencyP99Ms: 9, cpuNetMsPerRequest: 9, cpuGrossMsPerRequest: 9, memoryNetMiB: 9, memoryGrossMiB: 9 }; // prettier-ignore

it('ends when everything is decided at a look, and measures a control that asks for no rounds', async () => {
  const events: RunEvent[] = [];
  const options = { rounds: { max: 12 }, control: true, environments: [native()], margins: wide };
  const { run: file } = await run(options, { events });
  expect(file.plan).toMatchObject({
    kind: 'looks',
    looks: [6],
    rounds: 6,
    mostRounds: 12,
    endedBy: 'decided',
  });
  expect(events.filter(({ kind }) => kind === 'looked')).toMatchObject([{ round: 6, open: [] }]);
  expect(file.config.control).toBe('native:control');
  expect(file.trials.filter(({ environment }) => environment === 'native:control')).toHaveLength(6);
  expect(file.environments.map(({ name }) => name)).toEqual(['native', 'native:control']);
  expect(leftovers()).toEqual([]);
});

it('goes on with what is open, without what gets no verdict, until the budget is spent', async () => {
  const events: RunEvent[] = [];
  const emulated = other('emulated', {
    probe: () => Promise.resolve({ usable: true, facts: { emulated: true } }),
  });
  const options = {
    rounds: { looks: [6, 7, 8], max: 8 },
    environments: [native(), other('second'), emulated],
    load: { connections: 2, warmupMs: 0, durationMs: 200, sliceMs: 0, open: false as const },
    // nothing is the same within nothing
    margins: { throughputRps: 0, startupMs: 0 },
  };
  const { run: file } = await run(options, { events });
  const roundsOf = (name: string) =>
    file.trials.filter(({ environment }) => environment === name).map(({ round }) => round);
  expect(file.plan).toMatchObject({ kind: 'looks', looks: [6, 7, 8], rounds: 8, endedBy: 'rounds' });
  expect(roundsOf('second')).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  expect(roundsOf('emulated')).toEqual([1, 2, 3, 4, 5, 6]);
  const ofEmulated = file.comparisons.filter(({ candidate }) => candidate === 'emulated');
  expect(ofEmulated.every(({ verdict }) => verdict === null)).toBe(true);
});

it('measures an emulated environment in the wanted number of rounds', async () => {
  const emulated = other('emulated', {
    probe: () => Promise.resolve({ usable: true, facts: { emulated: true } }),
  });
  const { run: file } = await run({ environments: [native(), emulated], rounds: 2, emulatedRounds: 1 });
  expect(file.trials.map(({ round, environment }) => `${environment} ${round}`).sort()).toEqual([
    'emulated 1',
    'native 1',
    'native 2',
  ]);
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

it('has one folder per run', async () => {
  expect((await readdir(join(folder, 'runs'))).length).toBeGreaterThan(2);
});

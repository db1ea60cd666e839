import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { native } from '@tare/environment';
import { readJournal, roundsIn } from '@tare/results';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { BenchConfig } from '../config/bench-config.ts';
import type { RunEvent } from './run-events.ts';
import { leftovers, lenient, mortalIn, other, shortRun, writeAnsweringApp } from '../../fixtures/real-run.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tare-rounds-'));
  await writeAnsweringApp(folder);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const run = (config: Partial<BenchConfig>, told?: Parameters<typeof shortRun>[2]) =>
  shortRun(folder, config, told);

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
  const { lines } = await readJournal(journalFolder);
  const repeated = lines.find(({ kind }) => kind === 'repeat');
  expect(repeated).toMatchObject({ repeat: { round: 2, attempt: 1, environment: 'mortal' } });
  expect(repeated).toHaveProperty('samples');
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
  expect(roundsIn((await readJournal(journalFolder)).lines)).toHaveLength(3);
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

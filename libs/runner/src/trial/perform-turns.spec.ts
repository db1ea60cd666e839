import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { native } from '@tare/environment';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { resolveConfig } from '../config/resolve-config.ts';
import { performRun } from '../run/perform-run.ts';
import { answering, lenient, other, writeAnsweringApp } from '../run/run-for-tests.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tare-turns-'));
  await writeAnsweringApp(folder);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it(
  'measures environments that take turns side by side, and tells each its own',
  { timeout: 60_000 },
  async () => {
    const slower = other('slower', {
      start: (launch, signal) =>
        native().start({ ...launch, variables: { ...launch.variables, SLOWER: '1' } }, signal),
    });
    const resolved = resolveConfig(
      {
        workloads: [answering(folder)],
        environments: [native(), slower],
        control: false,
        rounds: 2,
        load: { connections: 2, warmupMs: 100, durationMs: 500, open: { rateRps: 50, durationMs: 300 } },
        guards: lenient,
      },
      'a test',
    );
    const { run } = await performRun({
      config: resolved,
      runsFolder: join(folder, 'turns'),
      listener: () => undefined,
      signal: new AbortController().signal,
    });
    expect(run.trials).toHaveLength(4);
    expect(run.diagnostics.filter(({ code }) => code === 'littles-law')).toEqual([]);
    for (const round of [1, 2]) {
      const [one, two] = ['native', 'slower'].map((name) =>
        run.trials.find((trial) => trial.round === round && trial.environment === name),
      );
      if (one === undefined || two === undefined) throw new Error('a trial is missing');
      expect(one.load.turns).toBe(two.load.turns);
      expect(one.disk.writeLatencyMs).toBeNull();
      for (const { open } of [one, two]) expect(open).toMatchObject({ planned: 15, requests: 15 });
      // 2 ms of CPU per request, and 4 ms: what the other used in its turns must not count
      expect(one.cpu.net.msPerRequest).toBeGreaterThan(1.8);
      expect(one.cpu.net.msPerRequest).toBeLessThan(3.2);
      expect(two.cpu.net.msPerRequest).toBeGreaterThan(3.8);
      expect(two.cpu.net.msPerRequest).toBeLessThan(5.2);
      expect(one.cpu.net.percent).toBeGreaterThan(50);
      expect(one.load.throughputRps / two.load.throughputRps).toBeGreaterThan(1.5);
    }
  },
);

it('a side that dies in the turns of the other is named', { timeout: 60_000 }, async () => {
  const dying = other('dying', {
    start: (launch, signal) =>
      native().start({ ...launch, variables: { ...launch.variables, DIES_AT: '20' } }, signal),
  });
  const resolved = resolveConfig(
    {
      workloads: [answering(folder)],
      environments: [native(), dying],
      control: false,
      rounds: 1,
      retries: 0,
      load: { connections: 2, warmupMs: 0, durationMs: 2000, open: false },
      guards: lenient,
    },
    'a test',
  );
  const run = performRun({
    config: resolved,
    runsFolder: join(folder, 'dying'),
    listener: () => undefined,
    signal: new AbortController().signal,
  });
  await expect(run).rejects.toThrow(/^dying: round 1: .* during the trial/);
});

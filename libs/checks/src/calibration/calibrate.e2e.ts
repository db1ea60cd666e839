import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { runVariable } from '@tare/environment';
import { allowedCpus, planCpus, processesWithVariable } from '@tare/metrics';
import { hostFacts } from '@tare/runner';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { calibrate, defaultSizes, type CalibrationOptions } from './calibrate.ts';
import { calibrationSchema, usualParts, type Calibration } from '@tare/results/calibration';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tare-calibration-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const sizes = {
  ...defaultSizes,
  latencyWindowMs: 300,
  latencyRepetitions: 1,
  stalls: 1,
  dutyPercents: [50],
  cpuWindowMs: 500,
  allocationsMiB: [32],
  delaysMs: [50],
  startupRepetitions: 3,
  simulatedRuns: 200,
  slowdownPercents: [5],
  comparison: { rounds: 1, warmupMs: 50, windowMs: 150 },
  power: {
    rounds: 7,
    mostRounds: 12,
    resamples: 50,
    leastMs: 10_000,
    run: { starts: 0, load: { connections: 2, warmupMs: 50, durationMs: 200, open: false } },
  },
} as const;

async function miniature(change: Partial<CalibrationOptions>): Promise<Calibration> {
  return calibrate({
    parts: usualParts,
    // enough for the first real run to start
    minutes: 0.5,
    seed: 1,
    host: await hostFacts(),
    runsFolder: folder,
    onProgress: () => undefined,
    signal: new AbortController().signal,
    sizes,
    ...change,
  });
}

/** Processes that the real runs of these tests have left. */
async function leftovers(): Promise<readonly unknown[]> {
  const folders = await readdir(folder, { recursive: true });
  const runIds = new Set(folders.map((path) => basename(path)));
  return processesWithVariable(runVariable).filter(({ value }) => runIds.has(value));
}

const pinnable = planCpus(1) !== undefined;

it('holds every part against its truth, for real', { timeout: 60_000 }, async () => {
  const before = allowedCpus();
  const result = calibrationSchema.parse(await miniature({ parts: ['latency', 'cpu', 'memory', 'startup'] }));
  expect(result.checks.map(({ id }) => id)).toEqual(['latency', 'cpu', 'memory', 'startup']);
  const [latency, cpu, memory] = result.checks;
  expect(latency?.status).toBe(pinnable ? 'made' : 'not-made');
  // only these two are reliable on a busy machine; the executor judges the others
  expect(cpu).toMatchObject({ status: 'made', passed: true });
  expect(memory).toMatchObject({ status: 'made', passed: true });
  expect(allowedCpus()).toEqual(before);
});

it('makes real runs within its budget, and journals each', { timeout: 120_000, retry: 2 }, async () => {
  const result = calibrationSchema.parse(await miniature({ parts: ['aa', 'ab'], minutes: 0.4 }));
  expect(result.checks.map(({ id }) => id)).toEqual(['aa-simulated', 'ab-simulated', 'aa-real', 'ab-real']);
  expect(result.checks.flatMap((check) => (check.status === 'made' ? check.notes : []))).not.toContainEqual(
    expect.stringContaining('another run'),
  );
  const real = result.shares.filter(({ source }) => source === 'real');
  expect(real.some(({ part, slowdownPercent }) => part === 'ab' && slowdownPercent === 5)).toBe(true);
  expect(real.some(({ metric }) => metric === 'any')).toBe(true);
  const lines = (await readFile(join(folder, result.id, 'calibration.jsonl'), 'utf8')).trim().split('\n');
  const kinds = lines.map((line) => (JSON.parse(line) as { readonly kind: string }).kind);
  expect(kinds.filter((kind) => kind === 'run').length).toBeGreaterThan(0);
  expect(kinds.filter((kind) => kind === 'check')).toHaveLength(result.checks.length);
  expect(await leftovers()).toEqual([]);
});

it('says in minutes when a run tells here', { timeout: 120_000, retry: 2 }, async () => {
  const result = calibrationSchema.parse(await miniature({ parts: ['power'] }));
  expect(result.checks).toMatchObject([{ id: 'power', status: 'made', passed: true }]);
  const { rounds, metrics = [] } = result.power ?? {};
  expect(rounds).toBeGreaterThanOrEqual(6);
  expect(rounds).toBeLessThanOrEqual(7);
  expect(metrics.map(({ metric }) => metric)).toContain('throughputRps');
  expect(await leftovers()).toEqual([]);
});

it('says when the budget leaves no time for the rounds of the power', async () => {
  const result = await miniature({ parts: ['power'], minutes: 0.01 });
  expect(result.checks).toMatchObject([
    {
      status: 'not-made',
      reason: 'a budget of 0.01 minutes left no time for it: give more with --minutes',
    },
  ]);
  expect(result.power).toBeUndefined();
});

it('says when the budget leaves no time for real runs', async () => {
  const result = await miniature({ parts: ['aa'], minutes: 0.01 });
  expect(result.checks.find(({ id }) => id === 'aa-real')).toMatchObject({
    status: 'not-made',
    reason: 'a budget of 0.01 minutes left no time for it: give more with --minutes',
  });
});

it('takes everything down when it is interrupted', { timeout: 120_000, retry: 2 }, async () => {
  const controller = new AbortController();
  const interruption = new Error('interrupted by a test');
  const running = miniature({
    parts: ['memory', 'aa'],
    signal: controller.signal,
    minutes: 5,
    onProgress: (line) => {
      if (line.startsWith('real run 1')) setTimeout(() => controller.abort(interruption), 2000);
    },
  });
  await expect(running).rejects.toBe(interruption);
  expect(await leftovers()).toEqual([]);
});

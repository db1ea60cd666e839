import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Environment, native } from '@tare/environment';
import { parseRunFile } from '@tare/results';
import { median } from '@tare/statistics';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { resolveConfig } from '../config/resolve-config.ts';
import { performRun } from './perform-run.ts';
import { answering, lenient, other, writeAnsweringApp } from '../../fixtures/real-run.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tare-warm-up-'));
  await writeAnsweringApp(folder);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const coldAnswers = 400;
// each of them takes 4 ms, the later ones 2 ms
const knownMs = coldAnswers * 4;
const cold: Pick<Environment, 'start'> = {
  start: ({ variables, ...launch }, signal) =>
    native().start({ ...launch, variables: { ...variables, COLD_ANSWERS: String(coldAnswers) } }, signal),
};

// "not steady" is a true answer where the host changes its speed meanwhile, and says nothing about the search
const tries = 5;

it(
  'finds the known warm-up of an app, beside a warm copy and alone, and gives every trial as much',
  { timeout: 240_000, retry: tries - 1 },
  async () => {
    const config = resolveConfig(
      {
        workloads: [answering(folder)],
        environments: [other('cold', cold), other('alone', { ...cold, sideBySide: false })],
        control: false,
        rounds: 1,
        load: { connections: 2, durationMs: 500, open: false },
        guards: lenient,
      },
      'a test',
    );
    const { run } = await performRun({
      config,
      runsFolder: folder,
      listener: () => undefined,
      signal: new AbortController().signal,
    });
    const file = parseRunFile(JSON.stringify(run), 'run.json');
    const [beside, alone] = file.warmUps ?? [];
    expect(beside).toMatchObject({ environment: 'cold', workload: 'answer', besideWarm: true });
    expect(alone).toMatchObject({ environment: 'alone', besideWarm: false });
    expect(beside?.steadyAfterMs ?? 0, 'beside a warm copy').toBeGreaterThan(knownMs * 0.9);
    expect(beside?.steadyAfterMs).toBeLessThan(knownMs * 1.5);
    // alone, a host that changes its speed may look like more warm-up; less it never looks like
    expect(alone?.steadyAfterMs ?? Infinity).toBeGreaterThan(knownMs * 0.9);
    const levels = (beside?.timeSeries ?? []).map(({ level }) => level);
    expect(median(levels.slice(1, 6))).toBeCloseTo(0.5, 1);
    expect(median(levels.slice(-11))).toBeCloseTo(1, 1);
    expect(file.config.load.warmupMs).toBeGreaterThanOrEqual(Math.max(2000, knownMs * 0.9));
    expect(file.diagnostics.find(({ code }) => code === 'warm-up')?.message).toMatch(/^warm-up of [\d.]+ s/);
    expect(file.trials.every(({ load }) => load.throughputRps > 300)).toBe(true);
  },
);

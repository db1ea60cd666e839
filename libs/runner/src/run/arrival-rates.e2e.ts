import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { shortRun, writeAnsweringApp } from '../../fixtures/real-run.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tare-arrival-rates-'));
  await writeAnsweringApp(folder);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it('finds the arrival rate before the first round: a light share of what the slowest serves', async () => {
  const load = { connections: 2, warmupMs: 100, durationMs: 300, open: { durationMs: 300 } };
  const { run: file } = await shortRun(folder, { rounds: 1, load });
  const rates = new Set(file.trials.map(({ open }) => open?.rateRps));
  expect(rates.size).toBe(1);
  // an answer takes 2 ms of a CPU
  expect([...rates][0]).toBeGreaterThan(6);
  expect([...rates][0]).toBeLessThan(120);
  const [found] = file.diagnostics.filter(({ code }) => code === 'arrival-rate');
  expect(found?.message).toMatch(
    /^answer: open loop at [\d.]+ requests\/s, 20 % of the \d+ that \w+, the slowest, served before the first round; its windows may hold fewer than 200 requests, which makes a p95 rough: --openDuration=\d+ is enough for them$/,
  );
});

import type { RoundPlan } from '@tare/results';
import { expect, test } from 'vitest';
import { exampleRun } from '../../fixtures/example-run.ts';
import { durationText, planWords } from './plan-words.ts';

const decidedBy = { workload: 'primes', metric: 'latencyP99Ms', candidate: 'docker', logRatioStdev: 0.03 };
const pilot = {
  kind: 'pilot',
  pilotRounds: 6,
  rounds: 12,
  wantedRounds: 40,
  limitedBy: 'budget',
  decidedBy,
} as const;
const words = (plan: RoundPlan, budgetMs: number | null = 600_000) => {
  const run = exampleRun(1);
  return planWords({ ...run, plan, config: { ...run.config, budgetMs } });
};

test('a plan says what limits it', () => {
  expect(words(pilot)).toBe(
    '12 rounds: 6 of a pilot, then 6; the wanted precision would take 40; limited by the budget of 10 min.',
  );
  expect(words({ ...pilot, limitedBy: 'maximum' })).toMatch(/limited by the maximum of 30\.$/);
  expect(words(pilot, null)).toMatch(/limited by the budget\.$/);
});

test('a plan that reached its precision says what took so many', () => {
  expect(words({ ...pilot, limitedBy: 'precision', wantedRounds: 12 })).toBe(
    '12 rounds: 6 of a pilot, then 6; so many the wanted precision takes (primes: latency p99 of docker).',
  );
  expect(words({ ...pilot, rounds: 6, wantedRounds: 4, limitedBy: 'precision', decidedBy: null })).toBe(
    '6 rounds: the pilot’s, no more; the wanted precision takes no more.',
  );
});

test('a fixed number is what was asked for', () => {
  expect(words({ kind: 'fixed', rounds: 1 })).toBe('1 round, as asked for.');
});

test('durations have the unit of their size', () => {
  expect([45_000, 600_000, 5_400_000, 7_200_000].map(durationText)).toEqual([
    '45 s',
    '10 min',
    '90 min',
    '2 h',
  ]);
});

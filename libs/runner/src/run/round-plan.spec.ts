import type { Trial } from '@tare/results';
import { expect, it } from 'vitest';
import { environmentsAfterPilot, planAfterPilot, type Pilot } from './round-plan.ts';
import { exampleTrial } from '../../fixtures/example-run.ts';

const minuteMs = 60_000;
/** Six rounds of two environments whose throughputs differ by so much from round to round. */
function trials(spread: number, factor = 1): Trial[] {
  return [1, 2, 3, 4, 5, 6].flatMap((round) => [
    exampleTrial({ environment: 'native', round, throughputRps: 200 }),
    exampleTrial({
      environment: 'docker',
      round,
      throughputRps: 200 * factor * (1 + spread * (round % 2 ? 1 : -1)),
    }),
  ]);
}
const pilot = (given: Partial<Pilot>): Pilot => ({
  trials: trials(0.05),
  rounds: 6,
  elapsedMs: minuteMs,
  roundMs: minuteMs / 6,
  max: 1000,
  budgetMs: 1000 * minuteMs,
  baseline: 'native',
  control: undefined,
  unjudged: [],
  margins: {},
  seed: 1,
  ...given,
});

it('wants more rounds the more the pilot varies', () => {
  const [steady, noisy] = [0.02, 0.06].map((spread) => planAfterPilot(pilot({ trials: trials(spread) })));
  expect(noisy).toMatchObject({
    kind: 'pilot',
    limitedBy: 'precision',
    decidedBy: { metric: 'throughputRps' },
  });
  expect(noisy?.rounds).toBeGreaterThan(2 * (steady?.rounds ?? Infinity));
});

it('does not look at the means', () => {
  const [same, faster] = [1, 3].map((factor) => planAfterPilot(pilot({ trials: trials(0.05, factor) })));
  expect(faster).toEqual(same);
});

it('makes enough rounds for the test to reach significance, however steady the pilot was', () => {
  // 9 metrics are judged together: with fewer than 9 rounds none could be told apart
  expect(planAfterPilot(pilot({ trials: trials(0) }))).toMatchObject({ rounds: 9, decidedBy: null });
});

it('keeps to the maximum and to the time budget, and says which', () => {
  expect(planAfterPilot(pilot({ max: 20 }))).toMatchObject({ rounds: 20, limitedBy: 'maximum' });
  expect(planAfterPilot(pilot({ budgetMs: 3 * minuteMs }))).toMatchObject({
    rounds: 18,
    limitedBy: 'budget',
  });
});

it('never makes fewer rounds than the pilot', () => {
  expect(planAfterPilot(pilot({ budgetMs: 1, max: 1 })).rounds).toBe(6);
});

it('spends what is left of the budget on rounds that cost less without what is not judged', () => {
  const given = { budgetMs: 3 * minuteMs, roundMs: minuteMs / 12 };
  expect(planAfterPilot(pilot(given))).toMatchObject({ rounds: 6 + 24, limitedBy: 'budget' });
});

it('leaves emulated environments out', () => {
  const plan = planAfterPilot(pilot({ unjudged: ['docker'] }));
  expect(plan).toMatchObject({ rounds: 6, decidedBy: null });
});

it('leaves the control out, but not where it is all there is to compare', () => {
  const steady = trials(0.05).filter(({ environment }) => environment === 'native');
  const others = steady.map((trial) => ({ ...trial, environment: 'namespace' }));
  const wild = planAfterPilot(pilot({ control: 'docker' }));
  expect(wild).toEqual(planAfterPilot(pilot({})));
  const calm = planAfterPilot(pilot({ control: 'docker', trials: [...trials(0.05), ...others] }));
  expect(calm.rounds).toBeLessThan(wild.rounds);
});

it('goes on after the pilot without what gets no verdict, unless nothing gets one', () => {
  expect(environmentsAfterPilot(['native', 'vagrant'], ['vagrant'], 'native')).toEqual(['native']);
  expect(environmentsAfterPilot(['native', 'vagrant'], ['vagrant'], 'vagrant')).toEqual([
    'native',
    'vagrant',
  ]);
});

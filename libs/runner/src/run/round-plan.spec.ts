import { expect, it } from 'vitest';
import { environmentsAfterFirstLook, lookAt, looksWithin, roundsBeforeLooks } from './round-plan.ts';
import { exampleTrial } from '../../fixtures/example-run.ts';

const usual = { kind: 'looks', looks: undefined, max: 30, until: 'decided' } as const;

it('looks ever more seldom, as far as maximum and budget go', () => {
  expect(looksWithin(usual, 100)).toEqual({ mostRounds: 30, rounds: [6, 8, 10, 12, 15, 20, 25, 30] });
  expect(looksWithin(usual, 13)).toEqual({ mostRounds: 13, rounds: [6, 8, 10, 12, 13] });
  // less than a verdict takes is no number of rounds
  expect(looksWithin(usual, 2)).toEqual({ mostRounds: 6, rounds: [6] });
});

it('looks where the configuration says, and last at the most rounds', () => {
  expect(looksWithin({ ...usual, looks: [7, 9, 20] }, 12)).toEqual({ mostRounds: 12, rounds: [7, 9, 12] });
});

it('plans all rounds whatever the budget, or as many as it may come to', () => {
  expect(looksWithin({ ...usual, until: 'rounds' }, 7).mostRounds).toBe(30);
  // the budget ends the run; rounds that take less time than the first must find a plan
  expect(looksWithin({ ...usual, until: 'budget', max: 1000 }, 40)).toMatchObject({ mostRounds: 50 });
  expect(looksWithin({ ...usual, until: 'budget', max: 1000 }, 6).mostRounds).toBe(8);
});

it('has no look where the maximum leaves no verdict', () => {
  const few = { ...usual, max: 4 };
  expect(looksWithin(few, 100)).toEqual({ mostRounds: 4, rounds: [] });
  expect([roundsBeforeLooks(few), roundsBeforeLooks(usual)]).toEqual([4, 6]);
});

it('is about the judged comparisons, and about those of the control only where there is no other', () => {
  const trials = [1, 2, 3, 4, 5, 6].flatMap((round) =>
    ['native', 'docker', 'native:control'].map((environment) => exampleTrial({ environment, round })),
  );
  const options = {
    trials,
    baseline: 'native',
    control: 'native:control',
    margins: {},
    seed: 1,
    looks: looksWithin(usual, 30),
  };
  const candidates = (unjudged: readonly string[]) => [
    ...new Set(lookAt({ ...options, unjudged }).judged.map(({ candidate }) => candidate)),
  ];
  expect(candidates([])).toEqual(['docker']);
  expect(candidates(['docker'])).toEqual(['native:control']);
});

it('leaves out what gets no verdict after the first look, unless that is the baseline', () => {
  expect(environmentsAfterFirstLook(['native', 'vagrant'], ['vagrant'], 'native')).toEqual(['native']);
  expect(environmentsAfterFirstLook(['native', 'vagrant'], ['vagrant'], 'vagrant')).toEqual([
    'native',
    'vagrant',
  ]);
});

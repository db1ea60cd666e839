import type { Comparison } from '@tare/results';
import { expect, test } from 'vitest';
import { exampleRun } from '../../fixtures/example-run.ts';
import { roundsMoreWords, verdictWords } from './verdict-words.ts';

const [example] = exampleRun().comparisons;
function compared(changes: Partial<Comparison>): Comparison {
  if (example === undefined) throw new Error('The example has no comparison.');
  return { ...example, ...changes };
}

test('a worse and a better one say how far, to which side, than what', () => {
  expect(
    verdictWords(compared({ metric: 'throughputRps', ratio: 0.969, ci95: [0.961, 0.977], verdict: 'worse' })),
  ).toBe('docker: throughput 3.1 % ± 0.8 % lower than native: worse');
  expect(verdictWords(compared({ ratio: 3.28, ci95: [2.93, 3.68], verdict: 'worse' }))).toBe(
    'docker: startup 3.28 times that of native [2.93, 3.68]: worse',
  );
});

test('the same is the same within its margin', () => {
  expect(verdictWords(compared({ metric: 'memoryGrossMiB', margin: 0.05, verdict: 'same' }))).toBe(
    'docker: gross memory the same as native within 5 %',
  );
});

test('an undecided one says where the truth may lie and what would tell', () => {
  expect(
    verdictWords(compared({ ratio: 1.06, ci95: [0.99, 1.13], verdict: 'undecided', roundsMore: 12 })),
  ).toBe(
    'docker: startup between 1.0 % shorter and 13.0 % longer than native: undecided: 12 rounds more would tell',
  );
});

test('without an interval or without a ratio nothing is made up', () => {
  expect(verdictWords(compared({ ratio: 1.06, ci95: null, verdict: 'undecided', roundsMore: 1 }))).toBe(
    'docker: startup 6.0 % longer than native: undecided: 1 round more would tell',
  );
  expect(verdictWords(compared({ ratio: null, ci95: null, verdict: null }))).toBe(
    'docker: startup without a ratio to native: not judged',
  );
});

test('names of other programs stay on one line', () => {
  expect(verdictWords(compared({ candidate: 'a\n\u001b[31mb', verdict: 'same' }))).toMatch(/^a b: startup/);
});

test('what several undecided ones would take is told as a range', () => {
  const undecided = (roundsMore: number | null, logRatioStdev: number | null = 0.02) => ({
    roundsMore,
    logRatioStdev,
  });
  expect(roundsMoreWords([undecided(3), undecided(12)])).toBe('3 to 12 rounds more would tell');
  expect(roundsMoreWords([undecided(3), undecided(null)])).toBe(
    '3 rounds more would tell, for 1 of them no number in reach',
  );
  expect(roundsMoreWords([undecided(null)])).toBe('no number of rounds in reach would tell');
  expect(roundsMoreWords([undecided(null, null)])).toBe('a single round tells nothing');
});

import type { Comparison, RunFile } from '@tare/results';
import { expect, test } from 'vitest';
import { exampleRun, failedMidway } from '../../fixtures/example-run.ts';
import { roundsMoreWords, verdictWords } from './conclusion.ts';
import { reportModel } from './report-model.ts';

const sentencesOf = (run: RunFile) =>
  reportModel(run).workloads.find(({ name }) => name === 'primes')?.conclusion ?? [];
const ofPrimes = (run: RunFile) => sentencesOf(run).map(({ text }) => text);

function without(run: RunFile, ...names: readonly string[]): RunFile {
  const summary = Object.fromEntries(
    Object.entries(run.summary).map(([workload, of]) => [
      workload,
      Object.fromEntries(Object.entries(of).filter(([name]) => !names.includes(name))),
    ]),
  );
  return { ...run, summary, comparisons: run.comparisons.filter((c) => !names.includes(c.candidate)) };
}

test('every environment with a verdict gets its sentences, in the order of the run', () => {
  expect(ofPrimes(exampleRun())).toEqual([
    'namespace: the same as native within 2 % in throughput, and within 5 % in latency p50/p95/p99, net CPU per request, ' +
      'gross CPU per request, net memory and gross memory; undecided in startup (58 more rounds would decide).',
    'docker: worse than native in startup (3.39 times [3.32, 3.46]), throughput (6.6 % ± 1.3 % lower), latency ' +
      'p50/p95/p99 (16 % higher), net CPU per request (7.2 % ± 1.5 % higher), gross CPU per request (20.1 % ± 1.7 % higher) ' +
      'and gross memory (27.8 % ± 1.6 % higher); better in net memory (12.4 % ± 1.1 % lower).',
    'These 12 rounds could detect a throughput difference of 2.0 % or more.',
    'vagrant runs on an emulated processor. Its figures measure the emulator, so it gets no verdict.',
  ]);
});

test('an emulated environment that only the pilot measured is said to be', () => {
  const run = exampleRun();
  const trials = run.trials.filter(({ environment, round }) => environment !== 'vagrant' || round <= 6);
  expect(ofPrimes({ ...run, trials }).at(-1)).toBe(
    'vagrant runs on an emulated processor. Its figures measure the emulator, so it gets no verdict and was measured only in the 6 pilot rounds.',
  );
});

test('an environment that failed midway is named with its reason, and nothing is concluded from its trials', () => {
  const sentences = ofPrimes(failedMidway('docker', 3));
  expect(sentences.filter((text) => text.includes('docker'))).toEqual([
    'docker failed after 3 rounds and is not judged: round 4: the app ended <b>with</b> code 137.',
  ]);
  expect(ofPrimes(failedMidway('native', 3))).toEqual([
    'native, the baseline, failed after 3 rounds, so nothing is judged: round 4: the app ended <b>with</b> code 137.',
  ]);
});

test('worse and same are two sentences', () => {
  const run = exampleRun();
  const comparisons = run.comparisons.map((c) =>
    c.candidate === 'docker' && c.verdict !== null && c.metric !== 'startupMs'
      ? { ...c, verdict: 'same' as const, margin: 0.5 }
      : c,
  );
  expect(ofPrimes({ ...run, comparisons })[1]).toMatch(
    /^docker: worse than native in startup \(3\.39 times \[3\.32, 3\.46\]\)\. The same within 50 % in throughput, .* and gross memory\.$/,
  );
});

test('intervals are left out where a table has them', () => {
  expect(sentencesOf(exampleRun())[1]).toMatchObject({
    about: 'docker',
    brief: expect.stringMatching(
      /^docker: worse than native in startup \(3\.39 times\), throughput \(6\.6 % lower\)/,
    ) as string,
  });
});

test('with everything undecided the metrics are counted', () => {
  expect(ofPrimes(exampleRun(4))[0]).toMatch(
    /^namespace: undecided in all 9 metrics \(\d+ to \d+ more rounds would decide\)\.$/,
  );
  expect(ofPrimes(exampleRun(1))[0]).toBe(
    'namespace: undecided in all 9 metrics (one round decides nothing).',
  );
});

test('a single environment has nothing to be compared with, even beside a control', () => {
  expect(ofPrimes(without(exampleRun(), 'namespace', 'docker', 'vagrant'))).toEqual([
    'Only native was measured: there is nothing to compare it with.',
  ]);
});

test('a baseline without figures is said', () => {
  expect(ofPrimes({ ...without(exampleRun(), 'native'), comparisons: [] })).toEqual([
    'native, the baseline, has no figures: there is nothing to compare with.',
  ]);
});

test('an environment that no figure could be compared of is said', () => {
  const run = exampleRun();
  const comparisons = run.comparisons.filter(({ candidate }) => candidate !== 'docker');
  expect(ofPrimes({ ...run, comparisons })[1]).toBe('docker: no figure could be compared with native.');
});

test('a very coarse run says what factor it could detect', () => {
  const run = exampleRun();
  const comparisons = run.comparisons.map((c) => ({ ...c, minimumDetectableRatio: 2.34 }));
  expect(ofPrimes({ ...run, comparisons })[2]).toMatch(/ difference of a factor of 2\.3 or more\.$/);
});

test('no sentence holds a NaN, whatever is missing', () => {
  for (const rounds of [1, 2, 5, 6, 12]) {
    expect(JSON.stringify(sentencesOf(exampleRun(rounds)))).not.toMatch(/NaN|undefined|Infinity|null/);
  }
});

test('a run without a figure has no conclusion', () => {
  expect(reportModel({ ...exampleRun(), summary: {} }).workloads).toEqual([]);
});

const [example] = exampleRun().comparisons;
function compared(changes: Partial<Comparison>): Comparison {
  if (example === undefined) throw new Error('The example has no comparison.');
  return { ...example, ...changes };
}

test('a verdict says how far, to which side, than what', () => {
  expect(
    verdictWords(compared({ metric: 'throughputRps', ratio: 0.969, ci95: [0.961, 0.977], verdict: 'worse' })),
  ).toBe('docker: throughput 3.1 % ± 0.8 % lower than native: worse');
  expect(verdictWords(compared({ ratio: 3.28, ci95: [2.93, 3.68], verdict: 'worse' }))).toBe(
    'docker: startup 3.28 times that of native [2.93, 3.68]: worse',
  );
  expect(verdictWords(compared({ metric: 'memoryGrossMiB', margin: 0.05, verdict: 'same' }))).toBe(
    'docker: gross memory the same as native within 5 %',
  );
});

test('an undecided one says where the truth may lie and what would decide', () => {
  expect(
    verdictWords(compared({ ratio: 1.06, ci95: [0.99, 1.13], verdict: 'undecided', roundsMore: 12 })),
  ).toBe(
    'docker: startup between 1.0 % shorter and 13.0 % longer than native: undecided; 12 more rounds would decide',
  );
});

test('without an interval or without a ratio nothing is made up', () => {
  expect(verdictWords(compared({ ratio: 1.06, ci95: null, verdict: 'undecided', roundsMore: 1 }))).toBe(
    'docker: startup 6.0 % longer than native: undecided; 1 more round would decide',
  );
  expect(verdictWords(compared({ ratio: null, ci95: null, verdict: null }))).toBe(
    'docker: startup without a ratio to native: not judged',
  );
});

test('what several undecided ones would take is given as a range', () => {
  const undecided = (roundsMore: number | null, logRatioStdev: number | null = 0.02) => ({
    roundsMore,
    logRatioStdev,
  });
  expect(roundsMoreWords([undecided(3), undecided(12)])).toBe('3 to 12 more rounds would decide');
  expect(roundsMoreWords([undecided(3), undecided(null)])).toBe(
    '3 more rounds would decide, no practical number for 1 of them',
  );
  expect(roundsMoreWords([undecided(null)])).toBe('no practical number of rounds would decide');
  expect(roundsMoreWords([undecided(null, null)])).toBe('one round decides nothing');
});

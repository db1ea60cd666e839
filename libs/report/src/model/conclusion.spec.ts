import type { Comparison, RunFile } from '@tare/results';
import { expect, test } from 'vitest';
import { exampleRun, failedMidway } from '../../fixtures/example-run.ts';
import { verdictText, verdictWords } from './conclusion.ts';
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
    'namespace against native: throughput the same within 2 %, net CPU per request, gross CPU per request, net memory and ' +
      'gross memory the same within 5 %, latency p50/p95/p99 at most 1.9 % higher. Not decided within 5 %: startup between ' +
      '3.6 % and 9.5 % longer.',
    'docker against native: +199 ms startup (3.39 times [3.32, 3.46]), +0.00975 ms net CPU per request (7.2 % ± 1.6 % higher), ' +
      '+0.0272 ms gross CPU per request (20.1 % ± 2.4 % higher), +21.6 MiB gross memory (27.8 % ± 2.2 % higher), throughput ' +
      '(6.6 % ± 1.4 % lower) and latency p50/p95/p99 (16 % higher): worse. −9.61 MiB net memory (12.4 % ± 1.1 % lower): better.',
    'vagrant runs on an emulated processor. Its figures measure the emulator, so it gets no verdict.',
  ]);
});

test('an emulated environment that only the first rounds measured is said to be', () => {
  const run = exampleRun();
  const trials = run.trials.filter(({ environment, round }) => environment !== 'vagrant' || round <= 6);
  expect(ofPrimes({ ...run, trials }).at(-1)).toBe(
    'vagrant runs on an emulated processor. Its figures measure the emulator, so it gets no verdict and was measured only in the first 6 rounds.',
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
      ? { ...c, verdict: 'same' as const, margin: 0.5, look: null }
      : c,
  );
  expect(ofPrimes({ ...run, comparisons })[1]).toMatch(
    /^docker against native: \+199 ms startup \(3\.39 times \[3\.32, 3\.46\]\): worse\. Throughput, .* and gross memory the same within 50 %\.$/,
  );
});

test('intervals are left out where a table has them', () => {
  expect(sentencesOf(exampleRun())[1]).toMatchObject({
    about: 'docker',
    brief: expect.stringMatching(
      /^docker against native: \+199 ms startup \(3\.39 times\), .* throughput \(6\.6 % lower\)/,
    ) as string,
  });
});

test('with fewer rounds than a verdict takes the metrics are counted', () => {
  expect(ofPrimes(exampleRun(4))[0]).toBe(
    'namespace against native: all 9 metrics not decided: 4 rounds of the 6 that a verdict takes.',
  );
  expect(ofPrimes(exampleRun(1))[0]).toBe(
    'namespace against native: all 9 metrics not decided: 1 round of the 6 that a verdict takes.',
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

test('what is open says what would decide it, where that takes less than an hour', () => {
  const run = exampleRun();
  const plan: RunFile['plan'] = {
    kind: 'looks',
    looks: [6, 12],
    mostRounds: 12,
    rounds: 12,
    endedBy: 'budget',
    roundMs: 45_000,
  };
  const open = run.comparisons.map((c) =>
    c.candidate === 'namespace' && c.metric === 'startupMs'
      ? { ...c, verdict: 'undecided' as const, roundsMore: 10 }
      : c,
  );
  expect(ofPrimes({ ...run, plan, comparisons: open })).toContain(
    'About 8 minutes more would decide what is open (--budget).',
  );
  expect(ofPrimes({ ...run, plan: { ...plan, endedBy: 'rounds' }, comparisons: open })).toContain(
    'About 8 minutes more would decide what is open (--rounds=22).',
  );
  expect(ofPrimes({ ...run, plan: { ...plan, endedBy: 'interrupted' }, comparisons: open })).toContain(
    'About 8 minutes more would decide what is open.',
  );
  const far = open.map((c) => (c.roundsMore === 10 ? { ...c, roundsMore: 1000 } : c));
  expect(ofPrimes({ ...run, plan, comparisons: far }).join()).not.toContain('would decide');
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
  return { ...example, look: null, ...changes };
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

test('an undecided one says where the truth may lie', () => {
  expect(verdictWords(compared({ ratio: 1.06, ci95: [0.99, 1.13], look: null, verdict: 'undecided' }))).toBe(
    'docker: startup between 1.0 % shorter and 13.0 % longer than native; not decided within 5 %',
  );
});

test('without an interval or without a ratio nothing is made up', () => {
  expect(verdictWords(compared({ ratio: 1.06, ci95: null, look: null, n: 4, verdict: 'undecided' }))).toBe(
    'docker: startup 6.0 % longer than native; not decided within 5 % by 4 rounds',
  );
  expect(verdictWords(compared({ ratio: null, ci95: null, verdict: null }))).toBe(
    'docker: startup without a ratio to native: not judged',
  );
});

const slices = {
  rounds: 8,
  interval: [0.99, 1.01] as [number, number],
  sameWithin: 0.01,
  by: 'typical' as const,
  whole: [0.95, 1.015] as [number, number],
};

test('where slices decide, the bounds of all time counted stand beside', () => {
  const same = compared({ metric: 'throughputRps', margin: 0.02, verdict: 'same', look: slices });
  expect(verdictWords(same)).toBe(
    'docker: throughput the same as native within 2 %; all time counted: −5.0 to +1.5 %',
  );
  const run = exampleRun();
  const comparisons = run.comparisons.map((each) =>
    each.candidate === 'docker' && each.metric === 'throughputRps' ? { ...each, look: slices } : each,
  );
  expect(ofPrimes({ ...run, comparisons }).at(-1)).toBe(
    'Throughput was judged by the typical slices; with all time counted it is, against native: docker −5.0 to +1.5 %.',
  );
});

test('a verdict in a table has its bounds where it is open', () => {
  expect(verdictText(compared({ verdict: 'worse' }))).toBe('worse');
  expect(verdictText(compared({ verdict: 'undecided', look: slices }))).toBe('open: −1.0 to +1.0 %');
  expect(verdictText(compared({ verdict: 'undecided', look: null, ci95: null, n: 4 }))).toBe(
    'open: 4 rounds',
  );
});

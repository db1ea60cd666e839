import type { RunFile } from '@tare/results';
import { expect, test } from 'vitest';
import { exampleRun } from '../../fixtures/example-run.ts';
import { conclusionSentences } from './conclusion.ts';

const ofPrimes = (run: RunFile) =>
  conclusionSentences(run).find(({ workload }) => workload === 'primes')?.sentences ?? [];

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
      'gross CPU per request, net memory and gross memory; undecided in startup: 58 rounds more would tell.',
    'docker: worse than native in startup (3.39 times [3.32, 3.46]), throughput (6.6 % ± 1.3 % lower), latency ' +
      'p50/p95/p99 (16 % higher), net CPU per request (7.2 % ± 1.5 % higher), gross CPU per request (20.1 % ± 1.7 % higher) ' +
      'and gross memory (27.8 % ± 1.6 % higher); better in net memory (12.4 % ± 1.1 % lower).',
    'The smallest throughput difference that these 12 rounds could have seen: 2.0 %.',
    'vagrant runs on an emulated processor: the figures weigh the emulator, so it gets no verdict.',
  ]);
});

test('an emulated environment that only the pilot measured is said to be', () => {
  const run = exampleRun();
  const trials = run.trials.filter(({ environment, round }) => environment !== 'vagrant' || round <= 6);
  expect(ofPrimes({ ...run, trials }).at(-1)).toBe(
    'vagrant runs on an emulated processor: the figures weigh the emulator, so it gets no verdict, and was measured in the 6 rounds of the pilot only.',
  );
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
  const [primes] = conclusionSentences(exampleRun(), { intervals: false });
  expect(primes?.sentences[1]).toMatch(
    /^docker: worse than native in startup \(3\.39 times\), throughput \(6\.6 % lower\)/,
  );
});

test('with everything undecided the metrics are counted', () => {
  expect(ofPrimes(exampleRun(4))[0]).toMatch(
    /^namespace: undecided in all 9 metrics: \d+ to \d+ rounds more would tell\.$/,
  );
});

test('a single round is told to tell nothing', () => {
  expect(ofPrimes(exampleRun(1))[0]).toBe(
    'namespace: undecided in all 9 metrics: a single round tells nothing.',
  );
});

test('a single environment has nothing to be compared with, even beside a twin', () => {
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

test('a very coarse run says what factor it could have seen', () => {
  const run = exampleRun();
  const comparisons = run.comparisons.map((c) => ({ ...c, minimumDetectableRatio: 2.34 }));
  expect(ofPrimes({ ...run, comparisons })[2]).toMatch(/could have seen: a factor of 2\.3\.$/);
});

test('no sentence holds a NaN, whatever is missing', () => {
  for (const rounds of [1, 2, 5, 6, 12]) {
    expect(JSON.stringify(conclusionSentences(exampleRun(rounds)))).not.toMatch(
      /NaN|undefined|Infinity|null/,
    );
  }
});

test('a run without a figure has no conclusion', () => {
  expect(conclusionSentences({ ...exampleRun(), summary: {} })).toEqual([]);
});

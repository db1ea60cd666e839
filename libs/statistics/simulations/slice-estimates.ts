/**
 * Which estimate of a trial pair's log-ratio: prints the spread and bias of each by truth.
 * `node libs/statistics/simulations/slice-estimates.ts [trials]`
 */
import { seededUniform } from './round-noise.ts';
import { hodgesLehmann, mean, median, quantile, sampleStandardDeviation } from '../src/estimates.ts';
import {
  logRatioLessDisturbance,
  logRatioOfTotals,
  logRatiosOfSlices,
  trimmedMean,
  typicalLogRatio,
  type PairedSlices,
  type Slice,
} from '../src/paired-slices.ts';
import {
  hostTruths,
  simulateTrialPair,
  told,
  trueRatio,
  type KnownSlice,
  type KnownSlices,
} from './noisy-host.ts';

const trials = Number(process.argv[2] ?? 1_000);

/** Evidence that finds a disturbed slice this often, cries wolf this often, and takes the candidate's own stalls for the host's this often. */
type Evidence = { readonly finds: number; readonly falsely: number; readonly blames: number };

function marked(slice: KnownSlice, { finds, falsely, blames }: Evidence, uniform: () => number): boolean {
  const disturbed = slice.lostMs / slice.durationMs > 0.05;
  return (
    (disturbed ? uniform() < finds : uniform() < falsely) || (slice.ownShare > 0.05 && uniform() < blames)
  );
}

function unmarked(pair: KnownSlices, evidence: Evidence, seed: number): PairedSlices {
  const uniform = seededUniform(seed);
  const keep = pair.candidate.map((slice, place) => {
    const other = pair.baseline[place];
    const ofCandidate = marked(slice, evidence, uniform);
    return other !== undefined && !marked(other, evidence, uniform) && !ofCandidate;
  });
  const left = {
    candidate: pair.candidate.filter((_, place) => keep[place]),
    baseline: pair.baseline.filter((_, place) => keep[place]),
  };
  return left.candidate.length >= 20 ? left : pair;
}

function ofRates(
  { candidate, baseline }: PairedSlices,
  weightOf: (one: Slice, other: Slice) => number,
): number {
  let [ofCandidate, ofBaseline] = [0, 0];
  candidate.forEach((slice, place) => {
    const other = baseline[place];
    if (other === undefined) return;
    ofCandidate += (weightOf(slice, other) * slice.requests) / slice.durationMs;
    ofBaseline += (weightOf(slice, other) * other.requests) / other.durationMs;
  });
  return Math.log(ofCandidate / ofBaseline);
}

function ofBlocks(pair: PairedSlices, size: number): number {
  const blocks: number[] = [];
  for (let from = 0; from + size <= pair.candidate.length; from += size) {
    blocks.push(
      logRatioOfTotals({
        candidate: pair.candidate.slice(from, from + size),
        baseline: pair.baseline.slice(from, from + size),
      }),
    );
  }
  return median(blocks);
}

/** Standard error of totals less a robust estimate, by leaving out every tenth part (delete-a-group jackknife). */
function disagreement(pair: PairedSlices, robust: (pair: PairedSlices) => number): number {
  const groups = 10;
  const less = (each: PairedSlices) => logRatioOfTotals(each) - robust(each);
  const whole = less(pair);
  const parts = Array.from({ length: groups }, (_, group) =>
    less({
      candidate: pair.candidate.filter((_slice, place) => place % groups !== group),
      baseline: pair.baseline.filter((_slice, place) => place % groups !== group),
    }),
  );
  const centre = mean(parts);
  const variance = ((groups - 1) / groups) * parts.reduce((sum, part) => sum + (part - centre) ** 2, 0);
  return whole / Math.sqrt(variance);
}

const estimates: Record<string, (pair: KnownSlices, seed: number) => number> = {
  totals: logRatioOfTotals,
  'mean of logs': (pair) => mean(logRatiosOfSlices(pair)),
  'trimmed 25 %': typicalLogRatio,
  'Hodges-Lehmann': (pair) => hodgesLehmann(logRatiosOfSlices(pair)),
  median: (pair) => median(logRatiosOfSlices(pair)),
  'mean of rates': (pair) => ofRates(pair, () => 1),
  'rates by wall time': (pair) => ofRates(pair, (one, other) => one.durationMs + other.durationMs),
  'trimmed 10 %': (pair) => trimmedMean(logRatiosOfSlices(pair), 0.1),
  'median of blocks of 4': (pair) => ofBlocks(pair, 4),
  'median of blocks of 8': (pair) => ofBlocks(pair, 8),
  'trimmed, else totals at 2 se': (pair) =>
    Math.abs(disagreement(pair, typicalLogRatio)) > 2 ? logRatioOfTotals(pair) : typicalLogRatio(pair),
  'unmarked totals 60/10': (pair, seed) =>
    logRatioOfTotals(unmarked(pair, { finds: 0.6, falsely: 0.1, blames: 0 }, seed)),
  'unmarked totals 80/10': (pair, seed) =>
    logRatioOfTotals(unmarked(pair, { finds: 0.8, falsely: 0.1, blames: 0 }, seed)),
  'unmarked totals 95/10': (pair, seed) =>
    logRatioOfTotals(unmarked(pair, { finds: 0.95, falsely: 0.1, blames: 0 }, seed)),
  'unmarked totals 80/10/50': (pair, seed) =>
    logRatioOfTotals(unmarked(pair, { finds: 0.8, falsely: 0.1, blames: 0.5 }, seed)),
  'unmarked trimmed 10 % 80/10': (pair, seed) =>
    trimmedMean(logRatiosOfSlices(unmarked(pair, { finds: 0.8, falsely: 0.1, blames: 0 }, seed)), 0.1),
  'less disturbance, good evidence': (pair, seed) =>
    logRatioLessDisturbance(told(pair, { part: 1, error: 0.2, noiseMs: 1, blames: 0 }, seed)),
  'less disturbance, half told': (pair, seed) =>
    logRatioLessDisturbance(told(pair, { part: 0.5, error: 0.4, noiseMs: 2, blames: 0 }, seed)),
  'less disturbance, noisy': (pair, seed) =>
    logRatioLessDisturbance(told(pair, { part: 1, error: 1, noiseMs: 10, blames: 0 }, seed)),
  'less disturbance, no evidence': (pair, seed) =>
    logRatioLessDisturbance(told(pair, { part: 0, error: 0, noiseMs: 5, blames: 0 }, seed)),
  'less disturbance, own blamed': (pair, seed) =>
    logRatioLessDisturbance(told(pair, { part: 1, error: 0.2, noiseMs: 1, blames: 0.5 }, seed)),
};

const percent = (share: number) => `${(share * 100).toFixed(2)} %`.padStart(9);
const line = (cells: readonly string[]) => process.stdout.write(`| ${cells.join(' | ')} |\n`);

const results = new Map<string, Map<string, number[]>>();
for (const [truth, slowness] of Object.entries(hostTruths)) {
  const byEstimate = new Map<string, number[]>(Object.keys(estimates).map((name) => [name, []]));
  const all: number[] = [];
  const neighbours: [number, number][] = [];
  let slices = 0;
  for (let trial = 0; trial < trials; trial += 1) {
    const pair = simulateTrialPair(slowness, 1_000_000 * Object.keys(hostTruths).indexOf(truth) + trial);
    for (const [name, estimate] of Object.entries(estimates))
      byEstimate.get(name)?.push(estimate(pair, trial));
    slices += pair.candidate.length;
    if (truth === 'equal') {
      const logs = logRatiosOfSlices(pair);
      all.push(...logs);
      logs.slice(1).forEach((log, place) => neighbours.push([logs[place] ?? 0, log]));
    }
  }
  results.set(truth, byEstimate);
  if (truth === 'equal') {
    const [q05, q25, q50, q75, q95] = [0.05, 0.25, 0.5, 0.75, 0.95].map((p) => quantile(all, p));
    const square = mean(all.map((log) => log * log));
    const lag1 = mean(neighbours.map(([one, next]) => one * next)) / square;
    process.stdout.write(
      `slices a side ${(slices / trials).toFixed(0)}, log-ratio 5 25 50 75 95 %: ${[q05, q25, q50, q75, q95].map((q) => percent(q ?? 0)).join('')}, lag-1 ${lag1.toFixed(2)}\n\n`,
    );
  }
}
process.stdout.write('Spread (standard deviation over trial pairs) / bias against requests ÷ time\n');
line([
  'estimate',
  ...Object.entries(hostTruths).map(
    ([name, slowness]) => `${name} (${percent(Math.log(trueRatio(slowness))).trim()})`,
  ),
]);
for (const name of Object.keys(estimates)) {
  line([
    name.padEnd(28),
    ...Object.entries(hostTruths).map(([truth, slowness]) => {
      const values = results.get(truth)?.get(name) ?? [];
      return `${percent(sampleStandardDeviation(values))}${percent(mean(values) - Math.log(trueRatio(slowness)))}`;
    }),
  ]);
}

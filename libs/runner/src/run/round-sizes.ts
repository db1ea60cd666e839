import { burstOf, metricCatalogue, type MetricKey, type Trial } from '@tare/results';
import {
  mean,
  quantile,
  sampleStandardDeviation,
  slicesPerLaunch,
  variationOfSlices,
  type PairedSlices,
} from '@tare/statistics';
import type { PreparedConfig, PreparedLoad } from '../trial/trial.ts';
import type { ArrivalRates } from './arrival-rates.ts';

/** How much is measured in a round, of workloads whose environments are loaded in slices. */
export type RoundSizes = {
  readonly load: PreparedLoad;
  /** Starts of each environment in a burst. */
  readonly starts: number;
};

/** Rounds that say how much the later ones shall measure. */
export const roundsBeforeSizes = 2;

// memory, sampled ten times a second, differs between launches and hardly within one
const closedMs = { least: 800, most: 2500 };
const openMs = { least: 1600, most: 4000 };
const starts = { least: 1, most: 4 };
// the next multiple: figures finer than this mean nothing
const stepMs = 100;
/** Enough for the typical slow request of every pair. */
const fewestRequests = 80;

/**
 * By how much of its margin the ratio to one copy of the baseline may vary from round to round. To the mean of two copies it varies
 * by 0.43 of it, and nearly all simulated ones are decided with six rounds.
 */
const goodSpread = 0.5;

/**
 * The first rounds are short: on a quiet host nothing more is needed, and on another they say how much is. What was given stays, and so
 * does everything where the number of rounds is given.
 */
export function firstSizes(config: PreparedConfig, rates: Rates): RoundSizes {
  return sized(config, { closedMs: closedMs.least, openMs: openMs.least, starts: starts.least }, rates);
}

type Rates = Pick<ArrivalRates, 'of'>;
type Sizes = { readonly closedMs: number; readonly openMs: number; readonly starts: number };

function sized(
  { workloads, baseline, rounds, chosen, load, starts: given }: PreparedConfig,
  sizes: Sizes,
  rates: Rates,
): RoundSizes {
  if (rounds.kind === 'fixed') return { load, starts: given };
  const slowest = Math.min(...workloads.map(({ name }) => rates.of(name, baseline) ?? Infinity));
  const requestsMs = (fewestRequests / slowest) * 1000;
  const durationMs = bounded(openMs, Math.max(sizes.openMs, Math.ceil(requestsMs / stepMs) * stepMs));
  return {
    load: {
      ...load,
      ...(chosen.duration && { window: { kind: 'duration', durationMs: sizes.closedMs } }),
      ...(chosen.openDuration && load.open !== undefined && { open: { ...load.open, durationMs } }),
    },
    starts: chosen.starts ? sizes.starts : given,
  };
}

type SizesAfter = {
  readonly config: PreparedConfig;
  readonly rates: Rates;
  /** What a round takes. */
  readonly roundMs: number;
};

export type ChosenSizes = { readonly sizes: RoundSizes; readonly message: string };

/**
 * What the rounds to come measure, from the spreads so far and never from the differences: as little as lets throughput and startup be
 * decided soon, and no more than pays. From some length on another launch says more than a longer window
 * (Kalibera & Jones 2013), because launches of equal copies differ, however long each is loaded. The open-loop window is twice as long as
 * the closed-loop one: the same host disturbs both.
 * @param trials of rounds that are over, of environments that are judged.
 * @returns undefined where nothing is left to choose, or no workload had slices beside each other: then the rounds are as large as if
 *   their number was given.
 */
export function sizesAfter(
  trials: readonly Trial[],
  { config, rates, roundMs }: SizesAfter,
): ChosenSizes | undefined {
  const byWorkload = [...Map.groupBy(trials, ({ workload }) => workload).values()];
  const windows = byWorkload.flatMap((own) => windowOf(own, config, roundMs / byWorkload.length) ?? []);
  const [longest] = windows.toSorted((one, other) => other.durationMs - one.durationMs);
  if (config.rounds.kind === 'fixed' || longest === undefined) return undefined;
  const startSpread = spreadOfStarts(trials);
  const sizes = {
    closedMs: longest.durationMs,
    openMs: bounded(openMs, 2 * longest.durationMs),
    // the start of the trial itself is one more
    starts: bounded(starts, enough(Math.SQRT2 * startSpread, 0, wantedOf('startupMs', config)) - 1),
  };
  const chosen = sized(config, sizes, rates);
  const { load } = chosen;
  const hasBursts = trials.some(({ startup }) => startup?.starts !== undefined);
  const seconds = (ms: number): string => `${ms / 1000} s`;
  const what = [
    ...(config.chosen.duration && load.window.kind === 'duration'
      ? [`closed-loop windows of ${seconds(load.window.durationMs)}`]
      : []),
    ...(config.chosen.openDuration && load.open !== undefined
      ? [`open-loop windows of ${seconds(load.open.durationMs)}`]
      : []),
    ...(config.chosen.starts && hasBursts
      ? [`bursts of ${chosen.starts === 1 ? 'one start' : `${chosen.starts} starts`}`]
      : []),
  ];
  if (what.length === 0) return undefined;
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
  const from = Math.max(...trials.map(({ round }) => round)) + 1;
  const spreads = `the throughput ratio varied by ${percent(longest.within)} from slice to slice and by ${percent(longest.between)} from launch to launch, a start by ${percent(startSpread)}`;
  return { sizes: chosen, message: `from round ${from} on ${what.join(', ')}: ${spreads}` };
}

/** The window that a workload needs; undefined where environments had no slices beside each other. */
function windowOf(
  trials: readonly Trial[],
  config: PreparedConfig,
  roundMs: number,
): { readonly durationMs: number; readonly within: number; readonly between: number } | undefined {
  const { baseline } = config;
  const byRound = [...Map.groupBy(trials, ({ round }) => round).values()];
  const names = [...new Set(trials.map(({ environment }) => environment))].filter(
    (name) => name !== baseline,
  );
  const spreads = names.flatMap((name) => {
    const launches = byRound.flatMap((round) => launchOf(round, name, baseline) ?? []);
    return launches.length < 2 ? [] : [variationOfSlices(launches)];
  });
  if (spreads.length === 0) return undefined;
  const together = (part: 'within' | 'between'): number =>
    Math.hypot(...spreads.map((spread) => spread[part])) / Math.sqrt(spreads.length);
  const [within, between] = [together('within'), together('between')];
  const sliced = trials.flatMap(({ load }) => load.sliceSeries?.map(([, durationMs]) => durationMs) ?? []);
  const sliceMs = quantile(sliced, 0.5);
  const measuredMs = Math.max(...trials.map(({ load }) => load.durationMs));
  const launchMs = Math.max(sliceMs, roundMs / (names.length + 1) - measuredMs);
  const best = slicesPerLaunch({ within, between }, { launch: launchMs, slice: sliceMs });
  const slices = Math.min(best, enough(within, between, wantedOf('throughputRps', config)));
  const durationMs = bounded(closedMs, Math.ceil((slices * sliceMs) / stepMs) * stepMs);
  return { durationMs, within, between };
}

function bounded({ least, most }: { readonly least: number; readonly most: number }, size: number): number {
  return Math.min(most, Math.max(least, Math.ceil(size)));
}

/** How much the ratio of a round to one copy may vary. */
function wantedOf(metric: MetricKey, { margins }: PreparedConfig): number {
  const margin = margins[metric] ?? metricCatalogue.find(({ key }) => key === metric)?.margin ?? 0;
  return goodSpread * margin;
}

/** How many slices or starts bring the spread of a launch down to the wanted one; Infinity where launches differ by more. */
function enough(within: number, between: number, wanted: number): number {
  const room = wanted ** 2 - between ** 2;
  return room <= 0 ? Infinity : within ** 2 / room;
}

/** Standard deviation of the logarithm of a start within its burst; 0 without bursts. */
function spreadOfStarts(trials: readonly Trial[]): number {
  const bursts = trials.map((trial) => burstOf(trial).map(Math.log)).filter(({ length }) => length > 1);
  return bursts.length === 0
    ? 0
    : Math.sqrt(mean(bursts.map((burst) => sampleStandardDeviation(burst) ** 2)));
}

function launchOf(round: readonly Trial[], name: string, baseline: string): PairedSlices | undefined {
  const [candidate, other] = [name, baseline].map((wanted) =>
    round
      .find(({ environment }) => environment === wanted)
      ?.load.sliceSeries?.map(([requests, durationMs]) => ({ requests, durationMs })),
  );
  if (candidate === undefined || candidate.length !== other?.length) return undefined;
  const both = candidate.filter(({ requests }, place) => requests > 0 && (other[place]?.requests ?? 0) > 0);
  return both.length < 2 ? undefined : { candidate, baseline: other };
}

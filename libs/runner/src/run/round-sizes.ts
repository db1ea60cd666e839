import {
  burstOf,
  type Comparison,
  isLatency,
  metricCatalogue,
  type MetricKey,
  sameRequests,
  type Trial,
} from '@tare/results';
import {
  quantile,
  sampleStandardDeviation,
  slicesPerLaunch,
  slowRequestsLogRatio,
  spreadOfRequests,
  typicalRequestLogRatio,
  typicalTailLogRatio,
  variationOfSlices,
  type PairedSlices,
} from '@tare/statistics';
import type { PreparedConfig, PreparedLoad } from '../trial/trial.ts';

/** How much is measured in a round, of workloads whose environments are loaded in slices. */
export type RoundSizes = {
  readonly load: PreparedLoad;
  /** Starts of each environment in a burst. */
  readonly starts: number;
  /** Names of the environments that have one start in a burst at most, because more would decide nothing. */
  readonly startedOnce: readonly string[];
  /** Names of the environments that have no open-loop window, because their latencies are decided. */
  readonly withoutOpen: readonly string[];
};

/** After how many rounds the sizes of the later ones are chosen: the first tells what varies within a launch, three also what varies between. */
export const roundsBeforeSizes: readonly number[] = [1, 3];

// memory, sampled ten times a second, differs between launches and hardly within one
export const closedMs = { least: 800, most: 1800, step: 100 };
// in shorter ones p95 hangs on a handful of requests
export const shortestOpenMs = 1600;
const openMs = { least: shortestOpenMs, most: 4000, step: 100 };
/** However much requests vary: more rounds tell more in the same time, because their launches vary, too. */
const mostOpenMsForSpread = 2000;
const starts = { least: 1, most: 3, step: 1 };
/** A spread needs more than one start besides the trial's own. */
const startsAtFirst = 2;
/** Where the startup of only some environments is open, and where nothing else is. */
const startsOfFew = 6;
const startsAlone = 10;
/** Enough for the typical slow request of every pair. */
const fewestRequests = 80;

/**
 * By how much of its margin a typical ratio to one copy of the baseline may vary from round to round. To the mean of two copies it varies
 * by 0.43 of it, and nearly all simulated ones are decided with six rounds.
 */
const goodSpread = 0.5;
/** The same of all slow requests, which need not decide but only bear out what the typical one says. */
const goodSpreadOfWhole = 2;

/**
 * What the first round measures: as little as tells the spreads, for a quiet host needs no more.
 * @param rateRps the lowest arrival rate of an environment that is judged; undefined without open-loop windows.
 */
export function firstSizes(
  { chosen, load, starts: given }: PreparedConfig,
  rateRps: number | undefined,
): RoundSizes {
  const { window, open } = load;
  return {
    load: {
      ...load,
      window: chosen.duration ? { kind: 'duration', durationMs: closedMs.least } : window,
      open:
        open && chosen.openDuration && rateRps !== undefined
          ? { ...open, durationMs: bounded(openMs, msOfFewestRequests(rateRps)) }
          : open,
    },
    starts: chosen.starts ? startsAtFirst : given,
    startedOnce: [],
    withoutOpen: [],
  };
}

/**
 * What the rounds after a look measure: nothing for what is decided. An environment without an open latency has no open-loop window, and
 * where none has, the baseline has none; without open throughput or CPU time the closed-loop windows are short; an environment whose
 * startup is decided starts once, and the others start the more often.
 * @param sizes that were chosen before the looks.
 * @param environments all that are still measured.
 * @param baselines the baseline and its control.
 */
export function sizesAfterLook(
  sizes: RoundSizes,
  open: readonly Pick<Comparison, 'metric' | 'candidate'>[],
  { chosen }: Pick<PreparedConfig, 'chosen'>,
  { environments, baselines }: Record<'environments' | 'baselines', readonly string[]>,
): RoundSizes {
  const ofStartup = open.filter(({ metric }) => metric === 'startupMs');
  const isStartupAlone = ofStartup.length > 0 && ofStartup.length === open.length;
  const needed = ofStartup.length === 0 ? [] : [...baselines, ...ofStartup.map(({ candidate }) => candidate)];
  const startedOnce = chosen.starts ? environments.filter((name) => !needed.includes(name)) : [];
  const ofLatency = open.filter(({ metric }) => isLatency(metric)).map(({ candidate }) => candidate);
  const isByWindow = open.some(({ metric }) => metric === 'throughputRps' || metric.startsWith('cpu'));
  const starts = startedOnce.length === 0 ? sizes.starts : Math.max(sizes.starts, startsOfFew);
  return {
    load: {
      ...sizes.load,
      ...(!isByWindow && chosen.duration && { window: { kind: 'duration', durationMs: closedMs.least } }),
      ...(ofLatency.length === 0 && { open: undefined }),
    },
    starts: isStartupAlone && chosen.starts ? startsAlone : starts,
    startedOnce,
    withoutOpen: environments.filter((name) => !baselines.includes(name) && !ofLatency.includes(name)),
  };
}

type SizesAfter = {
  readonly config: PreparedConfig;
  /** What a round takes. */
  readonly roundMs: number;
  /** Of the run. */
  readonly seed: number;
};

type ChosenSizes = {
  readonly sizes: RoundSizes;
  readonly message: string;
  /** Whether the host is so calm that few rounds are enough: adjacent slices vary by no more than the margin of throughput. */
  readonly isCalm: boolean;
};

/**
 * What the rounds to come measure, from the spreads so far and never from the differences: as little as lets throughput, startup, p50 and
 * p95 be decided with six rounds, and no more than pays. From some length on another launch says more than a longer window
 * (Kalibera & Jones 2013), because launches of equal copies differ, however long each is loaded.
 * @param trials of rounds that are over, of environments that are judged.
 * @returns undefined where all sizes are given, or no workload had slices beside each other: they stay as they are.
 */
export function sizesAfter(
  trials: readonly Trial[],
  { config, roundMs, seed }: SizesAfter,
): ChosenSizes | undefined {
  const { chosen, load } = config;
  const byWorkload = [...Map.groupBy(trials, ({ workload }) => workload).values()];
  const windows = byWorkload.flatMap((own) => windowOf(own, config, roundMs / byWorkload.length) ?? []);
  const [longest] = windows.toSorted((one, other) => other.durationMs - one.durationMs);
  if (longest === undefined) return undefined;
  const startSpread = spreadOfStarts(trials);
  const latencySpreads = byWorkload.flatMap((own) => spreadsOfLatency(own, config, seed) ?? []);
  const sizes = {
    // the start of the trial itself is one more
    starts: bounded(starts, enough(Math.SQRT2 * (startSpread ?? 0), 0, wantedOf('startupMs', config)) - 1),
    openMs: bounded(openMs, Math.max(...latencySpreads.map(({ enoughMs }) => enoughMs))),
  };
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
  const seconds = (ms: number): string => `${ms / 1000} s`;
  const told: string[] = [];
  const why = [
    `the throughput ratio varied by ${percent(longest.within)} from slice to slice and by ${percent(longest.between)} from launch to launch`,
  ];
  if (chosen.duration) told.push(`closed-loop windows of ${seconds(longest.durationMs)}`);
  const hasOpen = chosen.openDuration && load.open !== undefined && latencySpreads.length > 0;
  if (hasOpen) {
    told.push(`open-loop windows of ${seconds(sizes.openMs)}`);
    const tail = Math.max(...latencySpreads.map((each) => each.tail));
    if (Number.isFinite(tail)) why.push(`that of slow requests by ${percent(tail)}`);
  }
  const hasStarts = chosen.starts && startSpread !== undefined;
  if (hasStarts) {
    told.push(`bursts of ${sizes.starts === 1 ? 'one start' : `${sizes.starts} starts`}`);
    why.push(`a start by ${percent(startSpread)}`);
  }
  if (told.length === 0) return undefined;
  const from = Math.max(...trials.map(({ round }) => round)) + 1;
  return {
    sizes: {
      load: {
        ...load,
        ...(chosen.duration && { window: { kind: 'duration', durationMs: longest.durationMs } }),
        ...(hasOpen && { open: { ...load.open, durationMs: sizes.openMs } }),
      },
      starts: hasStarts ? sizes.starts : config.starts,
      startedOnce: [],
      withoutOpen: [],
    },
    isCalm: chosen.duration && longest.within <= wantedOf('throughputRps', config, 1),
    message: `from round ${from} on ${told.join(', ')}: ${why.join(', ')}`,
  };
}

/** The closed-loop window that a workload needs; undefined where environments had no slices beside each other. */
function windowOf(
  trials: readonly Trial[],
  config: PreparedConfig,
  roundMs: number,
): { readonly durationMs: number; readonly within: number; readonly between: number } | undefined {
  const pairs = [
    ...Map.groupBy(pairsOf(trials, config.baseline), ([{ environment }]) => environment).values(),
  ];
  const spreads = pairs.flatMap((own) => {
    const launches = own.flatMap(([candidate, baseline]) => launchOf(candidate, baseline) ?? []);
    return launches.length === 0 ? [] : [variationOfSlices(launches)];
  });
  if (spreads.length === 0) return undefined;
  const [within, between] = [
    rootMeanSquare(spreads.map((each) => each.within)),
    rootMeanSquare(spreads.map((each) => each.between)),
  ];
  const sliced = trials.flatMap(({ load }) => load.sliceSeries?.map(([, durationMs]) => durationMs) ?? []);
  const sliceMs = quantile(sliced, 0.5);
  const measuredMs = Math.max(...trials.map(({ load }) => load.durationMs));
  const launchMs = Math.max(sliceMs, roundMs / (pairs.length + 1) - measuredMs);
  const best = slicesPerLaunch({ within, between }, { launch: launchMs, slice: sliceMs });
  const slices = Math.min(best, enough(within, between, wantedOf('throughputRps', config)));
  return { durationMs: bounded(closedMs, slices * sliceMs), within, between };
}

/** How long an open-loop window must be for p50 and p95; undefined without one. */
function spreadsOfLatency(
  trials: readonly Trial[],
  config: PreparedConfig,
  seed: number,
): { readonly enoughMs: number; readonly tail: number } | undefined {
  const requests = pairsOf(trials, config.baseline).flatMap(([candidate, baseline]) => {
    const same = sameRequests(candidate, baseline);
    return same === undefined ? [] : [{ ...same, durationMs: candidate.open?.durationMs ?? 0 }];
  });
  const [first] = trials.flatMap(({ open }) => open ?? []);
  if (requests.length === 0 || first === undefined) return undefined;
  const spreadsOf = (logRatio: typeof typicalTailLogRatio): readonly number[] =>
    requests.map(
      ({ candidate, baseline }) => spreadOfRequests(candidate, baseline, logRatio, seed) ?? Infinity,
    );
  // rounds may have had windows of different lengths
  const ofOneMs = (spreads: readonly number[]): number =>
    rootMeanSquare(spreads.map((spread, place) => spread * Math.sqrt(requests[place]?.durationMs ?? 0)));
  const tails = spreadsOf(typicalTailLogRatio);
  const enoughForSpread = Math.max(
    enough(ofOneMs(spreadsOf(typicalRequestLogRatio)), 0, wantedOf('latencyP50Ms', config)),
    enough(ofOneMs(tails), 0, wantedOf('latencyP95Ms', config)),
    enough(ofOneMs(spreadsOf(slowRequestsLogRatio)), 0, wantedOf('latencyP95Ms', config, goodSpreadOfWhole)),
  );
  const enoughMs = Math.max(
    msOfFewestRequests(first.rateRps),
    Math.min(mostOpenMsForSpread, enoughForSpread),
  );
  return { enoughMs, tail: rootMeanSquare(tails) };
}

function msOfFewestRequests(rateRps: number): number {
  return (fewestRequests / rateRps) * 1000;
}

/** The next multiple of the step, within the bounds. */
function bounded({ least, most, step }: typeof closedMs, size: number): number {
  return Math.min(most, Math.max(least, Math.ceil(size / step) * step));
}

function rootMeanSquare(values: readonly number[]): number {
  return Math.hypot(...values) / Math.sqrt(values.length);
}

/** How much the ratio of a round to one copy may vary. */
function wantedOf(metric: MetricKey, { margins }: PreparedConfig, share = goodSpread): number {
  const margin = margins[metric] ?? metricCatalogue.find(({ key }) => key === metric)?.margin ?? 0;
  return share * margin;
}

/** How many slices, starts or windows bring the spread of a launch down to the wanted one; Infinity where launches differ by more. */
function enough(within: number, between: number, wanted: number): number {
  const room = wanted ** 2 - between ** 2;
  return room <= 0 ? Infinity : within ** 2 / room;
}

/** Standard deviation of the logarithm of a start within its burst; undefined without bursts. */
function spreadOfStarts(trials: readonly Trial[]): number | undefined {
  const bursts = trials.map((trial) => burstOf(trial).map(Math.log)).filter(({ length }) => length > 1);
  return bursts.length === 0 ? undefined : rootMeanSquare(bursts.map(sampleStandardDeviation));
}

/** Each trial of another environment with the one of the baseline in its round. */
function pairsOf(trials: readonly Trial[], baseline: string): readonly (readonly [Trial, Trial])[] {
  return trials.flatMap((trial) => {
    const base = trials.find((each) => each.environment === baseline && each.round === trial.round);
    return base === undefined || base === trial ? [] : [[trial, base] as const];
  });
}

function launchOf(...trials: readonly [Trial, Trial]): PairedSlices | undefined {
  const [candidate, baseline] = trials.map(({ load }) =>
    load.sliceSeries?.map(([requests, durationMs]) => ({ requests, durationMs })),
  );
  if (candidate === undefined || candidate.length !== baseline?.length) return undefined;
  const both = candidate.filter(
    ({ requests }, place) => requests > 0 && (baseline[place]?.requests ?? 0) > 0,
  );
  return both.length < 2 ? undefined : { candidate, baseline };
}

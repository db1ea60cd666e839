import { generateSlices, type LoadRequest, type Slice } from '@tare/metrics';
import type { Diagnostic, WarmUp } from '@tare/results';
import { mean, median, steadyState } from '@tare/statistics';
import type { ResolvedConfig } from '../config/bench-config.ts';
import { generatorSlackMs, requestTimeoutSeconds } from '../trial/trial.ts';
import { closedMs } from './round-sizes.ts';

/** How long a fresh instance is under load to see when it is steady. */
const observedMs = 6000;
const sliceMs = 25;
/**
 * Levels that differ by no more count as one. The last percents come slowly: of an app that gains 3 % from its first half second
 * to its third second, a smaller tolerance makes the choice between the two a matter of noise, and a round half as long again for
 * absolute figures alone, because ratios are the same either way. An instance that is alone shows the changing speed of the host, too.
 */
const tolerances = { besideWarm: 0.05, alone: 0.1 } as const;

type WarmUpObservation = {
  readonly workload: string;
  readonly environment: string;
  /** Instances that have had no requests except health checks; at least one. */
  readonly fresh: readonly URL[];
  /** Of an instance of the same environment that has been under load for a while, if two can be up. */
  readonly warm: URL | undefined;
  readonly requests: readonly LoadRequest[];
  readonly load: Pick<ResolvedConfig['load'], 'connections'>;
  readonly seed: number;
  readonly generatorCpus: readonly number[] | undefined;
};

/** What was seen of fresh instances, and what the warm one beside them served, in replies per second. */
export type ObservedWarmUp = { readonly warmUp: WarmUp; readonly warmRps: number | undefined };

/**
 * Loads fresh instances in a closed loop from their first request on, alternating in slices with a warm
 * instance if there is one, and finds out how long they take to reach their speed: a change point in the time
 * series of their throughput.
 * @throws Error when the load generator fails; the signal's reason when aborted.
 */
export async function observeWarmUp(
  { workload, environment, fresh, warm, requests, load, seed, generatorCpus }: WarmUpObservation,
  signal: AbortSignal,
): Promise<ObservedWarmUp> {
  const sides = [...fresh, ...(warm === undefined ? [] : [warm])].map(({ origin }) => ({ origin, requests }));
  const outcomes = await generateSlices(
    {
      sides,
      seed,
      connections: load.connections,
      warmupMs: 0,
      window: { kind: 'duration', durationMs: observedMs, sliceMs },
      timeoutSeconds: requestTimeoutSeconds,
    },
    { cpus: generatorCpus, deadlineMs: sides.length * observedMs + generatorSlackMs, signal },
  );
  const ofFresh = outcomes.slice(0, fresh.length);
  const ofWarm = outcomes[fresh.length];
  const timeSeries = warmUpSeries(
    ofFresh.map((outcome) => outcome.slices ?? []),
    ofWarm?.slices,
  );
  const steady = steadyState(
    timeSeries.map(({ level }) => level),
    { seed, tolerance: warm === undefined ? tolerances.alone : tolerances.besideWarm },
  );
  const warmUp = {
    workload,
    environment,
    instances: fresh.length,
    besideWarm: warm !== undefined,
    observedMs: mean(ofFresh.map(({ durationMs }) => durationMs)),
    steadyAfterMs: steady === null ? null : (timeSeries[steady.start - 1]?.untilMs ?? 0),
    timeSeries,
  };
  return { warmUp, warmRps: ofWarm?.throughputRps };
}

/** Long enough for a rate, short enough for a warm-up of some tenths of a second. */
const pointMs = 100;

/**
 * The time series of the throughput of fresh instances over their time under load, in points of about 100 ms: in replies per
 * second, or where a warm instance alternated with them, as a share of the throughput of that one in the same moments. The
 * median of the instances, so that a disturbance of one of three does not show.
 * @param fresh the slices of each instance, the same number for all.
 * @param warm the slices of the warm instance, the same number.
 */
export function warmUpSeries(
  fresh: readonly (readonly Slice[])[],
  warm: readonly Slice[] | undefined,
): WarmUp['timeSeries'] {
  const timeSeries: WarmUp['timeSeries'] = [];
  let untilMs = 0;
  let point = emptyPoint(fresh.length);
  for (const place of fresh[0]?.keys() ?? []) {
    point = {
      fresh: point.fresh.map((sum, which) => plus(sum, fresh[which]?.[place])),
      warm: plus(point.warm, warm?.[place]),
    };
    const tookMs = mean(point.fresh.map(({ durationMs }) => durationMs));
    // without a reply of the warm one there is nothing to compare with yet
    if (tookMs < pointMs || (warm !== undefined && point.warm.requests === 0)) continue;
    untilMs += tookMs;
    const rates = point.fresh.map(rps);
    timeSeries.push({ untilMs, level: median(rates) / (warm === undefined ? 1 : rps(point.warm)) });
    point = emptyPoint(fresh.length);
  }
  return timeSeries;
}

type Point = { readonly fresh: readonly Slice[]; readonly warm: Slice };

const nothing: Slice = { requests: 0, durationMs: 0 };

function emptyPoint(instances: number): Point {
  return { fresh: Array.from({ length: instances }, () => nothing), warm: nothing };
}

function plus(one: Slice, other: Slice = nothing): Slice {
  return { requests: one.requests + other.requests, durationMs: one.durationMs + other.durationMs };
}

function rps({ requests, durationMs }: Slice): number {
  return (requests / durationMs) * 1000;
}

// the last few percent of a warm-up drown in the noise of a time series; warmed in step, the ratios do not have them either
const leastMs = 500;
const roundedToMs = 100;

export type ChosenWarmUp = {
  /** Of every trial of the run. */
  readonly warmupMs: number;
  readonly diagnostics: readonly Diagnostic[];
};

// the median of several environments has little noise: a shorter steady part is enough
const leastShareTogether = 0.3;
// an environment that is still this much slower when the app is steady is no longer the host's noise
const slowerByShare = 0.1;
const fewestPoints = 5;

/**
 * One warm-up for all trials of a run. All environments of a workload run the same app and warm up in step, so the median of their
 * time series says when it is steady; an environment that is then still a tenth slower than later has a say of its own, and so has
 * each where the median does not become steady or nothing ran beside a warm instance: the longest counts. Where half or more of a
 * workload's environments were not steady at the end, it is no less than they were observed. An emulated environment, an order of
 * magnitude slower, decides nothing unless it is alone.
 * Pure.
 * @param warmUps at least one.
 * @param emulated names of environments.
 * @param seed of the run.
 */
export function chooseWarmUp(
  warmUps: readonly WarmUp[],
  emulated: readonly string[],
  seed: number,
): ChosenWarmUp {
  const real = warmUps.filter(({ environment }) => !emulated.includes(environment));
  const deciding = real.length > 0 ? real : warmUps;
  const byWorkload = [...Map.groupBy(deciding, ({ workload }) => workload)].map(([workload, all]) => {
    const togetherMs = steadyTogether(all, seed);
    const alone = togetherMs === null ? all : all.filter((each) => isSlower(each, togetherMs));
    const neverSteady = alone.filter(({ steadyAfterMs }) => steadyAfterMs === null);
    const together: Time[] =
      togetherMs === null
        ? []
        : [{ where: `${workload} (the median of ${all.length} environments)`, ms: togetherMs }];
    return {
      alone,
      times: [
        ...together,
        ...alone.map((each) => ({ where: `${where(each)}, the slowest,`, ms: each.steadyAfterMs ?? 0 })),
      ],
      unsettled: neverSteady.length * 2 < all.length ? [] : neverSteady,
    };
  });
  const times = byWorkload.flatMap((each) => each.times);
  const unsettled = byWorkload.flatMap((each) => each.unsettled);
  const told = [
    ...byWorkload.flatMap(({ alone }) => alone),
    ...warmUps.filter((each) => !deciding.includes(each)),
  ];
  const slowest = times.reduce((most, time) => (time.ms > most.ms ? time : most), times[0] ?? noTime);
  const wantedMs = Math.max(leastMs, slowest.ms, ...unsettled.map(({ observedMs }) => observedMs));
  const warmupMs = Math.ceil(wantedMs / roundedToMs) * roundedToMs;
  return {
    warmupMs,
    diagnostics: [
      { level: 'info', code: 'warm-up', message: reason(warmupMs, slowest, unsettled) },
      ...told.flatMap((each) => unsettledDiagnostic(each, emulated, warmupMs)),
    ],
  };
}

/**
 * When the median of the environments is steady; null if it is not, or if not all of several ran beside a warm instance. A noisy host
 * brings changes of its own, and every second of warm-up makes a round longer by one for each environment: so it is over as soon as
 * neither the shortest nor the longest closed-loop window from then on is slower than later by more than the tolerance and twice what
 * the mean of its points varies by.
 */
function steadyTogether(warmUps: readonly WarmUp[], seed: number): number | null {
  if (warmUps.length < 2 || !warmUps.every(({ besideWarm }) => besideWarm)) return null;
  const seenMs = Math.min(...warmUps.map(({ timeSeries }) => timeSeries.at(-1)?.untilMs ?? 0));
  const times = Array.from({ length: Math.floor(seenMs / pointMs) }, (_, place) => (place + 1) * pointMs);
  const levels = times.map((ms) =>
    median(warmUps.map(({ timeSeries }) => timeSeries.find(({ untilMs }) => untilMs >= ms)?.level ?? 0)),
  );
  const options = { seed, tolerance: tolerances.besideWarm, leastShare: leastShareTogether };
  const steady = steadyState(levels, options);
  if (steady === null) return null;
  const { level, noise } = steady;
  const isSlow = (fromMs: number, forMs: number): boolean => {
    const points = levels.slice(fromMs / pointMs, (fromMs + forMs) / pointMs);
    return mean(points) < (1 - tolerances.besideWarm) * level - (2 * noise) / Math.sqrt(points.length);
  };
  const steadyMs = steady.start * pointMs;
  const earlier = times.filter((ms) => ms >= leastMs && ms < steadyMs);
  return (
    earlier.find((ms) => ![closedMs.least, closedMs.most].some((forMs) => isSlow(ms, forMs))) ?? steadyMs
  );
}

/** Whether an environment is still warming up when all together are steady: by its own speed until it is steady, and after it. */
function isSlower({ timeSeries, steadyAfterMs, observedMs }: WarmUp, togetherMs: number): boolean {
  const steadyMs = steadyAfterMs ?? (1 - leastShareTogether) * observedMs;
  const levels = (fromMs: number, toMs: number): readonly number[] =>
    timeSeries.filter(({ untilMs }) => untilMs > fromMs && untilMs <= toMs).map(({ level }) => level);
  const [before, after] = [levels(togetherMs, steadyMs), levels(steadyMs, Infinity)];
  return (
    Math.min(before.length, after.length) >= fewestPoints &&
    median(before) < (1 - slowerByShare) * median(after)
  );
}

type Time = { readonly where: string; readonly ms: number };
const noTime: Time = { where: '', ms: 0 };

function reason(warmupMs: number, { where: whose, ms }: Time, unsettled: readonly WarmUp[]): string {
  const chosen = `warm-up of ${seconds(warmupMs)} for every trial: `;
  const [first] = unsettled;
  if (first !== undefined && warmupMs > ms + roundedToMs) {
    return `${chosen}as long as ${where(first)} was observed, for it was not steady at the end`;
  }
  if (ms < leastMs) return `${chosen}fresh instances were steady before`;
  return `${chosen}by then ${whose} was steady`;
}

function unsettledDiagnostic(
  each: WarmUp,
  emulated: readonly string[],
  warmupMs: number,
): readonly Diagnostic[] {
  if (each.steadyAfterMs !== null && each.steadyAfterMs <= warmupMs) return [];
  const when =
    each.steadyAfterMs === null
      ? `was not steady after ${seconds(each.observedMs)} of load`
      : `was steady after ${seconds(each.steadyAfterMs)} of load`;
  if (emulated.includes(each.environment)) {
    const message = `${where(each)} ${when}: it is emulated, and has the warm-up of the others, ${seconds(warmupMs)}`;
    return [{ level: 'info', code: 'no-steady-state', message }];
  }
  const message = `${where(each)} ${when}: its figures may be those of an app that is still warming up; --warmup sets a longer warm-up`;
  return [{ level: 'warning', code: 'no-steady-state', message }];
}

function where({ workload, environment }: WarmUp): string {
  return `${workload} in ${environment}`;
}

function seconds(ms: number): string {
  return `${Number((ms / 1000).toPrecision(2))} s`;
}

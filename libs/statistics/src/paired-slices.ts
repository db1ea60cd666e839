import {
  mean,
  median,
  requireNotNegative,
  requirePositive,
  requireRate,
  sampleStandardDeviation,
} from './estimates.ts';
import { seededRandom } from './seeded-random.ts';

/** A short stretch of load on one instance. */
export type Slice = {
  /** Requests that were answered. */
  readonly requests: number;
  /** From the first send to the last reply. */
  readonly durationMs: number;
  /**
   * What is known of how the host disturbed it, in ms: steal, CPU time of processes that belong neither to the environment
   * nor to the generator. Nothing that an environment can bring about itself may be in it: not its throttling, not the run-queue
   * delay that its own processes cause, not a slow reply. Where half of such stalls were taken for the host's, four fifths of the loss were
   * hidden.
   */
  readonly disturbedMs?: number | undefined;
};

/** The slices of two instances that were loaded in turn; the n-th of one lies beside the n-th of the other. */
export type PairedSlices = { readonly candidate: readonly Slice[]; readonly baseline: readonly Slice[] };

/**
 * ln of candidate ÷ baseline, each requests ÷ time over all slices: what a user gets, and what every disturbance of the host moves.
 * Slices that drain what is under way last longer while their side is slow, so that stalls much longer than a slice count more than in a
 * long window: 9 % for a true loss of 6.9 % in bursts of half a second. Those that requests bring about, as collections do, count as they should.
 * @throws RangeError when a side has no requests, or a slice lasts no time.
 */
export function logRatioOfTotals({ candidate, baseline }: PairedSlices): number {
  return logOfRate(total(candidate, 'candidate')) - logOfRate(total(baseline, 'baseline'));
}

function total(slices: readonly Slice[], side: string): Slice & { readonly disturbedMs: number } {
  const sum = { requests: 0, durationMs: 0, disturbedMs: 0 };
  slices.forEach(({ requests, durationMs, disturbedMs = 0 }, place) => {
    requirePositive(durationMs, `slices: durationMs of ${side} ${place}`);
    requireNotNegative(requests, `slices: requests of ${side} ${place}`);
    requireNotNegative(disturbedMs, `slices: disturbedMs of ${side} ${place}`);
    sum.requests += requests;
    sum.durationMs += durationMs;
    sum.disturbedMs += disturbedMs;
  });
  requirePositive(sum.requests, `slices: requests of ${side}`);
  return sum;
}

function logOfRate({ requests, durationMs }: Slice): number {
  return Math.log(requests / durationMs);
}

/**
 * ln of candidate ÷ baseline of each pair of adjacent slices. A pair in which one side answered nothing has none.
 * @throws RangeError when the sides differ in length or a slice lasts no time.
 */
export function logRatiosOfSlices({ candidate, baseline }: PairedSlices): number[] {
  if (candidate.length !== baseline.length) {
    throw new RangeError(
      `slices: ${candidate.length} of the candidate, ${baseline.length} of the baseline, expected as many`,
    );
  }
  return candidate.flatMap((slice, place) => {
    const other = baseline[place];
    if (other === undefined) return [];
    requirePositive(slice.durationMs, `slices: durationMs of candidate ${place}`);
    requirePositive(other.durationMs, `slices: durationMs of baseline ${place}`);
    return slice.requests > 0 && other.requests > 0 ? [logOfRate(slice) - logOfRate(other)] : [];
  });
}

/**
 * Mean of what is left after the given share of the values is left out at each end, rounded down to whole values.
 * @param share of each end, above 0 and below ½.
 * @throws RangeError for no values, NaN or infinity, and for another share.
 */
export function trimmedMean(values: readonly number[], share: number): number {
  requireRate(2 * share, 'trimmedMean: twice the share');
  const cut = Math.floor(values.length * share);
  return mean(values.toSorted((a, b) => a - b).slice(cut, values.length - cut));
}

/** Left out at each end: on the host that was measured one slice of four is disturbed, which makes one side the slower. */
const outerShare = 0.25;

/**
 * ln of candidate ÷ baseline of the typical slice: the 25 % trimmed mean over pairs of adjacent slices. Of the estimates that were
 * simulated without any knowledge of the host it varies the least between equal copies: 1.4 % against 4.0 % of the totals,
 * 3.0 % of the mean and 1.5 % of the median and of Hodges and Lehmann's. Like all of those it hides a loss that is in few slices:
 * of 6.9 %, by bursts of half a second, it saw 1.2 %. So it is for `decideGuarded`, never by itself.
 * @throws RangeError when the sides differ in length, a slice lasts no time, or no pair has requests on both sides.
 */
export function typicalLogRatio(pair: PairedSlices): number {
  return trimmedMean(logRatiosOfSlices(pair), outerShare);
}

/** Of the requests of a window, in their order; null for one without a good reply. */
type Latencies = readonly (number | null)[];

/**
 * The part of the requests that counts as their tail. From round to round the ratios of namespace and docker to native and its copy varied
 * by 5.0 % with 15 % of 80 requests, and by 3.8 % with 25 %. What fewer requests are slow for, all slow requests show.
 */
const tailShare = 0.25;

/** With fewer requests too few of them are slow. */
const fewestForTail = 60;

/**
 * ln of candidate ÷ baseline of the typical slow request: of requests that both sides were sent with the same arrivals, so that
 * the same ones had to queue, the slowest quarter by the lesser of their two latencies, and of these the median. A pause of
 * the host makes one latency of a request longer and seldom the other, so it neither brings a request into the tail nor moves the
 * median. Requests that only the candidate is slow for, whatever the load, are not in it: so it is for `decideGuarded`, never by itself.
 * @param candidate latencies of the requests in their order; null for one without a good reply.
 * @returns undefined with fewer than 60 requests that both sides replied to.
 * @throws RangeError when the sides differ in length, or for a latency of 0.
 */
export function typicalTailLogRatio(candidate: Latencies, baseline: Latencies): number | undefined {
  const pairs = pairsOfRequests(candidate, baseline);
  if (pairs.length < fewestForTail) return undefined;
  const slowest = pairs
    .toSorted((one, other) => other.lesser - one.lesser)
    .slice(0, Math.ceil(pairs.length * tailShare));
  return median(slowest.map(({ logRatio }) => logRatio));
}

/** With fewer requests the middle half has not even ten. */
const fewestForTypical = 20;

/**
 * ln of candidate ÷ baseline of the typical request: the 25 % trimmed mean of the ratios, request by request, of requests that both
 * sides were sent with the same arrivals. The p50s of two windows also differ because the host changes its speed and each has its own
 * middle request. In windows of two seconds ratios of equal copies varied by 1.2 to 1.8 % from round to round, those of p50 by 1.7 to 6.3 %. What only
 * few requests are slow for is not in it: so it is for `decideGuarded`, never by itself.
 * @param candidate latencies of the requests in their order; null for one without a good reply.
 * @returns undefined with fewer than 20 requests that both sides replied to.
 * @throws RangeError when the sides differ in length, or for a latency of 0.
 */
export function typicalRequestLogRatio(candidate: Latencies, baseline: Latencies): number | undefined {
  const pairs = pairsOfRequests(candidate, baseline);
  if (pairs.length < fewestForTypical) return undefined;
  return trimmedMean(
    pairs.map(({ logRatio }) => logRatio),
    outerShare,
  );
}

function pairsOfRequests(
  candidate: Latencies,
  baseline: Latencies,
): readonly { readonly lesser: number; readonly logRatio: number }[] {
  if (candidate.length !== baseline.length) {
    throw new RangeError(
      `requests: ${candidate.length} of the candidate, ${baseline.length} of the baseline, expected as many`,
    );
  }
  return candidate.flatMap((own, place) => {
    const other = baseline[place] ?? null;
    if (own === null || other === null) return [];
    requirePositive(own, `requests: latency of candidate ${place}`);
    requirePositive(other, `requests: latency of baseline ${place}`);
    return [{ lesser: Math.min(own, other), logRatio: Math.log(own / other) }];
  });
}

/** Around p95, without the few slowest, which vary the most. */
const slowRequests = { from: 0.9, to: 0.98 };

/**
 * ln of candidate ÷ baseline of all slow requests: the geometric mean of each side's latencies from p90 to p98. It moves with all that
 * moves p95, and less by chance, because it is not one request. In 65 rounds the ratios of namespace and docker to native and its copy
 * varied by 9.6 %, those of p95 by 11.2 %. In runs put together from those rounds, namespace came out the same in 88 % (by p95 76 %), and
 * worse in 78 % (61 %) once it was made three times slower for 5 % of its requests.
 * @param candidate latencies of the requests; null for one without a good reply.
 * @returns undefined if a side has such a request, whose latency would be missing among the slow ones, or fewer than 60.
 * @throws RangeError for a latency of 0.
 */
export function slowRequestsLogRatio(candidate: Latencies, baseline: Latencies): number | undefined {
  const [own, other] = [logOfSlowRequests(candidate, 'candidate'), logOfSlowRequests(baseline, 'baseline')];
  return own === undefined || other === undefined ? undefined : own - other;
}

function logOfSlowRequests(latencies: Latencies, side: string): number | undefined {
  const replies = latencies.filter((latency) => latency !== null);
  if (replies.length < Math.max(latencies.length, fewestForTail)) return undefined;
  replies.forEach((latency, place) => {
    requirePositive(latency, `requests: latency of ${side} ${place}`);
  });
  const { from, to } = slowRequests;
  return mean(
    replies
      .toSorted((one, other) => one - other)
      .slice(Math.floor(from * replies.length), Math.ceil(to * replies.length))
      .map(Math.log),
  );
}

/** Requests that are drawn together: some slices of an open loop at a light load, so that what disturbs one of them stays together. */
const requestsPerBlock = 8;
const resamples = 100;

/**
 * How much a log-ratio of two windows varies by chance, from these two alone: the standard deviation over windows that are put together
 * from blocks of their requests (Künsch 1989, "The Jackknife and the Bootstrap for General Stationary Observations"). In a window k times
 * as long it is by √k less. It does not depend on how far apart the sides are.
 * @param logRatio such as {@link typicalTailLogRatio}.
 * @returns undefined if the windows have none, or hold fewer than two blocks.
 * @throws RangeError when the sides differ in length, or for a latency of 0.
 */
export function spreadOfRequests(
  candidate: Latencies,
  baseline: Latencies,
  logRatio: (candidate: Latencies, baseline: Latencies) => number | undefined,
  seed: number,
): number | undefined {
  const blocks = Math.floor(candidate.length / requestsPerBlock);
  if (logRatio(candidate, baseline) === undefined || blocks < 2) return undefined;
  const random = seededRandom(seed);
  const drawn = Array.from({ length: resamples }, () => {
    const places = Array.from({ length: blocks }, () =>
      random.below(candidate.length - requestsPerBlock + 1),
    );
    const windowOf = (side: Latencies): Latencies =>
      places.flatMap((place) => side.slice(place, place + requestsPerBlock));
    return logRatio(windowOf(candidate), windowOf(baseline)) ?? [];
  }).flat();
  return drawn.length < 2 ? undefined : sampleStandardDeviation(drawn);
}

/** Left out of a burst, rounded up: a host that is disturbed makes starts longer and never shorter. */
const slowShare = 0.25;

/**
 * ln of candidate ÷ baseline of the typical start: the geometric mean of each burst without its slowest quarter. In two runs of 15 rounds
 * the ratios of three pairs varied by 4.5 %, those of all starts by 6.0 %. What an environment does to few of its starts is not in it:
 * so it is for `decideGuarded`, never by itself.
 * @param candidate times of a burst, at least two.
 * @throws RangeError for fewer, and for a time that is not above 0.
 */
export function typicalStartLogRatio(candidate: readonly number[], baseline: readonly number[]): number {
  return logOfTypicalStart(candidate, 'candidate') - logOfTypicalStart(baseline, 'baseline');
}

function logOfTypicalStart(times: readonly number[], side: string): number {
  if (times.length < 2) throw new RangeError(`starts: ${times.length} of the ${side}, expected at least 2`);
  times.forEach((time, place) => {
    requirePositive(time, `starts: time of ${side} ${place}`);
  });
  const kept = times.length - Math.ceil(times.length * slowShare);
  return mean(
    times
      .toSorted((a, b) => a - b)
      .slice(0, kept)
      .map(Math.log),
  );
}

/** With fewer slices of the baseline, what a disturbance costs is not known well enough. */
const fewestForCost = 20;

/**
 * Like {@link logRatioOfTotals}, less the time that disturbances of the host cost both sides. How much one costs per millisecond
 * comes from the baseline's slices alone, by least squares of time per request on disturbance per request (a control
 * variate; Lavenberg & Welch 1981), so that nothing the candidate does can change it; evidence without any bearing costs nothing.
 * What a candidate does to itself stays in.
 * @param reference slices of the baseline, and of its copy if there is one.
 * @throws RangeError when a side has no requests, a slice lasts no time, or a disturbance is negative.
 */
export function logRatioLessDisturbance(
  { candidate, baseline }: PairedSlices,
  reference: readonly Slice[] = baseline,
): number {
  const cost = costOfDisturbance(reference);
  const rest = (slices: readonly Slice[], side: string): Slice => {
    const { requests, durationMs, disturbedMs } = total(slices, side);
    const restMs = durationMs - cost * disturbedMs;
    requirePositive(restMs, `slices: time of ${side} less its disturbances`);
    return { requests, durationMs: restMs };
  };
  return logOfRate(rest(candidate, 'candidate')) - logOfRate(rest(baseline, 'baseline'));
}

function costOfDisturbance(slices: readonly Slice[]): number {
  const known = slices.filter(({ requests }) => requests > 0);
  if (known.length < fewestForCost) return 0;
  const disturbed = known.map(({ disturbedMs = 0, requests }) => disturbedMs / requests);
  const lasted = known.map(({ durationMs, requests }) => durationMs / requests);
  const [usualDisturbed, usualLasted] = [mean(disturbed), mean(lasted)];
  let [cross, square] = [0, 0];
  disturbed.forEach((each, place) => {
    cross += (each - usualDisturbed) * ((lasted[place] ?? NaN) - usualLasted);
    square += (each - usualDisturbed) ** 2;
  });
  return square > 0 ? Math.max(0, cross / square) : 0;
}

/** How much the typical log-ratio of slices varies, parted by where it comes from. */
export type VariationOfSlices = {
  /** Standard deviation of one pair of slices within a launch, as far as the typical one feels it. */
  readonly within: number;
  /**
   * Standard deviation of launches with endlessly many slices each, at least so much with 90 % confidence: a few launches may differ by
   * chance. 0 where the slices explain all, and of a single launch.
   */
  readonly between: number;
};

/**
 * Parts the variance of typical log-ratios into that within and that between launches (Kalibera & Jones 2013, section 6, with
 * the variance of a trimmed mean by Tukey & McLaughlin 1963: winsorised, over (1 − 2 × 25 %)²). Neither depends on how far
 * candidate and baseline are apart.
 * @param launches at least one, each with at least two pairs that have requests on both sides.
 * @throws RangeError for fewer.
 */
export function variationOfSlices(launches: readonly PairedSlices[]): VariationOfSlices {
  if (launches.length === 0) throw new RangeError('variation: no launches, expected at least 1');
  const parts = launches.map((launch) => {
    const logRatios = logRatiosOfSlices(launch);
    if (logRatios.length < 2) {
      throw new RangeError(`variation: ${logRatios.length} pairs of slices, expected at least 2`);
    }
    const perSlice =
      sampleStandardDeviation(winsorised(logRatios, outerShare)) ** 2 / (1 - 2 * outerShare) ** 2;
    return { typical: trimmedMean(logRatios, outerShare), perSlice, slices: logRatios.length };
  });
  const within = mean(parts.map(({ perSlice }) => perSlice));
  const ofMeans = mean(parts.map(({ perSlice, slices }) => perSlice / slices));
  const ofLaunches = parts.length === 1 ? 0 : sampleStandardDeviation(parts.map(({ typical }) => typical));
  const between = Math.max(0, ofLaunches ** 2 / mostByChance(parts.length - 1) - ofMeans);
  return { within: Math.sqrt(within), between: Math.sqrt(between) };
}

/** The factor by which chance raises a sample variance in one case of ten: the 90 % quantile of χ² ÷ k (Wilson & Hilferty 1931). */
function mostByChance(degrees: number): number {
  if (degrees === 0) return 1;
  const variance = 2 / (9 * degrees);
  return (1 - variance + normalQuantileOf90 * Math.sqrt(variance)) ** 3;
}

const normalQuantileOf90 = 1.2816;

/** The values, those that a trimmed mean leaves out replaced by the nearest that it keeps. */
function winsorised(values: readonly number[], share: number): number[] {
  const sorted = values.toSorted((a, b) => a - b);
  const cut = Math.floor(values.length * share);
  const [low, high] = [sorted[cut] ?? 0, sorted[sorted.length - 1 - cut] ?? 0];
  return values.map((value) => Math.min(high, Math.max(low, value)));
}

/**
 * How many slices a launch should have for the least variance in a given time: √(launch ÷ slice × within² ÷ between²)
 * (Kalibera & Jones 2013, section 6.2).
 * @param costs of a launch with all that is not in slices, and of one slice, in the same unit.
 * @returns at least 1; Infinity where launches do not differ.
 * @throws RangeError for costs that are not positive.
 */
export function slicesPerLaunch(
  { within, between }: VariationOfSlices,
  costs: { readonly launch: number; readonly slice: number },
): number {
  requirePositive(costs.launch, 'slicesPerLaunch: launch');
  requirePositive(costs.slice, 'slicesPerLaunch: slice');
  return between === 0 ? Infinity : Math.max(1, Math.sqrt(costs.launch / costs.slice) * (within / between));
}

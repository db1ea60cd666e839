import { mean, requireNotNegative, requirePositive, requireRate } from './estimates.ts';

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

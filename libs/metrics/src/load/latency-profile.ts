/** How long a server of known latency takes to answer. */
export type LatencyProfile =
  | { readonly kind: 'fixed'; readonly delayMs: number }
  /** A share of the requests takes `fastMs`, the others `slowMs`, spread as evenly as can be in order of arrival. */
  | {
      readonly kind: 'bimodal';
      readonly fastMs: number;
      readonly slowMs: number;
      readonly fastShare: number;
    }
  /** Answers at once, but stands still for `stallMs` once every `periodMs`. */
  | { readonly kind: 'stalling'; readonly stallMs: number; readonly periodMs: number };

/**
 * The latency that a perfect observer sees under uniform arrivals, without the cost of the way.
 *
 * Under a stall S in each period P, a share S ÷ P of the arrivals waits uniformly between 0 and S, so the quantile q is
 * S − (1 − q) · P, and 0 where that is negative.
 * @param quantile between 0 and 1: 0.99 for p99.
 * @returns milliseconds. @throws Error when the quantile is not between 0 and 1.
 */
export function trueQuantileMs(profile: LatencyProfile, quantile: number): number {
  if (!(quantile >= 0 && quantile <= 1))
    throw new Error(`quantile: ${quantile}: expected a number from 0 to 1, as 0.99 for p99`);
  switch (profile.kind) {
    case 'fixed':
      return profile.delayMs;
    case 'bimodal':
      return quantile <= profile.fastShare ? profile.fastMs : profile.slowMs;
    case 'stalling':
      return Math.max(0, profile.stallMs - (1 - quantile) * profile.periodMs);
  }
}

/** @returns the mean that a perfect observer sees under uniform arrivals, in milliseconds. */
export function trueMeanMs(profile: LatencyProfile): number {
  switch (profile.kind) {
    case 'fixed':
      return profile.delayMs;
    case 'bimodal':
      return profile.fastShare * profile.fastMs + (1 - profile.fastShare) * profile.slowMs;
    case 'stalling':
      return profile.stallMs ** 2 / (2 * profile.periodMs);
  }
}

/** @returns how long the request with this index (the first has 0) takes, in milliseconds; 0 under a stall. */
export function delayOfMs(profile: LatencyProfile, index: number): number {
  switch (profile.kind) {
    case 'fixed':
      return profile.delayMs;
    case 'bimodal': {
      const slowUpTo = (count: number): number => Math.floor(count * (1 - profile.fastShare) + 1e-9);
      return slowUpTo(index + 1) > slowUpTo(index) ? profile.slowMs : profile.fastMs;
    }
    case 'stalling':
      return 0;
  }
}

import { increasingRoot, normalDensity, normalTail } from './distributions.ts';
import { requireRate } from './estimates.ts';

/** How much of the error may be used by the time that a share of the rounds is measured: from 0 at 0, rising, to 1 at 1. */
export type Spending = (share: number) => number;

/**
 * The power family of Jennison & Turnbull 2000 ("Group Sequential Methods", §7.2.3; Kim & DeMets 1987): t^ρ. An exponent of 1
 * spends evenly, much like Pocock's bounds; 3 spends late, much like those of O'Brien and Fleming.
 */
export function powerSpending(exponent: number): Spending {
  return (share) => Math.min(1, share) ** exponent;
}

/** Integration in this many standard deviations below 0: what lies beyond has a chance of 1e-19. */
const reach = 9;
/** Points of the grid for every standard deviation of the step from look to look: Simpson's rule is then exact to 1e-9. */
const pointsPerStep = 12;
const fewestPoints = 201;
const mostPoints = 4_001;

/** The chance density of a path that has crossed no bound so far, on an even grid up to the last bound. */
type Paths = { readonly places: Float64Array; readonly weights: Float64Array };

/**
 * The one-sided level to test at in each of several looks, so that a true hypothesis is rejected at any of them with a chance
 * of at most `error`, spent over the looks as `spending` says (Lan & DeMets 1983, "Discrete Sequential Boundaries for Clinical
 * Trials"). The looks need not be those that were planned, only chosen blind to the figures.
 *
 * By recursive integration (Armitage, McPherson & Rowe 1969; Jennison & Turnbull 2000, ch. 19): sums of normal values at
 * the shares t₁ < t₂ < … of all information are Brownian motion, W(tₖ); bound bₖ is where the chance to be above it at tₖ, having
 * been below b₁ … bₖ₋₁ before, is what tₖ adds to the error. For values whose spread must be estimated, the same levels are
 * applied to Student's t (ibid., §3.8).
 * @param shares of the information at each look, rising, above 0 and at most 1.
 * @param error one-sided, over all looks.
 * @returns a level for each look; 0 where nothing is left to spend.
 * @throws RangeError for shares that do not rise between 0 and 1, and an error outside 0 … 1.
 */
export function levelsOfLooks(shares: readonly number[], error: number, spending: Spending): number[] {
  requireRate(error, 'levelsOfLooks: error');
  shares.forEach((share, look) => {
    const before = shares[look - 1] ?? 0;
    if (!(share > before && share <= 1)) {
      throw new RangeError(
        `levelsOfLooks: share ${look} is ${share}, expected more than ${before} and at most 1`,
      );
    }
  });
  let paths: Paths = { places: Float64Array.of(0), weights: Float64Array.of(1) };
  let [lastShare, lastSpent] = [0, 0];
  return shares.map((share, look) => {
    const step = Math.sqrt(share - lastShare);
    const spent = error * spending(share);
    const bound = boundFor(spent - lastSpent, paths, step, reach * Math.sqrt(share));
    const next = shares[look + 1];
    if (next !== undefined) paths = stepped(paths, step, share, bound, Math.sqrt(next - share));
    [lastShare, lastSpent] = [share, spent];
    return normalTail(bound / Math.sqrt(share));
  });
}

/** The bound that paths cross with the given chance; the farthest that is looked at when there is nothing to spend. */
function boundFor(chance: number, { places, weights }: Paths, step: number, farthest: number): number {
  const crossing = (bound: number) =>
    weights.reduce(
      (sum, weight, place) => sum + weight * normalTail((bound - (places[place] ?? NaN)) / step),
      0,
    );
  if (chance <= crossing(farthest)) return Infinity;
  return increasingRoot((bound) => chance - crossing(bound), -farthest, farthest);
}

/** The paths that stay below the bound after a step; weights hold the density times that of Simpson's rule. */
function stepped(paths: Paths, step: number, share: number, bound: number, nextStep: number): Paths {
  const least = -reach * Math.sqrt(share);
  const most = Math.min(bound, -least);
  const wanted = Math.ceil(((most - least) / nextStep) * pointsPerStep);
  const intervals = Math.min(mostPoints, Math.max(fewestPoints, wanted | 1)) - 1;
  const width = (most - least) / intervals;
  const places = Float64Array.from({ length: intervals + 1 }, (_, place) => least + place * width);
  const weights = places.map((to, place) => {
    const density = paths.weights.reduce(
      (sum, weight, from) => sum + weight * normalDensity((to - (paths.places[from] ?? NaN)) / step),
      0,
    );
    return (density / step) * simpson(place, intervals) * width;
  });
  return { places, weights };
}

/** Weight of a point by Simpson's rule: ⅓, 4⁄3, ⅔, 4⁄3, … ⅓. */
function simpson(place: number, intervals: number): number {
  if (place === 0 || place === intervals) return 1 / 3;
  return place % 2 === 1 ? 4 / 3 : 2 / 3;
}

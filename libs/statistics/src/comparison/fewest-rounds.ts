import { requireRate, requireWhole } from '../estimates/require-number.ts';
import { smallestP } from './attained-level.ts';

/** With fewer rounds no two-sided sign-flip test can reach p < 0.05: at 6 its smallest p is 2⁻⁵. */
export const fewestRounds = 6;

/** From here on the number of random flips, not of rounds, bounds p from below. */
const mostThatMatter = 40;

/**
 * The fewest rounds with which a comparison can reach a Holm-adjusted p below `alpha` at all: its p is at best 2^(1 − n), and
 * Holm's correction multiplies the smallest p of a family by the size of the family. Past 12 rounds, where flips are
 * random, this is the expectation.
 * @param familySize comparisons that are corrected together, at least 1.
 * @returns at least {@link fewestRounds}; null when no number of rounds suffices, because the random flips of a long
 * comparison end at p = 1 / 10,001.
 * @throws RangeError for a family that is not a positive whole number and an alpha outside 0 … 1.
 */
export function fewestRoundsFor(familySize: number, alpha = 0.05): number | null {
  requireWhole(familySize, 1, 'fewestRoundsFor: familySize');
  requireRate(alpha, 'fewestRoundsFor: alpha');
  for (let rounds = fewestRounds; rounds <= mostThatMatter; rounds += 1) {
    if (familySize * smallestP(rounds) < alpha) return rounds;
  }
  return null;
}

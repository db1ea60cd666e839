import type { ComparisonWarning } from './comparison-warning.ts';
import { fewestRounds } from './fewest-rounds.ts';

/** The value of each round; null or undefined where it was not measured. */
export type ByRound = readonly (number | null | undefined)[];

export type LogRatios = {
  /** ln candidate − ln baseline of every round in which both are positive, in the order of rounds. */
  readonly values: readonly number[];
  /** Rounds left out; too few rounds. */
  readonly warnings: readonly ComparisonWarning[];
};

/**
 * Pairs two lists by round. A round in which either value is missing or not positive is left out, with a warning.
 * @param caller name of the function that is called, for messages.
 * @throws RangeError when the lists differ in length, or a value is NaN or infinite; names the list and the place.
 */
export function logRatiosByRound(
  candidateByRound: ByRound,
  baselineByRound: ByRound,
  caller: string,
): LogRatios {
  if (candidateByRound.length !== baselineByRound.length) {
    throw new RangeError(
      `${caller}: ${candidateByRound.length} rounds of the candidate, ${baselineByRound.length} of the baseline, expected as many`,
    );
  }
  requireFinite(candidateByRound, `${caller}: candidate`);
  requireFinite(baselineByRound, `${caller}: baseline`);

  const values = candidateByRound.flatMap((candidate, round) => {
    const baseline = baselineByRound[round];
    return isPositive(candidate) && isPositive(baseline) ? [Math.log(candidate) - Math.log(baseline)] : [];
  });
  const n = values.length;
  const rounds = candidateByRound.length;
  const warnings: ComparisonWarning[] = [];
  if (n < rounds) {
    warnings.push({
      code: 'rounds-left-out',
      message: `${rounds - n} of ${rounds} rounds left out: candidate or baseline missing or not positive`,
    });
  }
  if (n < fewestRounds)
    warnings.push({ code: 'too-few-rounds', message: `needs at least ${fewestRounds} rounds` });
  return { values, warnings };
}

function requireFinite(values: ByRound, side: string): void {
  values.forEach((value, place) => {
    if (typeof value === 'number' && !Number.isFinite(value)) {
      throw new RangeError(`${side} value ${place} is ${value}, expected a finite number`);
    }
  });
}

function isPositive(value: number | null | undefined): value is number {
  return typeof value === 'number' && value > 0;
}

import { regularisedIncompleteBeta } from './incomplete-beta.ts';
import { logBeta } from './log-beta.ts';

const maximumSteps = 1_000;
/** The error squares with every step: after one as small as this it is below rounding. */
const convergedMove = 1e-11;
/** Farther out t² leaves the range of a double. */
const smallestTail = 1e-100;

/**
 * Quantile of Student's t distribution: the t with P(T ≤ t) = probability. Within 1e-9 of R's qt, relative.
 *
 * Inverts the distribution function DLMF 8.17 / Abramowitz & Stegun 26.7.1, P(|T| ≤ t) = I_{t²/(ν+t²)}(½, ν/2), by Newton's
 * method on logarithms of both t and the probability: there the function is concave, so that the steps cannot
 * circle. Whichever of P(|T| ≤ t) and P(|T| > t) is the smaller is solved for, to keep its digits.
 * @param probability between 0 and 1, not below 1e-100.
 * @param degreesOfFreedom at least 1; need not be whole.
 * @throws RangeError for anything else.
 */
export function studentTQuantile(probability: number, degreesOfFreedom: number): number {
  if (!(probability >= smallestTail && probability < 1)) {
    throw new RangeError(
      `studentTQuantile: probability is ${probability}, expected ${smallestTail} or more and below 1`,
    );
  }
  if (!(degreesOfFreedom >= 1 && degreesOfFreedom < Infinity)) {
    throw new RangeError(`studentTQuantile: degrees of freedom are ${degreesOfFreedom}, expected 1 or more`);
  }
  if (probability === 0.5) return 0;
  return probability < 0.5
    ? -upperQuantile(probability, 0.5 - probability, degreesOfFreedom)
    : upperQuantile(1 - probability, probability - 0.5, degreesOfFreedom);
}

/** The t > 0 that has `tail` above it and `half` between 0 and it; tail + half = ½. */
function upperQuantile(tail: number, half: number, degreesOfFreedom: number): number {
  const solveTail = tail < half;
  const probabilityAt = solveTail ? outside : inside;
  const logTarget = Math.log(2 * (solveTail ? tail : half));
  let logT = 0;
  for (let step = 0; step < maximumSteps; step += 1) {
    const t = Math.exp(logT);
    const probability = probabilityAt(t, degreesOfFreedom);
    const slope = ((solveTail ? -2 : 2) * t * density(t, degreesOfFreedom)) / probability;
    const move = (logTarget - Math.log(probability)) / slope;
    // A first step from the flat part may overshoot beyond the range of a double.
    logT += Math.max(-1, Math.min(1, move));
    if (Math.abs(move) < convergedMove) return Math.exp(logT);
  }
  throw new Error(
    `studentTQuantile: no convergence for tail ${tail}, ${degreesOfFreedom} degrees of freedom`,
  );
}

/** P(|T| ≤ t) */
function inside(t: number, degreesOfFreedom: number): number {
  const sum = degreesOfFreedom + t * t;
  return regularisedIncompleteBeta(
    { x: (t * t) / sum, complement: degreesOfFreedom / sum },
    0.5,
    degreesOfFreedom / 2,
  );
}

/** P(|T| > t) */
function outside(t: number, degreesOfFreedom: number): number {
  const sum = degreesOfFreedom + t * t;
  return regularisedIncompleteBeta(
    { x: degreesOfFreedom / sum, complement: (t * t) / sum },
    degreesOfFreedom / 2,
    0.5,
  );
}

/** Density at t, Abramowitz & Stegun 26.7.2. */
function density(t: number, degreesOfFreedom: number): number {
  const logKernel = (-(degreesOfFreedom + 1) / 2) * Math.log1p((t * t) / degreesOfFreedom);
  return Math.exp(logKernel - logBeta(0.5, degreesOfFreedom / 2)) / Math.sqrt(degreesOfFreedom);
}

import { logBeta } from './log-beta.ts';

const maximumSteps = 10_000;
/** Stands in for a zero denominator in the continued fraction, see Lentz's method. */
const tiny = 1e-300;

/** A point of the unit interval with its distance from 1: near 1 the difference itself would lose digits. */
export type UnitPoint = { readonly x: number; readonly complement: number };

/**
 * Regularised incomplete beta function I_x(a, b) = B_x(a, b) / B(a, b), for a, b > 0 and x in 0 … 1.
 *
 * By the continued fraction DLMF 8.17.22, evaluated with the modified method of Lentz (Thompson & Barnett 1986), on the
 * side of the mean where it converges fast; the other side by the symmetry I_x(a, b) = 1 − I_{1−x}(b, a), DLMF 8.17.4.
 * @throws Error when the fraction does not converge.
 */
export function regularisedIncompleteBeta(point: UnitPoint, a: number, b: number): number {
  const { x, complement } = point;
  if (x <= 0) return 0;
  if (complement <= 0) return 1;
  const logFactor = a * logOf(x, complement) + b * logOf(complement, x) - logBeta(a, b);
  return x < (a + 1) / (a + b + 2)
    ? (Math.exp(logFactor) * continuedFraction(point, a, b)) / a
    : 1 - (Math.exp(logFactor) * continuedFraction({ x: complement, complement: x }, b, a)) / b;
}

/** ln x, from whichever of x and 1 − x is the exact one. */
function logOf(x: number, complement: number): number {
  return x < 0.5 ? Math.log(x) : Math.log1p(-complement);
}

/**
 * 1 / (1 + d₁ / (1 + d₂ / (1 + …))) of DLMF 8.17.22 by its even part (DLMF 1.12(iv)), 1 / (β₀ − α₁ / (β₁ − …)) with
 * αₘ = d₂ₘ₋₁ d₂ₘ and βₘ = 1 + d₂ₘ + d₂ₘ₊₁: there 1 + d₂ₘ₊₁, which
 * nearly cancels where x is near 1, can be written in terms of 1 − x.
 */
function continuedFraction({ x, complement }: UnitPoint, a: number, b: number): number {
  const even = (m: number) => (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
  const odd = (m: number) => (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
  const onePlusOdd = (m: number) =>
    x < 0.5
      ? 1 + odd(m)
      : (a * (2 * m + 1 - b) + m * (3 * m + 2 - b) + (a + m) * (a + b + m) * complement) /
        ((a + 2 * m) * (a + 2 * m + 1));

  let fraction = awayFromZero(onePlusOdd(0));
  let c = fraction;
  let d = 0;
  for (let m = 1; m <= maximumSteps; m += 1) {
    const alpha = odd(m - 1) * even(m);
    const beta = onePlusOdd(m) + even(m);
    d = 1 / awayFromZero(beta - alpha * d);
    c = awayFromZero(beta - alpha / c);
    fraction *= c * d;
    if (Math.abs(c * d - 1) <= Number.EPSILON) return 1 / fraction;
  }
  throw new Error(`incomplete beta: no convergence at x ${x}, a ${a}, b ${b}`);
}

function awayFromZero(value: number): number {
  return Math.abs(value) < tiny ? tiny : value;
}

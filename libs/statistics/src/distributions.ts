/** From here on the series below is exact to the last bits of a double. */
const smallestForSeries = 10;

/** Bernoulli terms B₂ₖ / (2k (2k−1)) of Stirling's series, DLMF 5.11.1. */
const stirlingTerms = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156];

/** lnΓ(x) − [(x − ½) ln x − x + ½ ln 2π] for x ≥ 10. */
function stirlingRemainder(x: number): number {
  return stirlingTerms.reduceRight((sum, term) => sum / (x * x) + term, 0) / x;
}

/** lnΓ(x) for x > 0: Stirling's series (DLMF 5.11.1), reached by the recurrence Γ(x+1) = xΓ(x) (DLMF 5.5.1). */
function logGamma(x: number): number {
  let product = 1;
  let shifted = x;
  for (; shifted < smallestForSeries; shifted += 1) product *= shifted;
  const series = (shifted - 0.5) * Math.log(shifted) - shifted + 0.5 * Math.log(2 * Math.PI);
  return series + stirlingRemainder(shifted) - Math.log(product);
}

/**
 * Logarithm of the beta function, ln B(a, b) = lnΓ(a) + lnΓ(b) − lnΓ(a+b) (DLMF 5.12.1), for a, b > 0.
 * For a large argument the difference of the two large terms is taken inside Stirling's series, where it does not cancel.
 */
function logBeta(a: number, b: number): number {
  const small = Math.min(a, b);
  const large = Math.max(a, b);
  if (large < smallestForSeries) return logGamma(a) + logGamma(b) - logGamma(a + b);
  const difference =
    stirlingRemainder(large) -
    stirlingRemainder(large + small) +
    small -
    small * Math.log(large) -
    (large + small - 0.5) * Math.log1p(small / large);
  return logGamma(small) + difference;
}

const fractionSteps = 10_000;
/** Stands in for a zero denominator in the continued fraction, see Lentz's method. */
const tiny = 1e-300;

/** A point of the unit interval with its distance from 1: near 1 the difference itself would lose digits. */
type UnitPoint = { readonly x: number; readonly complement: number };

/**
 * Regularised incomplete beta function I_x(a, b) = B_x(a, b) / B(a, b), for a, b > 0 and x in 0 … 1.
 *
 * By the continued fraction DLMF 8.17.22, evaluated with the modified method of Lentz (Thompson & Barnett 1986), on the
 * side of the mean where it converges fast; the other side by the symmetry I_x(a, b) = 1 − I_{1−x}(b, a), DLMF 8.17.4.
 * @throws Error when the fraction does not converge.
 */
function regularisedIncompleteBeta(point: UnitPoint, a: number, b: number): number {
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
  for (let m = 1; m <= fractionSteps; m += 1) {
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

/** From here on the continued fraction of the tail is the exact one, below it the series. */
const smallestForFraction = 3;
/** Enough for 16 digits from 3 on. */
const tailTerms = 80;

/**
 * P(Z > z) of a standard normal variable, to 12 digits.
 *
 * Near 0 by the series Abramowitz & Stegun 26.2.11, farther out by the continued fraction 26.2.14, which keeps the digits
 * of a small tail.
 */
export function normalTail(z: number): number {
  if (z < 0) return 1 - normalTail(-z);
  const height = normalDensity(z);
  if (z < smallestForFraction) {
    let [term, sum] = [z, z];
    for (let odd = 3; term > sum * Number.EPSILON; odd += 2) {
      term *= (z * z) / odd;
      sum += term;
    }
    return 0.5 - height * sum;
  }
  let fraction = z;
  for (let term = tailTerms; term >= 1; term -= 1) fraction = z + term / fraction;
  return height / fraction;
}

/** Density of a standard normal variable. */
export function normalDensity(z: number): number {
  return Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
}

const newtonSteps = 1_000;
/** The error squares with every step: after one as small as this it is below rounding. */
const newtonMove = 1e-11;
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
  for (let step = 0; step < newtonSteps; step += 1) {
    const t = Math.exp(logT);
    const probability = probabilityAt(t, degreesOfFreedom);
    const slope = ((solveTail ? -2 : 2) * t * density(t, degreesOfFreedom)) / probability;
    const move = (logTarget - Math.log(probability)) / slope;
    // A first step from the flat part may overshoot beyond the range of a double.
    logT += Math.max(-1, Math.min(1, move));
    if (Math.abs(move) < newtonMove) return Math.exp(logT);
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

/** Weights below this change no digit of the sum. */
const negligible = 1e-18;

/**
 * P(|T| > t) for T of the noncentral t distribution: what a two-sided t-test with the critical value t detects. Within 1e-9
 * of R's pt, relative.
 *
 * T² has the noncentral F distribution with 1 and ν degrees of freedom, a mixture of beta distributions with Poisson
 * weights (Johnson, Kotz & Balakrishnan 1995, "Continuous Univariate Distributions" 2, eq. 30.10):
 * P(|T| > t) = Σⱼ e^−λ λʲ / j! · I_{ν/(ν+t²)}(ν/2, j + ½), λ = δ²/2. All terms are positive; summed from the largest weight outwards.
 * @param t critical value, 0 or more.
 * @param degreesOfFreedom ν, at least 1.
 * @param noncentrality δ, of either sign.
 */
export function noncentralTBeyond(t: number, degreesOfFreedom: number, noncentrality: number): number {
  const size = Math.abs(noncentrality);
  // P(T ≤ t) ≤ P(Z < −δ/2) + P(√(χ²/ν) > δ/2t), here below 1e-18 for every ν ≥ 1.
  if (size >= 20 && size >= 18 * t) return 1;

  const total = degreesOfFreedom + t * t;
  const point = { x: degreesOfFreedom / total, complement: (t * t) / total };
  const beyond = (j: number) => regularisedIncompleteBeta(point, degreesOfFreedom / 2, j + 0.5);

  const lambda = size ** 2 / 2;
  const mode = Math.floor(lambda);
  let sum = 0;
  // Relative to the weight at the mode, so that e^−λ does not underflow.
  let weights = 0;
  const add = (j: number, weight: number) => {
    sum += weight * beyond(j);
    weights += weight;
  };
  for (let j = mode, weight = 1; weight > negligible; j += 1, weight *= lambda / j) add(j, weight);
  for (
    let j = mode - 1, weight = mode / lambda;
    j >= 0 && weight > negligible;
    weight *= j / lambda, j -= 1
  ) {
    add(j, weight);
  }
  return Math.min(1, sum / weights);
}

const rootSteps = 200;
const rootMove = 1e-14;

/**
 * The x where an increasing function is 0, by the Illinois variant of regula falsi (Dowell & Jarratt 1971), to 14 digits.
 * @param lower where the function is not above 0.
 * @param upper where it is not below 0.
 * @throws Error when it does not converge.
 */
export function increasingRoot(valueAt: (x: number) => number, lower: number, upper: number): number {
  let [low, high] = [lower, upper];
  let [below, above] = [valueAt(low), valueAt(high)];
  let last: { readonly x: number; readonly side: 'low' | 'high' | undefined } = { x: low, side: undefined };
  for (let step = 0; step < rootSteps; step += 1) {
    if (above === below) return low;
    const x = low - (below * (high - low)) / (above - below);
    const value = valueAt(x);
    if (value === 0 || Math.abs(x - last.x) <= rootMove * Math.abs(x)) return x;
    // An end that has stayed twice counts half; otherwise it could stay forever.
    if (value < 0) {
      if (last.side === 'low') above /= 2;
      [low, below] = [x, value];
    } else {
      if (last.side === 'high') below /= 2;
      [high, above] = [x, value];
    }
    last = { x, side: value < 0 ? 'low' : 'high' };
  }
  throw new Error(`increasingRoot: no convergence between ${lower} and ${upper}`);
}

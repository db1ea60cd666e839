import { regularisedIncompleteBeta } from './incomplete-beta.ts';

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

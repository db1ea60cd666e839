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
export function logBeta(a: number, b: number): number {
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

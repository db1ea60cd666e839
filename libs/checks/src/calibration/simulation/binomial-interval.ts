/** Halvings of 0 … 1 until neither bound moves any more. */
const halvings = 60;

/**
 * Exact interval of a share (Clopper & Pearson 1934, "The Use of Confidence or Fiducial Limits Illustrated in the Case of
 * the Binomial"): every p whose binomial distribution gives `hits` or more, and `hits` or fewer, with at least
 * (1 − confidence) / 2 each.
 * @param hits of `runs`; whole numbers, runs at least 1.
 * @returns bounds as shares, 0 … 1.
 * @throws RangeError for numbers that are not whole, hits above runs, or a confidence outside 0 … 1.
 */
export function binomialInterval(hits: number, runs: number, confidence = 0.95): readonly [number, number] {
  if (!Number.isInteger(runs) || runs < 1) {
    throw new RangeError(`binomialInterval: runs is ${runs}, expected a whole number of at least 1`);
  }
  if (!Number.isInteger(hits) || hits < 0 || hits > runs) {
    throw new RangeError(`binomialInterval: hits is ${hits}, expected a whole number from 0 to ${runs}`);
  }
  if (!(confidence > 0 && confidence < 1)) {
    throw new RangeError(`binomialInterval: confidence is ${confidence}, expected between 0 and 1`);
  }
  const tail = (1 - confidence) / 2;
  const lower = hits === 0 ? 0 : whereReached((p) => upTo(runs - hits, runs, 1 - p) >= tail);
  const upper = hits === runs ? 1 : whereReached((p) => upTo(hits, runs, p) < tail);
  return [lower, upper];
}

/** The p from which on a condition holds that does not hold below it. */
function whereReached(holds: (p: number) => boolean): number {
  let [low, high] = [0, 1];
  for (let step = 0; step < halvings; step += 1) {
    const middle = (low + high) / 2;
    if (holds(middle)) high = middle;
    else low = middle;
  }
  return (low + high) / 2;
}

/** P(X ≤ most) of the binomial distribution of n trials with chance p, each term by the logarithm of the one before. */
function upTo(most: number, n: number, p: number): number {
  if (p <= 0) return 1;
  if (p >= 1) return most >= n ? 1 : 0;
  const logOdds = Math.log(p) - Math.log1p(-p);
  let logTerm = n * Math.log1p(-p);
  let sum = Math.exp(logTerm);
  for (let k = 1; k <= most; k += 1) {
    logTerm += Math.log((n - k + 1) / k) + logOdds;
    sum += Math.exp(logTerm);
  }
  return Math.min(1, sum);
}

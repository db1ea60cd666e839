/**
 * p-value of a permutation test by Monte Carlo: (1 + permutations at least as extreme) / (1 + permutations), which is never 0
 * (Phipson & Smyth 2010, "Permutation P-values Should Never Be Zero"). Stops as soon as p can no longer come to `alpha` or
 * below: that changes no decision and spares most of the time where nothing is to be found.
 * @param isExtreme makes one permutation and tells whether its statistic is at least the observed one.
 * @returns null when p is above alpha.
 */
export function permutationP(isExtreme: () => boolean, permutations: number, alpha: number): number | null {
  const most = Math.floor(alpha * (permutations + 1) * (1 + Number.EPSILON)) - 1;
  let extreme = 0;
  for (let made = 0; made < permutations && extreme <= most; made += 1) {
    if (isExtreme()) extreme += 1;
  }
  return extreme > most ? null : (1 + extreme) / (1 + permutations);
}

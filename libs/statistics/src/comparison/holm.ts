/**
 * Holm's step-down correction (Holm 1979, "A Simple Sequentially Rejective Multiple Test Procedure"): calling different what
 * stays below α makes even one false call in the family with a probability of at most α, however the tests hang together.
 * @param pValues of one family; null where there was nothing to test, which does not count.
 * @returns adjusted p-values in the order of the input, null where it has null.
 * @throws RangeError for a p-value outside 0 … 1; names its place.
 */
export function holmAdjusted(pValues: readonly (number | null)[]): (number | null)[] {
  pValues.forEach((p, place) => {
    if (p !== null && !(p >= 0 && p <= 1)) {
      throw new RangeError(`holmAdjusted: p-value ${place} is ${p}, expected 0 to 1`);
    }
  });
  const ranked = pValues
    .flatMap((p, place) => (p === null ? [] : [{ p, place }]))
    .sort((one, other) => one.p - other.p);
  const adjusted: (number | null)[] = pValues.map(() => null);
  let largest = 0;
  ranked.forEach(({ p, place }, rank) => {
    largest = Math.max(largest, Math.min(1, (ranked.length - rank) * p));
    adjusted[place] = largest;
  });
  return adjusted;
}

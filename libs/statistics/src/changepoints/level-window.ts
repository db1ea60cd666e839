/** A stretch of a series whose level differs from that of the rest. */
export type LevelWindow = {
  readonly start: number;
  /** Place after its last value. */
  readonly end: number;
  /** Sum of squares that two levels take away from one; unit of the values, squared. */
  readonly gain: number;
};

/**
 * The stretch that parts a series best into two constant levels, inside and outside, by least squares: the largest
 * S²·n/(k·(n − k)) with the sum S of its k values (Olshen et al. 2004, "Circular Binary Segmentation", equation 2). One that
 * begins with the series ends in a single change; any other is a disturbance, after which the level is as before. The first
 * of equals. Costs O(n²).
 * @param centred values whose mean is 0.
 * @param minimumSegment fewest values of the stretch and of each part beside it.
 * @returns null when the series is too short for two parts.
 */
export function levelWindow(centred: ArrayLike<number>, minimumSegment: number): LevelWindow | null {
  const n = centred.length;
  let best: LevelWindow | null = null;
  for (let start = 0; start <= n - 2 * minimumSegment; start += 1) {
    if (start > 0 && start < minimumSegment) continue;
    let sum = 0;
    // A stretch up to the end is the rest of one from the begin: each single change is tried once.
    for (let end = start + 1; end <= n - minimumSegment; end += 1) {
      sum += centred[end - 1] ?? NaN;
      const size = end - start;
      if (size < minimumSegment) continue;
      const gain = (sum * sum * n) / (size * (n - size));
      if (best === null || gain > best.gain) best = { start, end, gain };
    }
  }
  return best;
}

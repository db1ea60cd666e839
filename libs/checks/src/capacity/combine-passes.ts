import type { Capacity, PassCapacity } from '@tare/results';

/**
 * Sums up the passes of one workload in one environment: the highest rate that met the objective in every pass, the
 * lowest that missed it in any. The passes stand beside it, so that drift shows.
 * @throws RangeError without a pass.
 */
export function combinePasses(
  workload: string,
  environment: string,
  passes: readonly PassCapacity[],
): Capacity {
  const [lowest] = [...passes].sort((one, other) => (one.highestRps ?? 0) - (other.highestRps ?? 0));
  if (lowest === undefined) throw new RangeError('combinePasses: needs at least 1 pass, got none');
  const misses = passes.flatMap(({ lowestMissRps }) => lowestMissRps ?? []);
  return {
    workload,
    environment,
    highestRps: lowest.highestRps,
    lowestMissRps: misses.length === 0 ? null : Math.min(...misses),
    limit: lowest.limit,
    passes: [...passes],
  };
}

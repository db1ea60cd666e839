import type { Capacity, CapacityConfig, CapacityStep, Diagnostic, PassCapacity } from '@tare/results';
import { counted } from '@tare/statistics';

/**
 * Combines the passes of one workload in one environment: the highest rate that met the objective in every pass, and the
 * lowest that missed it in any. The result keeps the passes, so that drift shows.
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

/** Number of requests that should lie beyond a quantile for it to mean much. */
const wantedBeyond = 10;
/** Longer steps are not advised: a search of them takes an hour. */
const longestAdvisedSeconds = 60;

/** Warnings about the capacities found, for the capacity file. Pure. */
export function capacityDiagnostics(
  capacities: readonly Capacity[],
  steps: readonly CapacityStep[],
  config: CapacityConfig,
): readonly Diagnostic[] {
  const warnings = capacities.flatMap((capacity) => [
    ...limitWarning(capacity),
    ...driftWarning(capacity, config.tolerance),
    ...sampleWarning(capacity, steps, config),
  ]);
  if (config.resources.serverCpus !== null) return warnings;
  const message =
    'server and load generator shared the CPUs: there are too few to keep them apart, or taskset is missing';
  return [{ level: 'warning', code: 'not-pinned', message }, ...warnings];
}

function limitWarning(capacity: Capacity): readonly Diagnostic[] {
  const { limit, highestRps } = capacity;
  const where = placeOf(capacity);
  const warn = (code: string, message: string): readonly Diagnostic[] => [
    { level: 'warning', code, message: `${where}: ${message}` },
  ];
  switch (limit) {
    case 'slo':
    case 'maximum':
      return [];
    case 'generator':
      return warn(
        'generator-limited',
        highestRps === null
          ? 'nothing is proven: the load generator is the limit'
          : `at least ${highestRps} req/s: the load generator is the limit`,
      );
    case 'steps':
      return warn('search-unfinished', 'the steps did not agree well enough to end the search');
  }
}

function driftWarning(capacity: Capacity, tolerance: number): readonly Diagnostic[] {
  const rates = capacity.passes.flatMap(({ highestRps }) => highestRps ?? []);
  // two adjacent brackets are no sign of drift
  if (rates.length < 2 || Math.max(...rates) / Math.min(...rates) - 1 <= 2 * tolerance) return [];
  const message = `${placeOf(capacity)}: the passes found ${rates.join(', ')} req/s: the host or the app drifts`;
  return [{ level: 'warning', code: 'passes-differ', message }];
}

function sampleWarning(
  capacity: Capacity,
  steps: readonly CapacityStep[],
  { slo }: CapacityConfig,
): readonly Diagnostic[] {
  const atLimit = steps.find(
    ({ workload, environment, rateRps }) =>
      workload === capacity.workload &&
      environment === capacity.environment &&
      rateRps === capacity.highestRps,
  );
  if (atLimit === undefined) return [];
  const share = 1 - slo.percentile / 100;
  if (atLimit.planned * share >= wantedBeyond) return [];
  const seconds = Math.ceil(wantedBeyond / share / atLimit.rateRps);
  const message =
    `${placeOf(capacity)}: p${slo.percentile} at ${atLimit.rateRps} req/s rests on ${counted(atLimit.planned, 'request')}` +
    (seconds > longestAdvisedSeconds
      ? ''
      : `; --duration=${seconds} would put ${wantedBeyond} of them beyond it`);
  return [{ level: 'warning', code: 'few-requests', message }];
}

function placeOf({ workload, environment }: Capacity): string {
  return `${workload} in ${environment}`;
}

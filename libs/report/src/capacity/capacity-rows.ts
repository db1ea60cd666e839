import { isEmulated, type Capacity, type CapacityFile, type CapacityStep } from '@tare/results';
import { decimalsOf } from '../number-text.ts';
import { oneLine } from '../safe-text.ts';
import { capacityText, rateText } from './capacity-curves.ts';

/** One environment of a workload as texts, for a table. */
export type CapacityRow = {
  readonly workload: string;
  /** "vagrant (emulated)". */
  readonly environment: string;
  /** Highest rate that meets the objective. */
  readonly capacity: string;
  /** First rate that misses it; empty when none did. */
  readonly firstMiss: string;
  /** "4.9 / 31 ms": p50 and p99 at the highest rate; empty when there is none. */
  readonly latency: string;
  /** "176.8, 168.2 req/s": what each pass found. */
  readonly passes: string;
};

/** The rows of a capacity file, in the order of its workloads and environments. */
export function capacityRows(file: CapacityFile): readonly CapacityRow[] {
  return file.capacities.map((capacity) => {
    const environment = file.environments.find(({ name }) => name === capacity.environment);
    const emulated = environment !== undefined && isEmulated(environment);
    return {
      workload: oneLine(capacity.workload),
      environment: `${oneLine(capacity.environment)}${emulated ? ' (emulated)' : ''}`,
      capacity: capacityText(capacity),
      firstMiss: capacity.lowestMissRps === null ? '' : rateText(capacity.lowestMissRps),
      latency: latencyText(capacity, file.steps),
      passes: passesText(capacity),
    };
  });
}

/** Of the worst step at the highest rate: the rate was tried in more passes than one, and more than once. */
function latencyText(capacity: Capacity, steps: readonly CapacityStep[]): string {
  const [worst] = steps
    .filter(
      ({ workload, environment, rateRps, outcome }) =>
        workload === capacity.workload &&
        environment === capacity.environment &&
        rateRps === capacity.highestRps &&
        outcome === 'meets',
    )
    .sort((one, other) => other.latencyMs.p99 - one.latencyMs.p99);
  if (worst === undefined) return '';
  const { p50, p99 } = worst.latencyMs;
  return `${p50.toFixed(decimalsOf(p50))} / ${p99.toFixed(decimalsOf(p99))} ms`;
}

function passesText({ passes }: Capacity): string {
  const rates = passes.map(({ highestRps }) => (highestRps === null ? '–' : rateText(highestRps)));
  return rates
    .map((rate, index) => (index < rates.length - 1 ? rate.replace(' req/s', '') : rate))
    .join(', ');
}

import {
  metricCatalogue,
  type Comparison,
  type Diagnostic,
  type JournalHeader,
  type Trial,
} from '@tare/results';
import type { Usable } from './usable-environments.ts';

// a p99 of so many has a standard deviation of about 2 %; of 500, of 8 %
const requestsForP99 = 10_000;

/** What must be known of a whole run beside its figures. Pure. */
export function runDiagnostics(
  { config, host }: JournalHeader,
  measured: readonly Usable[],
  trials: readonly Trial[],
  comparisons: readonly Comparison[],
): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  const add = (level: Diagnostic['level'], code: string, message: string): void => {
    found.push({ level, code, message });
  };
  if (measured.filter(({ environment }) => environment.name !== config.twin).length === 1) {
    add('warning', 'nothing-to-compare', 'only one environment was measured');
  }
  if (config.resources.serverCpus === null) {
    const message =
      'server and load generator shared the CPUs: there are too few to keep them apart, or taskset is missing';
    add('warning', 'not-pinned', message);
  }
  for (const { environment, facts } of measured) {
    if (facts.nodeVersion !== undefined && facts.nodeVersion !== host.node) {
      const message = `${environment.name} runs Node ${String(facts.nodeVersion)}, this host ${host.node}`;
      add('warning', 'unequal-node', message);
    }
  }
  for (const { metric, verdict, workload, ratio } of comparisons.filter((each) =>
    isFalse(each, config.twin),
  )) {
    const label = metricCatalogue.find(({ key }) => key === metric)?.label ?? metric;
    const message = `two copies of ${config.baseline} came out different: ${label} of ${workload} is ${verdict ?? ''} (×${ratio?.toFixed(3) ?? '?'}) in the second; distrust differences of this size in this run`;
    add('warning', 'twin-differs', message);
  }
  for (const [workload, own] of Map.groupBy(trials, (trial) => trial.workload)) {
    const fewest = Math.min(...own.map(({ open, load }) => (open ?? load).requests));
    if (fewest >= requestsForP99) continue;
    const message = `${workload}: a p99 rests on as few as ${fewest} requests of a trial; it is rough below ${requestsForP99}`;
    add('info', 'rough-p99', message);
  }
  return found;
}

function isFalse({ candidate, verdict }: Comparison, twin: string | null): boolean {
  return candidate === twin && (verdict === 'better' || verdict === 'worse');
}

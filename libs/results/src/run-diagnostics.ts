import { counted } from '@tare/statistics';
import type { Margins } from './compare.ts';
import { latencyWindowOf, metricCatalogue } from './metric-catalogue.ts';
import type { Comparison, Diagnostic, RunFile, Trial } from './run-file.ts';

// the p99 of 10,000 requests has a standard deviation of about 2 %; that of 500, of 8 %
const requestsForSmoothP99 = 10_000;

/** What must be known of a whole run beside its figures. Pure. */
export function runDiagnostics(
  { config, host }: Pick<RunFile, 'config' | 'host'>,
  measured: readonly Pick<RunFile['environments'][number], 'name' | 'facts'>[],
  trials: readonly Trial[],
  comparisons: readonly Comparison[],
): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  const add = (level: Diagnostic['level'], code: string, message: string): void => {
    found.push({ level, code, message });
  };
  if (measured.filter(({ name }) => name !== config.control).length === 1) {
    add('warning', 'nothing-to-compare', 'only one environment was measured');
  }
  if (config.resources.serverCpus === null) {
    const message =
      'server and load generator shared the CPUs: there are too few to keep them apart, or taskset is missing';
    add('warning', 'not-pinned', message);
  }
  for (const { name, facts } of measured) {
    if (facts.nodeVersion !== undefined && facts.nodeVersion !== host.node) {
      const message = `${name} runs Node ${String(facts.nodeVersion)}, this host ${host.node}`;
      add('warning', 'unequal-node', message);
    }
  }
  for (const { metric, verdict, workload, ratio } of comparisons.filter((each) =>
    isFalse(each, config.control),
  )) {
    const label = metricCatalogue.find(({ key }) => key === metric)?.label ?? metric;
    const message = `two copies of ${config.baseline} came out different: ${label} of ${workload} is ${verdict ?? ''} (×${ratio?.toFixed(3) ?? '?'}) in the second; distrust differences of this size in this run`;
    add('warning', 'control-differs', message);
  }
  for (const [workload, own] of Map.groupBy(trials, (trial) => trial.workload)) {
    const fewest = Math.min(...own.flatMap((trial) => latencyWindowOf(trial)?.requests ?? []));
    if (fewest >= requestsForSmoothP99) continue;
    const message = `${workload}: a p99 rests on as few as ${counted(fewest, 'request')} of a trial; it is rough below ${requestsForSmoothP99}`;
    add('info', 'rough-p99', message);
  }
  return found;
}

/** What must be known of the margins that a run was given. Pure. */
export function marginDiagnostics(margins: Margins): readonly Diagnostic[] {
  return metricCatalogue
    .filter(({ key, judged }) => judged && margins[key] === 0)
    .map(({ key, label }) => ({
      level: 'info',
      code: 'margin-zero',
      message: `${label}: with a margin of 0 (margins.${key}) nothing is the same; it ends better, worse or undecided`,
    }));
}

function isFalse({ candidate, verdict }: Comparison, control: string | null): boolean {
  return candidate === control && (verdict === 'better' || verdict === 'worse');
}

// Little's law is exact only for a closed system in steady state; see Little 1961
const littlesLawTolerance = 0.05;
const shortWindowMs = 500;
// a slice ends with its slowest reply: until then fewer and fewer requests are under way, which costs throughput only where
// the server then has time to spare
const leastUnderWayInSlices = 0.9;
const busyCpuPercent = 90;

/** What is odd about a trial's figures, for the run file. Pure. */
export function trialDiagnostics(trial: Trial): readonly Diagnostic[] {
  const where = `${trial.workload}, round ${trial.round}, ${trial.environment}`;
  const found: Diagnostic[] = [];
  const warn = (code: string, message: string): void => {
    found.push({ level: 'warning', code, message: `${where}: ${message}` });
  };
  const { load } = trial;
  for (const [loop, window] of [['closed', load] as const, ['open', trial.open] as const]) {
    if (window === null || window.errors + window.timeouts === 0) continue;
    const { timeouts, failures = { error: window.errors } } = window;
    const what = Object.entries({ ...failures, ...(timeouts > 0 && { timeout: timeouts }) })
      .toSorted(([, one], [, other]) => other - one)
      .map(([failure, count]) => `${failure} × ${count}`)
      .join(', ');
    warn('errors', `${window.requests} good replies in the ${loop} loop, beside ${what}`);
  }
  // Little's law: requests under way = arrival rate × time in the system
  const underWay = (load.throughputRps * load.latencyMs.mean) / 1000;
  const share = underWay / load.connections;
  // without either nobody knows whether the server had time to spare
  const cpuPercent = (trial.cpu.net ?? trial.cpu.gross)?.percent ?? Infinity;
  if (load.slices !== undefined && share < leastUnderWayInSlices && cpuPercent < busyCpuPercent) {
    warn(
      'short-slices',
      `at the ends of the slices the server had time to spare: ${underWay.toFixed(2)} requests under way on average, at most ${load.connections}, and ${cpuPercent.toFixed(0)} % of a CPU; longer slices cost less (--sliceMs)`,
    );
  }
  // below it lie the ends of slices
  if (share > 1 + littlesLawTolerance || (load.slices === undefined && share < 1 - littlesLawTolerance)) {
    warn(
      'littles-law',
      `throughput × mean latency is ${underWay.toFixed(2)} requests under way, but there ${load.connections === 1 ? 'was' : 'were'} ${counted(load.connections, 'connection')}`,
    );
  }
  for (const { guard, message } of trial.violations) warn(`guard-${guard}`, message);
  if (load.durationMs < shortWindowMs) {
    warn(
      'short-window',
      `the window was ${load.durationMs.toFixed(0)} ms; CPU figures want ${shortWindowMs} ms`,
    );
  }
  return found;
}

import { metricCatalogue } from '@tare/results';
import type { EnvironmentResult, Metric, MetricKey, MetricSummary, RunFile, Verdict } from '@tare/results';
import { isEmulated } from './emulation.ts';
import { meanText, ratioText } from './number-text.ts';

/** One environment of a table. */
export type TableColumn = {
  readonly environment: string;
  /** The name with what must be known beside it: "vagrant (emulated)". */
  readonly title: string;
  readonly isBaseline: boolean;
  readonly emulated: boolean;
};

export type TableCell = {
  /** "12.3 ± 0.4"; empty when the environment has no such figure. */
  readonly mean: string;
  /** "×1.23 [1.18, 1.29]"; empty for the baseline. */
  readonly ratio: string;
  /** undefined where nothing was to be decided: the baseline, an emulated environment, a metric that repeats another. */
  readonly verdict: Verdict | undefined;
};

export type TableRow = { readonly metric: Metric; readonly cells: readonly TableCell[] };

/** The figures of one workload: a row per metric, a cell per column. */
export type MetricTable = {
  readonly workload: string;
  readonly baseline: string;
  readonly columns: readonly TableColumn[];
  readonly rows: readonly TableRow[];
};

/** One table per measured workload, the baseline first, then the environments in the order of the run; metrics nobody has are left out. */
export function metricTables(run: RunFile, keys: readonly MetricKey[]): readonly MetricTable[] {
  return measuredWorkloads(run).map((workload) => {
    const baseline = run.comparisons.find((c) => c.workload === workload)?.baseline ?? run.config.baseline;
    const columns = measuredColumns(run, workload, baseline);
    const rows = metricCatalogue
      .filter(({ key }) => keys.includes(key))
      .map((metric) => ({ metric, cells: columns.map((column) => cellOf(run, workload, column, metric)) }))
      .filter(({ cells }) => cells.some(({ mean }) => mean !== ''));
    return { workload, baseline, columns, rows };
  });
}

/** Names of the workloads that have figures, in the order of the configuration. */
export function measuredWorkloads(run: RunFile): readonly string[] {
  const configured = run.config.workloads.map(({ name }) => name);
  const measured = Object.keys(run.summary).filter((name) => Object.keys(run.summary[name] ?? {}).length > 0);
  return [
    ...configured.filter((n) => measured.includes(n)),
    ...measured.filter((n) => !configured.includes(n)),
  ];
}

/** The environments that have figures for a workload: the baseline first, then in the order of the run; never the twin. */
export function measuredColumns(run: RunFile, workload: string, baseline: string): readonly TableColumn[] {
  const measured = Object.keys(run.summary[workload] ?? {});
  const listed = run.environments.map(({ name }) => name);
  const order = [baseline, ...listed, ...measured];
  return [...new Set(order)]
    .filter((name) => measured.includes(name) && name !== run.config.twin)
    .map((name) => {
      const environment = run.environments.find((e) => e.name === name);
      return {
        environment: name,
        title: titleOf(name, environment),
        isBaseline: name === baseline,
        emulated: isEmulated(environment),
      };
    });
}

/** The figures of one metric, or undefined when that environment has none. */
export function summaryOf(
  run: RunFile,
  workload: string,
  environment: string,
  key: MetricKey,
): MetricSummary | undefined {
  return run.summary[workload]?.[environment]?.[key];
}

/** The heading of a metric's row: "Startup, ms"; errors are summed over the trials. */
export function metricTitle({ key, label, unit }: Metric): string {
  if (key === 'errors') return `${label}, total`;
  return unit === '' ? label : `${label}, ${unit}`;
}

function titleOf(name: string, environment: EnvironmentResult | undefined): string {
  const marks = [
    ...(isEmulated(environment) ? ['emulated'] : []),
    ...(environment?.status === 'failed' ? ['incomplete'] : []),
  ];
  return marks.length === 0 ? name : `${name} (${marks.join(', ')})`;
}

function cellOf(
  run: RunFile,
  workload: string,
  column: TableColumn,
  metric: (typeof metricCatalogue)[number],
): TableCell {
  const summary = summaryOf(run, workload, column.environment, metric.key);
  if (summary === undefined) return { mean: '', ratio: '', verdict: undefined };
  const comparison = run.comparisons.find(
    (c) => c.workload === workload && c.metric === metric.key && c.candidate === column.environment,
  );
  const hasRatio = !column.isBaseline && comparison !== undefined && comparison.ratio !== null;
  return {
    mean: metric.key === 'errors' ? String(Math.round(summary.mean * summary.n)) : meanText(summary),
    ratio: hasRatio ? ratioText(comparison) : '',
    verdict: hasRatio ? (comparison.verdict ?? undefined) : undefined,
  };
}

import { join, sep } from 'node:path';
import { text } from '@tare/options';
import { latencyWindowOf, type FileText, type Trial } from '@tare/results';
import { HistogramLogWriter, type Histogram } from 'hdr-histogram-js';
import { latenciesOf, mergedLatencies } from '../model/latencies.ts';
import type { ReportModel } from '../model/report-model.ts';
import type { Subject } from '../model/subjects.ts';
import { fileNamePart } from '../model/words.ts';

/** The formats of other tools that a run can be exported in, and the files of each. */
const formats = {
  bencher: (report) => [{ path: 'bencher.json', text: bencherMetrics(report) }],
  hgrm: percentileFiles,
  hlog: (report) => [{ path: 'latencies.hlog', text: histogramLog(report) }],
} as const satisfies Record<string, (report: ReportModel) => readonly FileText[]>;

export type ExportFormat = keyof typeof formats;

const names = Object.keys(formats) as ExportFormat[];

/** The option that names formats, by commas. */
export const exportFlag = text({
  description:
    'Formats of other tools to write next to the report, separated by commas: bencher (bencher.json), hgrm (latencies/*.hgrm), hlog (latencies.hlog).',
  otherwise: 'none',
})
  .refine((given) => words(given).every((word) => Object.hasOwn(formats, word)), {
    error: `expected some of ${names.join(', ')}, separated by commas; otava is a format of the trend`,
  })
  .optional();

/** @returns the formats that the option names, each once. */
export function exportFormatsIn(given = ''): readonly ExportFormat[] {
  return names.filter((name) => words(given).includes(name));
}

function words(given: string): readonly string[] {
  return given.split(',').map((word) => word.trim());
}

/** The files of some formats, with paths from the folder of the report. The same run gives the same bytes. */
export function exportFiles(report: ReportModel, wanted: readonly ExportFormat[]): readonly FileText[] {
  return wanted.flatMap((format) => formats[format](report));
}

/** Whether a path from the folder of the report is one that an export has. */
export function isExport(path: string): boolean {
  return (
    ['bencher.json', 'latencies.hlog'].includes(path) ||
    /^latencies\/[^/]+\.hgrm$/.test(path.replaceAll(sep, '/'))
  );
}

/**
 * The figures of a run as Bencher Metric Format (https://bencher.dev/docs/reference/bencher-metric-format): a benchmark
 * `workload/environment` with a measure for each metric, under its key: the mean over the trials and its 95 % interval. An
 * environment that failed midway is left out. An emulated one gets the suffix with which Bencher raises no alerts for it.
 */
function bencherMetrics({ workloads }: ReportModel): string {
  const benchmarks = workloads.flatMap(({ name, subjects, rows }) =>
    subjects
      .filter(({ failed }) => failed === undefined)
      .map((subject) => {
        const measures = rows.flatMap(({ metric, cells }) => {
          const summary = cells.find((cell) => cell.subject === subject)?.summary;
          if (summary === undefined) return [];
          const { mean: value, ci95 } = summary;
          return [
            [metric.key, { value, ...(ci95 && { lower_value: ci95[0], upper_value: ci95[1] }) }] as const,
          ];
        });
        const suffix = subject.emulated ? '-bencher-ignore' : '';
        return [`${subjectName(name, subject)}${suffix}`, Object.fromEntries(measures)] as const;
      }),
  );
  return `${JSON.stringify(Object.fromEntries(benchmarks), null, 2)}\n`;
}

function subjectName(workload: string, { name }: Subject): string {
  return `${workload}/${name}`;
}

const microsecondsPerMs = 1000;

/** The percentiles of each workload in each environment, all trials together, in milliseconds, as HdrHistogram prints them. */
function percentileFiles({ workloads }: ReportModel): readonly FileText[] {
  const taken = new Set<string>();
  return workloads.flatMap(({ name, subjects }) =>
    subjects.flatMap((subject) => {
      const merged = mergedLatencies(intervalsOf(subject).map(({ histogram }) => histogram));
      if (merged === null) return [];
      const fileName = `${fileNamePart(subjectName(name, subject), taken)}.hgrm`;
      return [
        {
          path: join('latencies', fileName),
          text: merged.outputPercentileDistribution(5, microsecondsPerMs),
        },
      ];
    }),
  );
}

type Interval = { readonly trial: Trial; readonly windowMs: number; readonly histogram: Histogram };

/**
 * The latency window of each trial of an environment.
 * @throws Error in one line when one cannot be read: the others alone would be taken for all.
 */
function intervalsOf({ trials }: Subject): readonly Interval[] {
  return trials.flatMap((trial) => {
    const window = latencyWindowOf(trial);
    if (window === undefined || window.requests === 0) return [];
    const histogram = latenciesOf(trial);
    if (histogram === null) {
      const { workload, environment, round } = trial;
      throw new Error(
        `Cannot export the latencies of ${workload} in ${environment}: the run file has no histogram for round ${round} that can be read.`,
      );
    }
    return [{ trial, windowMs: window.durationMs, histogram }];
  });
}

/**
 * The latencies of a run as a histogram log (HdrHistogram, version 1.3, payloads V2 compressed), an interval per trial with the
 * tag `workload/environment`. An interval begins when its trial began, and is as long as the window that the latencies are from.
 */
function histogramLog({ id, startedAt, workloads }: ReportModel): string {
  let written = '';
  const log = new HistogramLogWriter((line) => {
    written += line;
  });
  log.outputLogFormatVersion();
  log.outputComment(`[StartTime: ${(Date.parse(startedAt) / 1000).toFixed(3)} (seconds since epoch), ${startedAt}]`);
  log.outputComment(`[Run ${id}: latencies in microseconds, Interval_Max in milliseconds]`);
  log.outputComment('[An interval begins when its trial began and is as long as the load that its latencies are from]');
  log.outputLegend();
  const intervals = workloads.flatMap(({ name, subjects }) =>
    subjects.flatMap((subject) =>
      // commas and blanks part the fields of a line
      intervalsOf(subject).map((interval) => ({ ...interval, tag: subjectName(name, subject).replaceAll(/[\s,]+/g, '_') })),
    ),
  );
  const beganAt = ({ trial }: Interval) => Date.parse(trial.startedAt);
  for (const interval of intervals.toSorted((a, b) => beganAt(a) - beganAt(b))) {
    const startSec = beganAt(interval) / 1000;
    interval.histogram.tag = interval.tag;
    log.outputIntervalHistogram(interval.histogram, startSec, startSec + interval.windowMs / 1000, microsecondsPerMs);
  }
  return written;
} // prettier-ignore

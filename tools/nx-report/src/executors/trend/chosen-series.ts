import type { TrendFilter } from '@tare/report';
import type { HistoryLine } from '@tare/results';

/**
 * The series to show, from the options. The A/A control has none.
 * @throws Error in one line that names the option, its value and what the history has, when nothing fits it.
 */
export function chosenSeries(lines: readonly HistoryLine[], options: TrendFilter): TrendFilter {
  const { workload, environment, metric, host } = options;
  const figures = lines.flatMap((line) =>
    line.figures.filter((figure) => figure.environment !== line.control),
  );
  const hosts = distinct(lines.map(({ hostFingerprint }) => hostFingerprint));
  expectKnown('workload', workload, distinct(figures.map((figure) => figure.workload)));
  expectKnown('environment', environment, distinct(figures.map((figure) => figure.environment)));
  expectKnown('metric', metric, distinct(figures.map((figure) => figure.metric)));
  if (host !== undefined && (host === '' || !hosts.some((each) => each.startsWith(host)))) {
    throw new Error(`--host=${host}: expected the first characters of one of ${hosts.join(', ')}`);
  }
  if (!lines.some((line) => hasSeries(line, options))) {
    throw new Error(
      'No run of the history has the workload, environment, metric and host of the options together.',
    );
  }
  return { workload, environment, metric, host };
}

function expectKnown(name: string, value: string | undefined, known: readonly string[]): void {
  if (value !== undefined && !known.includes(value)) {
    throw new Error(`--${name}=${value}: expected one of ${known.join(', ')}`);
  }
}

function hasSeries(line: HistoryLine, { workload, environment, metric, host }: TrendFilter): boolean {
  return (
    line.hostFingerprint.startsWith(host ?? '') &&
    line.figures.some(
      (figure) =>
        figure.workload === (workload ?? figure.workload) &&
        figure.environment === (environment ?? figure.environment) &&
        figure.metric === (metric ?? figure.metric),
    )
  );
}

function distinct(names: readonly string[]): readonly string[] {
  return [...new Set(names)].toSorted();
}

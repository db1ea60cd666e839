import { join, relative, resolve } from 'node:path';
import type { PromiseExecutor } from '@nx/devkit';
import { readOptions, type GivenOptions } from '@tare/options';
import { messageOf } from '@tare/nx-kit';
import { renderTrend, terminalOf, writeTrend, type TrendFilter } from '@tare/report';
import { counted, type HistoryLine, readHistory } from '@tare/results';
import { tables } from '../../options.ts';

export type TrendOptions = GivenOptions<typeof tables.trend.shape>;

/** Shows how the metrics went over the runs of the history, and where their levels changed. */
const trend: PromiseExecutor<TrendOptions> = async (given, { root, projectName = 'bench' }) => {
  try {
    const options = readOptions(tables.trend, given);
    const historyPath = resolve(root, options.historyPath);
    const outputPath = resolve(root, options.outputPath);
    const shownHistory = relative(root, historyPath) || '.';
    const { lines, problems } = await readHistory(historyPath, shownHistory);
    for (const problem of problems) process.stderr.write(`Left out: ${problem}\n`);
    if (lines.length === 0) {
      throw new Error(
        `No run in ${shownHistory}: run \`nx run ${projectName}:compare\` first; each run is added to the history.`,
      );
    }
    const rendered = renderTrend(lines, chosenSeries(lines, options));
    process.stdout.write(rendered.text(terminalOf(process.stdout, process.env)));
    const written = await writeTrend(outputPath, rendered, options.export);
    const shown = relative(root, outputPath) || '.';
    process.stdout.write(
      `\nWritten: ${join(shown, 'trend.md')} and ${counted(rendered.pictures.length, 'picture')} in ${shown}\n`,
    );
    if (options.export !== undefined) {
      const tests = written.filter((file) => file.endsWith('.csv')).length;
      process.stdout.write(
        `Exported: ${join(shown, 'otava.yaml')}, with ${counted(tests, 'test')} in ${join(shown, 'otava')}\n`,
      );
    }
    return { success: true };
  } catch (error) {
    process.stderr.write(`${messageOf(error).replaceAll(/\s*\n\s*/g, ' ')}\n`);
    return { success: false };
  }
};
export default trend;

/**
 * The series to show, from the options. The A/A control has none.
 * @throws Error in one line that names the option, its value and what the history has, when nothing fits it.
 */
function chosenSeries(lines: readonly HistoryLine[], options: TrendFilter): TrendFilter {
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

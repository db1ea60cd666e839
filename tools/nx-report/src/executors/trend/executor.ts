import { join, relative, resolve } from 'node:path';
import type { PromiseExecutor } from '@nx/devkit';
import { renderTrend, writeTrend } from '@tare/report';
import { readHistory } from '@tare/results';
import { terminalOptions } from '../report/terminal-options.ts';
import { chosenSeries } from './chosen-series.ts';

/** Options of the executor `trend`; paths are from the workspace root. */
export type TrendOptions = {
  readonly historyPath?: string;
  readonly outputPath?: string;
  readonly workload?: string;
  readonly environment?: string;
  /** Key of a metric, also of one that is not judged. */
  readonly metric?: string;
  /** Begin of a host's fingerprint. */
  readonly host?: string;
};

/** Shows how the metrics went over the runs of the history, and where their levels changed. */
const trend: PromiseExecutor<TrendOptions> = async (options, { root, projectName = 'bench' }) => {
  try {
    const historyPath = pathOption(root, 'historyPath', options.historyPath ?? 'reports/history');
    const outputPath = pathOption(root, 'outputPath', options.outputPath ?? 'reports/trend');
    const shownHistory = relative(root, historyPath) || '.';
    const { lines, problems } = await readHistory(historyPath, shownHistory);
    for (const problem of problems) process.stderr.write(`Left out: ${problem}\n`);
    if (lines.length === 0) {
      throw new Error(
        `No run in ${shownHistory}: run \`nx run ${projectName}:compare\` first; each run is added to the history.`,
      );
    }
    const rendered = renderTrend(lines, chosenSeries(lines, options));
    process.stdout.write(rendered.text(terminalOptions(process.stdout, process.env)));
    await writeTrend(outputPath, rendered);
    const shown = relative(root, outputPath) || '.';
    process.stdout.write(
      `\nWritten: ${join(shown, 'trend.md')} and ${rendered.pictures.length} pictures in ${shown}\n`,
    );
    return { success: true };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(`${message.replaceAll(/\s*\n\s*/g, ' ')}\n`);
    return { success: false };
  }
};
export default trend;

function pathOption(root: string, name: string, value: string): string {
  if (value.trim() === '')
    throw new Error(`Option ${name}: got "${value}", expected a path from the workspace root.`);
  return resolve(root, value);
}

import { join, relative, resolve } from 'node:path';
import type { PromiseExecutor } from '@nx/devkit';
import { readOptions, type GivenOptions } from '@tare/options';
import { renderTrend, writeTrend } from '@tare/report';
import { readHistory } from '@tare/results';
import { terminalOf } from '../report/terminal-options.ts';
import { chosenSeries } from './chosen-series.ts';
import { options as table } from './options.ts';

export type TrendOptions = GivenOptions<typeof table.shape>;

/** Shows how the metrics went over the runs of the history, and where their levels changed. */
const trend: PromiseExecutor<TrendOptions> = async (given, { root, projectName = 'bench' }) => {
  try {
    const options = readOptions(table, given);
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

import { readFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import type { PromiseExecutor } from '@nx/devkit';
import { readOptions, type GivenOptions } from '@tare/options';
import { abortOnSignals, messageOf } from '@tare/recipe';
import { renderTerminal, reportModel, writePictures, writeReport } from '@tare/report';
import { parseRunFile } from '@tare/results';
import type { RunFile } from '@tare/results';
import { options as table } from './options.ts';
import { appendStepSummary } from './append-step-summary.ts';
import { reportExtra } from './report-extra.ts';
import { terminalOf } from './terminal-options.ts';
import { updateReadme } from './update-readme.ts';

export type ReportOptions = GivenOptions<typeof table.shape>;

/** Renders a run file to the terminal, to a folder, into a README, and into the page of a CI job. */
const report: PromiseExecutor<ReportOptions> = async (given, { root }) => {
  try {
    const options = readOptions(table, given);
    const runFile = resolve(root, options.runFile);
    const outputPath = resolve(root, options.outputPath);
    const run = await readRun(runFile, relative(root, runFile));
    const { calibration, capacities, problems } = await reportExtra(run, { root, outputPath });
    for (const problem of problems)
      process.stderr.write(`Left out: ${problem.replaceAll(/\s*\n\s*/g, ' ')}\n`);
    const model = reportModel(run, { calibration });
    process.stdout.write(`${renderTerminal(model, terminalOf(process.stdout, process.env))}\n`);

    const written = await writeReport(outputPath, model, capacities);
    const charts = written.filter((path) => path.endsWith('.svg')).length;
    const shown = relative(root, outputPath) || '.';
    process.stdout.write(
      `Written: ${join(shown, 'report.html')}, summary.md, verdicts.junit.xml, trials.csv and ${charts} charts in ${join(shown, 'charts')}\n`,
    );

    if (options.png) {
      const { written: pictures, note } = await abortOnSignals((signal) =>
        writePictures(outputPath, model, { signal }),
      );
      const pngs = pictures.filter((path) => path.endsWith('.png')).length;
      process.stdout.write(
        note === undefined ? `Written: card.svg and ${pngs} PNGs, card.png among them\n` : `${note}\n`,
      );
    }

    const readme = await updateReadme(root, options.readme, model, join(outputPath, 'charts'));
    if (readme !== undefined) process.stdout.write(`Results put into ${relative(root, readme)}\n`);
    if (await appendStepSummary(model, process.env))
      process.stdout.write('Appended to the summary of the job\n');
    return { success: true };
  } catch (error) {
    process.stderr.write(`${messageOf(error).replaceAll(/\s*\n\s*/g, ' ')}\n`);
    return { success: false };
  }
};
export default report;

async function readRun(path: string, shown: string): Promise<RunFile> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(
      `--runFile=${shown}: cannot be read (${reason}), expected the run.json of a measurement. ` +
        'Run `nx run bench:compare` first.',
      { cause },
    );
  }
  return parseRunFile(text, shown);
}

import { readFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import type { PromiseExecutor } from '@nx/devkit';
import { type CalibrationSummary, readCalibration, summariseCalibration } from '@tare/results/calibration';
import { readOptions, type GivenOptions } from '@tare/options';
import { abortOnSignals, messageOf } from '@tare/nx-kit';
import {
  appendStepSummary,
  capacityModel,
  exportFormatsIn,
  isExport,
  renderStepSummary,
  renderTerminal,
  reportModel,
  terminalOf,
  updateReadme,
  writePictures,
  writeReport,
} from '@tare/report';
import type { WorkloadCapacity } from '@tare/report';
import {
  hostFingerprint,
  parseCapacityFile,
  parseRunFile,
  readJournal,
  runOfJournal,
  type RunFile,
} from '@tare/results';
import { tables } from '../../options.ts';

export type ReportOptions = GivenOptions<typeof tables.report.shape>;

/** Renders a run file to the terminal, to a folder, into a README, and into the page of a CI job. */
const report: PromiseExecutor<ReportOptions> = async (given, { root }) => {
  try {
    const options = readOptions(tables.report, given);
    const runFile = resolve(root, options.runFile);
    const journal =
      options.run === undefined ? undefined : journalFolder(root, options.runsPath, options.run);
    const outputPath = resolve(root, options.outputPath ?? journal ?? 'reports/latest');
    const run =
      journal === undefined
        ? await readRun(runFile, relative(root, runFile))
        : runOfJournal(await readJournal(journal));
    if (run.partial !== undefined && options.export !== undefined)
      throw new Error(`--export=${options.export}: the run is partial, and no other tool would know`);
    const { calibration, capacities, problems } = await extraOf(run, root, outputPath);
    for (const problem of problems)
      process.stderr.write(`Left out: ${problem.replaceAll(/\s*\n\s*/g, ' ')}\n`);
    const model = reportModel(run, { calibration });
    process.stdout.write(`${renderTerminal(model, terminalOf(process.stdout, process.env))}\n`);

    const written = await writeReport(outputPath, model, capacities, exportFormatsIn(options.export));
    const charts = written.filter((path) => path.endsWith('.svg')).length;
    const shown = relative(root, outputPath) || '.';
    process.stdout.write(
      `Written: ${join(shown, 'report.html')}, summary.md, verdicts.junit.xml, trials.csv and ${charts} charts in ${join(shown, 'charts')}\n`,
    );
    for (const path of written.filter((each) => isExport(relative(outputPath, each))))
      process.stdout.write(`Exported: ${relative(root, path)}\n`);

    if (options.png) {
      const { written: pictures, note } = await abortOnSignals((signal) =>
        writePictures(outputPath, model, { signal }),
      );
      const pngs = pictures.filter((path) => path.endsWith('.png')).length;
      process.stdout.write(
        note === undefined ? `Written: card.svg and ${pngs} PNGs, card.png among them\n` : `${note}\n`,
      );
    }

    // what is looked at again is not the latest result
    const intoReadme = options.readme ?? (journal === undefined ? undefined : false);
    const readme = await updateReadme(root, intoReadme, model, join(outputPath, 'charts'));
    if (readme !== undefined) process.stdout.write(`Results put into ${relative(root, readme)}\n`);
    if (await appendStepSummary(renderStepSummary(model), process.env))
      process.stdout.write('Appended to the summary of the job\n');
    return { success: true };
  } catch (error) {
    process.stderr.write(`${messageOf(error).replaceAll(/\s*\n\s*/g, ' ')}\n`);
    return { success: false };
  }
};
export default report;

function journalFolder(root: string, runs: string, id: string): string {
  if (/^\w[\w.-]*$/.test(id)) return resolve(root, runs, id);
  throw new Error(`--run=${id}: expected the id of a run: nx run bench:runs lists them`);
}

async function readRun(path: string, shown: string): Promise<RunFile> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new Error(
      `--runFile=${shown}: cannot be read (${messageOf(cause)}), expected the run.json of a measurement. ` +
        'Run `nx run bench:compare` first.',
      { cause },
    );
  }
  return parseRunFile(text, shown);
}

/** What a report says beside its run. */
type ReportExtra = {
  readonly calibration: CalibrationSummary | undefined;
  readonly capacities: readonly WorkloadCapacity[];
  /** What cannot be said: one line per file that is there and broken. */
  readonly problems: readonly string[];
};

/**
 * Looks for the latest calibration of the run's host, and for the capacities of the same host. Never throws.
 * @param outputPath folder of the report, where a search for capacity leaves its file too.
 */
async function extraOf({ host }: RunFile, root: string, outputPath: string): Promise<ReportExtra> {
  const fingerprint = hostFingerprint(host);
  const problems: string[] = [];
  const leftOut = (error: unknown): undefined => {
    problems.push(messageOf(error));
  };
  const calibration = await calibrationOf(fingerprint, root).catch(leftOut);
  const capacities = await capacitiesOf(fingerprint, root, join(outputPath, 'capacity.json')).catch(leftOut);
  return { calibration, capacities: capacities ?? [], problems };
}

async function calibrationOf(fingerprint: string, root: string): Promise<CalibrationSummary | undefined> {
  const folder = join(root, 'reports', 'calibration');
  const calibration = await readCalibration(folder, fingerprint);
  if (calibration === null) return undefined;
  const path = relative(root, join(folder, `${fingerprint}.json`));
  return { ...summariseCalibration(calibration, folder), path };
}

async function capacitiesOf(
  fingerprint: string,
  root: string,
  path: string,
): Promise<readonly WorkloadCapacity[]> {
  const shown = relative(root, path);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') return [];
    throw new Error(`${shown}: not read: ${messageOf(error)}`, { cause: error });
  }
  const capacity = parseCapacityFile(text, shown);
  return hostFingerprint(capacity.host) === fingerprint ? capacityModel(capacity).workloads : [];
}

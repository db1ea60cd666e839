import { appendFile, readdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { path, toggle } from '@tare/options';
import { makeFolder, replaceFiles, type FileText } from '@tare/results';
import { z } from 'zod';
import type { WorkloadCapacity } from './charts/capacity.ts';
import { chartFiles } from './charts/run-charts.ts';
import type { ReportModel } from './model/report-model.ts';
import { messageOf } from './model/words.ts';
import { renderPage } from './page/page.ts';
import { pictureMark, pictureOf } from './plot/chart.ts';
import { exportFiles, exportFlag, isExport, type ExportFormat } from './text/exports.ts';
import { trialsCsv, verdictsJunit } from './text/interchange.ts';
import { renderSummary } from './text/summary.ts';

/** What may be asked of the report of a run, by flag. */
export const reportFlags = {
  readme: z
    .union([
      toggle({ description: 'Whether README.md gets the results.' }),
      path({ description: 'Markdown file that gets the results.' }),
    ])
    .meta({
      description:
        'Markdown file that gets the results, from the workspace root; false for none. A file that is named here and lacks the markers <!-- tare:results --> and <!-- /tare:results --> gets them at its end.',
      otherwise: 'README.md, if it has the markers',
    })
    .optional(),
  png: toggle({
    description: 'Make PNGs of the charts and the card; needs a Chrome or Chromium.',
  }).default(true),
  export: exportFlag,
};

/**
 * Writes `report.html`, `summary.md`, `verdicts.junit.xml`, `trials.csv` and `charts/*.svg` into a folder, which is made if need be; all of
 * them or none. Charts and exports that an earlier report left and this one does not have are removed; other files are not touched.
 * @param capacities of a search for capacity in the same environments, for the page.
 * @param formats to export the run in beside them.
 * @returns paths of the files, as the folder was given.
 * @throws Error in one line when the folder cannot be written.
 */
export async function writeReport(
  folder: string,
  report: ReportModel,
  capacities: readonly WorkloadCapacity[] = [],
  formats: readonly ExportFormat[] = [],
): Promise<readonly string[]> {
  const files = [
    { path: 'report.html', text: renderPage(report, capacities) },
    { path: 'summary.md', text: renderSummary(report) },
    { path: 'verdicts.junit.xml', text: verdictsJunit(report) },
    { path: 'trials.csv', text: trialsCsv(report) },
    ...chartFiles(report).map((file) => ({
      path: join('charts', file.fileName),
      text: pictureOf(file.chart, file),
    })),
    ...exportFiles(report, formats),
  ];
  const written = await writeFolder(folder, 'report', files, { folder: 'charts', names: /\.svg$/ });
  // an export of another run beside this report would be taken for one of this run
  for (const place of ['', 'latencies']) {
    const names = await readdir(join(folder, place)).catch(() => []);
    const exported = names.map((name) => join(place, name)).filter(isExport);
    for (const path of exported.map((each) => join(folder, each)))
      if (!written.includes(path)) await rm(path);
  }
  return written;
}

/**
 * Writes files into a folder, which is made if need be; all of them or none.
 * @param what is written, for the message: "report".
 * @param files with paths from the folder.
 * @param old a folder in it whose SVG pictures of an earlier time go when they are not among the files, and which names it looks
 *   at; pictures that others drew stay.
 * @returns paths of the files, as the folder was given.
 * @throws Error in one line when the folder cannot be written.
 */
export async function writeFolder(
  folder: string,
  what: string,
  files: readonly FileText[],
  old?: { readonly folder: string; readonly names: RegExp },
): Promise<readonly string[]> {
  const written = files.map(({ path, text }) => ({ path: join(folder, path), text }));
  try {
    for (const each of new Set(written.map(({ path }) => dirname(path)))) await makeFolder(each);
    if (old !== undefined) await makeFolder(join(folder, old.folder));
    await replaceFiles(written);
    if (old !== undefined) {
      const names = (await readdir(join(folder, old.folder))).filter((name) => old.names.test(name));
      await removeOld(names.map((name) => join(folder, old.folder, name)), written.map(({ path }) => path), pictureMark);
    }
  } catch (cause) {
    throw new Error(`Cannot write the ${what} to ${folder}: ${messageOf(cause)}. Expected a folder that you may write.`, { cause });
  }
  return written.map(({ path }) => path);
} // prettier-ignore

/** Removes files that an earlier report left, which a mark near their start tells, and that this one did not write. */
export async function removeOld(
  paths: readonly string[],
  written: readonly string[],
  mark: string,
): Promise<void> {
  for (const path of paths) {
    if (written.includes(path)) continue;
    const start = await readFile(path, 'latin1').then((text) => text.slice(0, 200), () => '');
    if (start.includes(mark)) await rm(path);
  }
} // prettier-ignore

/**
 * Appends Markdown to the page of a job on GitHub Actions, whose file is named by the variable GITHUB_STEP_SUMMARY.
 * @returns whether there was such a file.
 * @throws Error in one line when it cannot be written.
 */
export async function appendStepSummary(
  markdown: string,
  variables: Readonly<Record<string, string | undefined>>,
): Promise<boolean> {
  const { GITHUB_STEP_SUMMARY: file = '' } = variables;
  if (file === '') return false;
  try {
    await appendFile(file, `${markdown}\n`);
  } catch (cause) {
    throw new Error(
      `Variable GITHUB_STEP_SUMMARY: cannot append to "${file}" (${messageOf(cause)}); expected a file that you may write.`,
      { cause },
    );
  }
  return true;
}

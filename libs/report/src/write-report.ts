import { mkdir, readFile, readdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { RunFile } from '@tare/results';
import { renderCharts } from './charts/render-charts.ts';
import { chartMark } from './charts/stable-svg.ts';
import { replaceFiles } from './replace-file.ts';
import { renderReportPage, type ReportPageExtra } from './page/render-report-page.ts';
import { renderSummaryMarkdown } from './summary-markdown.ts';
import { trialsCsv } from './trials-csv.ts';
import { verdictsJunit } from './verdicts-junit.ts';

/**
 * Writes `report.html`, `summary.md`, `verdicts.junit.xml`, `trials.csv` and `charts/*.svg` into a folder, which is made if need be; all of
 * them or none. Charts that an earlier report left and this one does not have are removed; other files are not touched.
 * @returns absolute or relative paths of the files, as the folder was given.
 * @throws Error in one line when the folder cannot be written.
 */
export async function writeReport(
  folder: string,
  run: RunFile,
  options: ReportPageExtra = {},
): Promise<readonly string[]> {
  const chartFolder = join(folder, 'charts');
  const files = [
    { path: join(folder, 'report.html'), text: renderReportPage(run, options) },
    { path: join(folder, 'summary.md'), text: renderSummaryMarkdown(run, options) },
    { path: join(folder, 'verdicts.junit.xml'), text: verdictsJunit(run) },
    { path: join(folder, 'trials.csv'), text: trialsCsv(run) },
    ...renderCharts(run).map(({ fileName, svg }) => ({ path: join(chartFolder, fileName), text: svg })),
  ];
  try {
    await mkdir(chartFolder, { recursive: true });
    await replaceFiles(files);
    await removeOldCharts(chartFolder, new Set(files.map(({ path }) => basename(path))));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(
      `Cannot write the report to ${folder}: ${reason}. Expected a folder that you may write.`,
      {
        cause: error,
      },
    );
  }
  return files.map(({ path }) => path);
}

async function removeOldCharts(chartFolder: string, written: ReadonlySet<string>): Promise<void> {
  for (const name of await readdir(chartFolder)) {
    if (!name.endsWith('.svg') || written.has(name)) continue;
    const path = join(chartFolder, name);
    if ((await readFile(path, 'utf8')).slice(0, 200).includes(chartMark)) await rm(path);
  }
}

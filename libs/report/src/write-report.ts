import { join } from 'node:path';
import type { WorkloadCapacity } from './capacity/capacity-model.ts';
import { chartFiles } from './charts/run-charts.ts';
import type { ReportModel } from './model/report-model.ts';
import { renderPage } from './page/page.ts';
import { pictureOf } from './plot/chart.ts';
import { verdictsJunit } from './text/junit.ts';
import { renderSummary } from './text/summary.ts';
import { trialsCsv } from './text/trials-csv.ts';
import { writeFolder } from './write-folder.ts';

/**
 * Writes `report.html`, `summary.md`, `verdicts.junit.xml`, `trials.csv` and `charts/*.svg` into a folder, which is made if need be; all of
 * them or none. Charts that an earlier report left and this one does not have are removed; other files are not touched.
 * @param capacities of a search for capacity in the same environments, for the page.
 * @returns paths of the files, as the folder was given.
 * @throws Error in one line when the folder cannot be written.
 */
export async function writeReport(
  folder: string,
  report: ReportModel,
  capacities: readonly WorkloadCapacity[] = [],
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
  ];
  return writeFolder(folder, 'report', files, { folder: 'charts', names: /\.svg$/ });
}

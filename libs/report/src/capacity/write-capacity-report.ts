import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { CapacityFile } from '@tare/results';
import { replaceFiles } from '../replace-file.ts';
import { renderCapacityMarkdown } from './capacity-markdown.ts';
import { renderCapacityCharts } from './render-capacity-charts.ts';

// not among the charts of a run: its report removes those that it does not know
const chartsPath = 'capacity';

/**
 * Writes `capacity.md` and `capacity/*.svg` into a folder, which is made if need be; all of them or none.
 * @returns paths of the files, as the folder was given.
 * @throws Error in one line when the folder cannot be written.
 */
export async function writeCapacityReport(folder: string, file: CapacityFile): Promise<readonly string[]> {
  const files = [
    { path: join(folder, 'capacity.md'), text: renderCapacityMarkdown(file, chartsPath) },
    ...renderCapacityCharts(file).map(({ fileName, svg }) => ({
      path: join(folder, chartsPath, fileName),
      text: svg,
    })),
  ];
  try {
    await mkdir(join(folder, chartsPath), { recursive: true });
    await replaceFiles(files);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(
      `Cannot write the report to ${folder}: ${reason}. Expected a folder that you may write.`,
      { cause },
    );
  }
  return files.map(({ path }) => path);
}

import type { RunFile } from '@tare/results';
import { planCharts } from './charts/chart-plan.ts';
import { escapeMarkdown } from './safe-text.ts';

/**
 * The charts of a workload as Markdown pictures, one per line.
 * @param chartsPath folder of the charts as seen from the document, with "/".
 */
export function chartPictures(run: RunFile, workload: string, chartsPath: string): string {
  return planCharts(run)
    .filter((plan) => plan.workload === workload)
    .map(({ title, fileName }) => `![${escapeMarkdown(title)}](${linkTarget(`${chartsPath}/${fileName}`)})`)
    .join('\n');
}

function linkTarget(path: string): string {
  return encodeURI(path).replace(/[()#?]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}

import { optionTable, path } from '@tare/options';
import { reportFlags } from '@tare/report';

export const options = optionTable(
  {
    title: 'Report of a run',
    description: 'Renders a run file without measuring: the same file gives the same report.',
    outputCapture: 'direct-nodejs',
  },
  {
    runFile: path({ description: 'The run file to render, from the workspace root.' }).default(
      'reports/latest/run.json',
    ),
    outputPath: path({
      description:
        'Folder for report.html, summary.md, verdicts.junit.xml, trials.csv and charts/, from the workspace root.',
    }).default('reports/latest'),
    ...reportFlags,
  },
);

import { choice, optionTable, path, text } from '@tare/options';
import { reportFlags } from '@tare/report';

/** The options of each executor of this plugin. */
export const tables = {
  report: optionTable(
    {
      title: 'Report of a run',
      description: 'Renders a run file without measuring: the same file gives the same report.',
      outputCapture: 'direct-nodejs',
    },
    {
      runFile: path({ description: 'The run file to render, from the workspace root.' }).default(
        'reports/latest/run.json',
      ),
      run: text({
        what: 'the id of a run',
        description:
          'Id of a run to render from its journal instead, whole or not; what has not ended is marked as partial everywhere.',
        otherwise: 'the run file',
      }).optional(),
      runsPath: path({
        description: 'Folder of the journals, from the workspace root.',
      }).default('reports/runs'),
      outputPath: path({
        description:
          'Folder for report.html, summary.md, verdicts.junit.xml, trials.csv and charts/, from the workspace root.',
        otherwise: 'reports/latest; with --run the folder of the journal',
      }).optional(),
      ...reportFlags,
    },
  ),

  trend: optionTable(
    {
      title: 'Trend over runs',
      description:
        'Shows each judged metric over the runs of the history, per host and environment, and marks where its level changed. Does not measure: the same history gives the same trend.',
      outputCapture: 'direct-nodejs',
    },
    {
      workload: text({ description: 'Workload to show.', otherwise: 'all' }).optional(),
      environment: text({ description: 'Environment to show.', otherwise: 'all' }).optional(),
      metric: text({
        description: 'Key of the metric to show, such as throughputRps or latencyMeanMs.',
        otherwise: 'all that get verdicts',
      }).optional(),
      host: text({
        description: 'Fingerprint of the host to show, or its first characters.',
        otherwise: 'all',
      }).optional(),
      historyPath: path({
        description: 'Folder of the history, from the workspace root.',
      }).default('reports/history'),
      export: choice(['otava'], {
        description:
          'Format of another tool to write next to trend.md: otava (otava.yaml and otava/*.csv, for Apache Otava).',
        otherwise: 'none',
      }).optional(),
      outputPath: path({
        description: 'Folder for trend.md and its pictures, from the workspace root.',
      }).default('reports/trend'),
    },
  ),
};

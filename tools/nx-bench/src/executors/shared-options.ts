import { hidden, list, path, text, toggle } from '@tare/options';

/** The configuration whose run, search, gate or host it is. */
export const config = path({ description: 'Path of the bench.config.ts, from the workspace root.' });

/** The folder `reports`, and what an executor writes into it. */
export const outputPath = (holds: string) =>
  path({ description: `Folder for ${holds}, from the workspace root.` }).default('reports');

/** JSON for programs in place of text for people. */
export const json = (description: string) => toggle({ description }).default(false);

/** What is done with the workloads before they are measured. Set by the plugin; without it nothing is prepared. */
export const prepareOptions = {
  workloadTag: hidden(text({ description: 'Tag of the projects that are workloads.' })).optional(),
  workloadTargets: hidden(
    list({ description: 'Targets of a workload that are run before it is measured.' }),
  ).optional(),
};

import { path, toggle } from '@tare/options';

/** The configuration whose run, search, gate or host it is. */
export const config = path({ description: 'Path of the bench.config.ts, from the workspace root.' });

/** The folder `reports`, and what an executor writes into it. */
export const outputPath = (holds: string) =>
  path({ description: `Folder for ${holds}, from the workspace root.` }).default('reports');

/** JSON for programs in place of text for people. */
export const json = (description: string) => toggle({ description }).default(false);

import type { HistoryLine, RunConfig, RunFile, Trial, WarmUp } from '@tare/results';

/*
 * The fields of schema 1 whose names the suite no longer uses. The report reads them here and nowhere else.
 */

/** Name of the A/A control, the second copy of the baseline in every round; null for a run without. */
export function controlOf({ config }: Pick<RunFile, 'config'>): string | null {
  return config.twin;
}

/** The same of a run in the history. */
export function controlOfLine({ twin }: HistoryLine): string | null {
  return twin;
}

/** How long a slice sends requests; undefined where the load was not sliced. */
export function sliceMsOf({ turnMs }: RunConfig['load']): number | undefined {
  return turnMs;
}

/** Whether a trial's load window was made of slices. */
export function isSliced({ load }: Pick<Trial, 'load'>): boolean {
  return load.turns !== undefined;
}

/** Throughput of a fresh instance over its time under load. */
export function timeSeriesOf({ course }: WarmUp): WarmUp['course'] {
  return course;
}

/** Code of the diagnostic that the A/A control differs from its baseline. */
export const controlDiffers = 'twin-differs';

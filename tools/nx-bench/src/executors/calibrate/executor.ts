import { join, relative, resolve } from 'node:path';
import type { ExecutorContext } from '@nx/devkit';
import { calibrate, isGood, writeCalibration } from '@tare/checks';
import { readOptions, type GivenOptions } from '@tare/options';
import { hostFacts } from '@tare/runner';
import { abortOnSignals, reportFailure } from '@tare/recipe';
import { options as table, partsOf } from './options.ts';

export type CalibrateOptions = GivenOptions<typeof table.shape>;

/** Holds what Tare reports on this host against known truths; fails when it is wrong. */
export default function calibration(
  given: CalibrateOptions,
  { root }: ExecutorContext,
): Promise<{ success: boolean }> {
  return reportFailure(() =>
    abortOnSignals(async (signal) => {
      const { outputPath, json, minutes, seed, only } = readOptions(table, given);
      const reports = resolve(root, outputPath);
      const progress = json ? process.stderr : process.stdout;
      const result = await calibrate({
        minutes,
        seed,
        parts: partsOf(only),
        host: await hostFacts(),
        runsFolder: join(reports, 'runs'),
        onProgress: (line) => progress.write(`${line}\n`),
        signal,
      });
      const path = await writeCalibration(join(reports, 'calibration'), result);
      progress.write(`written: ${relative(root, path)}, calibration.md beside it\n`);
      if (json) process.stdout.write(`${JSON.stringify(result, undefined, 2)}\n`);
      return isGood(result);
    }),
  );
}

import { join, relative, resolve } from 'node:path';
import {
  calibrate,
  calibrationParts,
  isGood,
  usualParts,
  writeCalibration,
  type CalibrationPart,
} from '@tare/checks';
import { executor } from '@tare/nx-kit';
import { hostFacts } from '@tare/runner';
import { tables } from '../../options.ts';

/** Checks what Tare reports on this host against known truths; fails when it is wrong. */
export default executor(tables.calibrate, async (options, { root }, signal) => {
  const { outputPath, json, minutes, seed, only } = options;
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
  const { path, written } = await writeCalibration(join(reports, 'calibration'), result);
  progress.write(`written: ${relative(root, path)}, calibration.md beside it\n`);
  if (json) process.stdout.write(`${JSON.stringify(written, undefined, 2)}\n`);
  return isGood(result);
});

/**
 * The parts that are named, in the order in which they are made; the usual ones without a name.
 * @throws Error with one line that names the option, its value and what was expected.
 */
export function partsOf(only?: string): readonly CalibrationPart[] {
  if (only === undefined) return usualParts;
  const wanted = only
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean);
  const unknown = wanted.find((part) => !calibrationParts.some((known) => known === part));
  if (unknown !== undefined || wanted.length === 0) {
    throw new Error(`--only=${only}: expected some of ${calibrationParts.join(', ')}`);
  }
  return calibrationParts.filter((part) => wanted.includes(part));
}

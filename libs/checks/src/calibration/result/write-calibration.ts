import { randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { calibrationSchema, type Calibration } from './calibration-file.ts';
import { calibrationMarkdown } from './calibration-markdown.ts';

/** @returns the path of a host's calibration in a folder. */
export function calibrationPath(folder: string, hostFingerprint: string): string {
  return join(folder, `${hostFingerprint}.json`);
}

/**
 * Writes a calibration as <host fingerprint>.json, and as tables in calibration.md beside it; each whole or not at all.
 * @returns the path of the JSON file.
 * @throws Error, one line that names the file, when it cannot be written.
 */
export async function writeCalibration(folder: string, calibration: Calibration): Promise<string> {
  const path = calibrationPath(folder, calibration.hostFingerprint);
  await writeAside(path, `${JSON.stringify(calibrationSchema.parse(calibration), null, 2)}\n`);
  await writeAside(join(folder, 'calibration.md'), calibrationMarkdown(calibration));
  return path;
}

async function writeAside(path: string, text: string): Promise<void> {
  const aside = `${path}.${randomUUID()}.tmp`;
  try {
    await mkdir(dirname(path), { recursive: true });
    const file = await open(aside, 'wx');
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(aside, path);
  } catch (cause) {
    await rm(aside, { force: true });
    throw new Error(`${path}: not written: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
}

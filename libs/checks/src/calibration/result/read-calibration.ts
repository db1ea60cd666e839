import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { calibrationSchema, calibrationSchemaVersion, type Calibration } from './calibration-file.ts';
import { calibrationPath } from './write-calibration.ts';

const versioned = z.looseObject({ schema: z.unknown() });

/**
 * Reads the calibration of a host.
 * @returns null when it was never calibrated.
 * @throws Error, one line that names the file and what is wrong with it.
 */
export async function readCalibration(folder: string, hostFingerprint: string): Promise<Calibration | null> {
  const path = calibrationPath(folder, hostFingerprint);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new Error(`${path}: not read: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (cause) {
    throw new Error(`${path}: is not JSON; calibrate again`, { cause });
  }
  const version = versioned.safeParse(data).data?.schema;
  if (typeof version === 'number' && version !== calibrationSchemaVersion) {
    throw new Error(
      `${path}: has schema version ${version}, this version of Tare reads ${calibrationSchemaVersion}; calibrate again`,
    );
  }
  const result = calibrationSchema.safeParse(data);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new Error(
    `${path}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not valid'}; calibrate again`,
  );
}

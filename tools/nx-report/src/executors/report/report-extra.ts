import { readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { readCalibration, summariseCalibration } from '@tare/checks/calibration';
import { capacityModel, type CalibrationSummary, type WorkloadCapacity } from '@tare/report';
import { hostFingerprint, parseCapacityFile, type RunFile } from '@tare/results';

export type ReportPlaces = {
  /** Of the workspace. */
  readonly root: string;
  /** Folder of the report, where a search for capacity leaves its file too. */
  readonly outputPath: string;
};

/** What a report says beside its run. */
export type ReportExtra = {
  readonly calibration: CalibrationSummary | undefined;
  readonly capacities: readonly WorkloadCapacity[];
  /** What cannot be said: one line per file that is there and broken. */
  readonly problems: readonly string[];
};

/** Looks for the latest calibration of the run's host, and for the capacities of the same host. Never throws. */
export async function reportExtra(
  { host }: RunFile,
  { root, outputPath }: ReportPlaces,
): Promise<ReportExtra> {
  const fingerprint = hostFingerprint(host);
  const problems: string[] = [];
  const leftOut = (error: unknown): undefined => {
    problems.push(messageOf(error));
  };
  const calibration = await calibrationOf(fingerprint, root).catch(leftOut);
  const capacities = await capacitiesOf(fingerprint, root, join(outputPath, 'capacity.json')).catch(leftOut);
  return { calibration, capacities: capacities ?? [], problems };
}

async function calibrationOf(fingerprint: string, root: string): Promise<CalibrationSummary | undefined> {
  const folder = join(root, 'reports', 'calibration');
  const calibration = await readCalibration(folder, fingerprint);
  if (calibration === null) return undefined;
  const path = relative(root, join(folder, `${fingerprint}.json`));
  return { ...summariseCalibration(calibration, folder), path };
}

async function capacitiesOf(
  fingerprint: string,
  root: string,
  path: string,
): Promise<readonly WorkloadCapacity[]> {
  const shown = relative(root, path);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') return [];
    throw new Error(`${shown}: not read: ${messageOf(error)}`, { cause: error });
  }
  const capacity = parseCapacityFile(text, shown);
  return hostFingerprint(capacity.host) === fingerprint ? capacityModel(capacity).workloads : [];
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

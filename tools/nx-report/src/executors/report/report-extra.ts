import { readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { readCalibration, summariseCalibration } from '@tare/calibration/result';
import { capacityCurves, type ReportPageExtra } from '@tare/report';
import { hostFingerprint, parseCapacityFile, type RunFile } from '@tare/results';

export type ReportPlaces = {
  /** Of the workspace. */
  readonly root: string;
  /** Folder of the report, where a search for capacity leaves its file too. */
  readonly outputPath: string;
};

/** What a report says beside its run, and what of it cannot be said: one line per file that is there and broken. */
export type FoundExtra = { readonly extra: ReportPageExtra; readonly problems: readonly string[] };

/** Looks for the latest calibration of the run's host, and for the capacity curves of the same host. Never throws. */
export async function reportExtra(
  { host }: RunFile,
  { root, outputPath }: ReportPlaces,
): Promise<FoundExtra> {
  const fingerprint = hostFingerprint(host);
  const folder = join(root, 'reports', 'calibration');
  const problems: string[] = [];
  const leftOut = (error: unknown): ReportPageExtra => {
    problems.push(messageOf(error));
    return {};
  };
  const calibration = await calibrationOf(fingerprint, root, folder).catch(leftOut);
  const capacity = await capacityOf(fingerprint, root, join(outputPath, 'capacity.json')).catch(leftOut);
  return { extra: { ...calibration, ...capacity }, problems };
}

async function calibrationOf(fingerprint: string, root: string, folder: string): Promise<ReportPageExtra> {
  const calibration = await readCalibration(folder, fingerprint);
  if (calibration === null) return {};
  const path = relative(root, join(folder, `${fingerprint}.json`));
  return { calibration: { ...summariseCalibration(calibration, folder), path } };
}

async function capacityOf(fingerprint: string, root: string, path: string): Promise<ReportPageExtra> {
  const shown = relative(root, path);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') return {};
    throw new Error(`${shown}: not read: ${messageOf(error)}`, { cause: error });
  }
  const capacity = parseCapacityFile(text, shown);
  return hostFingerprint(capacity.host) === fingerprint ? { capacity: capacityCurves(capacity) } : {};
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

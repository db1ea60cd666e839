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

/**
 * What a report says beside its run: the latest calibration of the run's host, and the capacity curves of the same host.
 * @throws Error in one line when one of the two files is there and broken.
 */
export async function reportExtra(
  { host }: RunFile,
  { root, outputPath }: ReportPlaces,
): Promise<ReportPageExtra> {
  const fingerprint = hostFingerprint(host);
  const folder = join(root, 'reports', 'calibration');
  const calibration = await readCalibration(folder, fingerprint);
  const capacityPath = join(outputPath, 'capacity.json');
  const text = await readFile(capacityPath, 'utf8').catch(() => undefined);
  const capacity = text === undefined ? undefined : parseCapacityFile(text, relative(root, capacityPath));
  const isSameHost = capacity !== undefined && hostFingerprint(capacity.host) === fingerprint;
  return {
    ...(calibration !== null && {
      calibration: {
        ...summariseCalibration(calibration, folder),
        path: relative(root, join(folder, `${fingerprint}.json`)),
      },
    }),
    ...(isSameHost && { capacity: capacityCurves(capacity) }),
  };
}

import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { reportFlags } from '@tare/report';

/** What measures and what reports, and where their files lie. */
type Steps = {
  readonly root: string;
  /** The folder `reports`, from the root. */
  readonly outputPath: string;
  readonly measure: (options: object) => Promise<boolean>;
  readonly report: (options: object) => Promise<boolean>;
};

/**
 * Measures, and reports what was measured, if anything was.
 * @param options of both.
 * @returns whether both succeeded.
 */
export async function measureAndReport(
  options: Readonly<Record<string, unknown>>,
  { root, outputPath, measure, report }: Steps,
): Promise<boolean> {
  const isOfReport = ([name]: readonly [string, unknown]): boolean => Object.hasOwn(reportFlags, name);
  const given = Object.entries(options);
  const ofReport = Object.fromEntries(given.filter(isOfReport));
  const ofMeasurement = Object.fromEntries(given.filter((each) => !isOfReport(each)));
  const latest = join(outputPath, 'latest');
  const runFile = join(latest, 'run.json');
  const before = await idOf(resolve(root, runFile));
  const isMeasured = await measure(ofMeasurement);
  const after = await idOf(resolve(root, runFile));
  // without a new run the report would be that of another
  if (after === undefined || after === before) return false;
  const isReported = await report({ ...ofReport, runFile, outputPath: latest });
  return isMeasured && isReported;
}

async function idOf(path: string): Promise<string | undefined> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return /"id": ?"([^"]+)"/.exec(text)?.[1];
}

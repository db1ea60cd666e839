import { existsSync, lstatSync, mkdtempSync, readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Instance, Launch } from './contract.ts';
import { isLeft, runnerPattern, thisRunner } from './run-marks.ts';

/** Where the data of an app lies that runs as a process of this host, for the run file. */
export const dataFolderWords = 'a temporary folder of the host';

/**
 * Starts an app with a fresh and empty folder for its data, if it wants one: a temporary folder, named by environment, run
 * and runner, which goes when the instance is stopped or does not start.
 * @param start gets the variable that names the folder; none for an app without data.
 */
export async function withDataFolder(
  { dataVariable, context }: Launch,
  environment: string,
  start: (variables: Readonly<Record<string, string>>) => Promise<Instance>,
): Promise<Instance> {
  if (dataVariable === undefined) return start({});
  const folder = makeFolder(`${namePrefix(environment)}${context.runId}-${thisRunner()}-`);
  try {
    const instance = await start({ [dataVariable]: folder });
    const stop = async (): Promise<void> => {
      try {
        await instance.stop();
      } finally {
        await remove(folder);
      }
    };
    return { ...instance, stop };
  } catch (error) {
    await remove(folder);
    throw error;
  }
}

/**
 * Removes the data folders that a killed run left behind. The apps that write into them must have ended.
 * @param environment only those that this environment made.
 * @param runId those of this run, except what a living process that has gone on with it made; undefined for those of every run whose runner is known to have.
 * @returns a line for each that was removed.
 */
export async function reapDataFolders(
  environment: string,
  runId: string | undefined,
): Promise<readonly string[]> {
  const prefix = namePrefix(environment);
  const lines: string[] = [];
  for (const name of namesInTemporaryFolder()) {
    if (!name.startsWith(prefix)) continue;
    const [, run, runner] = nameEnd.exec(name.slice(prefix.length)) ?? [];
    const folder = join(tmpdir(), name);
    if (run === undefined || !isOurs(folder)) continue;
    if (!isLeft({ run, runner }, runId)) continue;
    await remove(folder);
    lines.push(`data folder ${folder} of run ${run}`);
  }
  return lines;
}

// run, runner, and what mkdtemp puts behind its prefix
const nameEnd = new RegExp(`^(.+)-(${runnerPattern.source})-\\w{6}$`);

function makeFolder(prefix: string): string {
  try {
    return mkdtempSync(join(tmpdir(), prefix));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(
      `no folder for the app’s data can be made in ${tmpdir()} (${why}): let TMPDIR name a folder that may be written`,
      { cause },
    );
  }
}

/** Without such a folder nothing can be left in it. An app that needs one fails when it is made. */
function namesInTemporaryFolder(): readonly string[] {
  return existsSync(tmpdir()) ? readdirSync(tmpdir()) : [];
}

function namePrefix(environment: string): string {
  return `tare-data-${environment}-`;
}

/** Whether it is a folder that this user made: anyone may write into the folder for temporary files. */
function isOurs(path: string): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false });
  return found?.isDirectory() === true && found.uid === (process.getuid?.() ?? found.uid);
}

async function remove(folder: string): Promise<void> {
  // tried again when something was written into it meanwhile
  await rm(folder, { recursive: true, force: true, maxRetries: 3 });
}

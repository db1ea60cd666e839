import { resolve } from 'node:path';
import type { ExecutorContext } from '@nx/devkit';
import { readOptions, type GivenOptions } from '@tare/options';
import { messageOf } from '@tare/recipe';
import { examineHost } from '@tare/checks';
import { loadConfig } from '@tare/runner';
import { tables } from '../../options.ts';
import { renderDoctor } from './render-doctor.ts';

export type DoctorOptions = GivenOptions<typeof tables.doctor.shape>;

const examinationDeadlineMs = 120_000;
const columnsOfAFile = 120;

/** Says what this host offers to a measurement and what disturbs it; fails when a run could not measure here. */
export default async function doctor(
  given: DoctorOptions,
  { root }: ExecutorContext,
): Promise<{ success: boolean }> {
  try {
    const { config: configFile, json } = readOptions(tables.doctor, given);
    const { environments, resources } = await loadConfig(resolve(root, configFile), configFile);
    const lines = await examineHost({
      environments,
      resources,
      workspace: root,
      signal: AbortSignal.timeout(examinationDeadlineMs),
    });
    const { columns = columnsOfAFile, isTTY: colour } = process.stdout;
    process.stdout.write(
      json ? `${JSON.stringify(lines, undefined, 2)}\n` : renderDoctor(lines, { columns, colour }),
    );
    return { success: lines.every(({ level }) => level !== 'problem') };
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`);
    return { success: false };
  }
}

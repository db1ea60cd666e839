import { resolve } from 'node:path';
import { examineHost } from '@tare/checks';
import { executor } from '@tare/nx-kit';
import { environmentsOf, loadConfig } from '@tare/runner';
import { tables } from '../../options.ts';
import { renderDoctor } from './render-doctor.ts';

const examinationDeadlineMs = 120_000;
const columnsOfAFile = 120;

/** Says what this host offers to a measurement and what disturbs it; fails when a run could not measure here. */
export default executor(tables.doctor, async ({ config: configFile, json }, { root }, told) => {
  const settings = await loadConfig(resolve(root, configFile), configFile);
  const { resources } = settings;
  const signal = AbortSignal.any([told, AbortSignal.timeout(examinationDeadlineMs)]);
  const lines = await examineHost({
    environments: environmentsOf(settings),
    resources,
    workspace: root,
    signal,
  });
  const { columns = columnsOfAFile, isTTY: colour } = process.stdout;
  process.stdout.write(
    json ? `${JSON.stringify(lines, undefined, 2)}\n` : renderDoctor(lines, { columns, colour }),
  );
  return lines.every(({ level }) => level !== 'problem');
});

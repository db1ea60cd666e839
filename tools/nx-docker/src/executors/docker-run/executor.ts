import { join } from 'node:path';
import { plainText } from '@tare/metrics';
import { executor, readRecord } from '@tare/nx-kit';
import { runImage } from '../../delivery/run-image.ts';
import { probeEngine } from '../../engine/probe-engine.ts';
import { ensureImage, projectPath } from '../../image/images.ts';
import { tables } from '../../options.ts';
import { imageRecordSchema } from '../../records.ts';

const dockerRun = executor(tables['docker-run'], async (options, { root, projectName = 'app' }, signal) => {
  const { out, socket, healthSeconds, env, ...rest } = options;
  const variables = env.map(variableOf);
  const found = await probeEngine(signal, socket);
  if (!found.usable) throw new Error(`${projectName} is not run: ${found.reason}. ${found.remedy}`);
  if (found.facts.anotherMachine)
    throw new Error('the Docker engine runs on another machine, whose ports are not those of 127.0.0.1');
  const { engine } = found;
  const record = readRecord(
    join(root, out, 'image.json'),
    imageRecordSchema,
    'Run the target docker-build first.',
  );
  const { facts: image } = await ensureImage(engine, record, join(root, out, 'image.tar'), signal);
  const name = `tare-${projectPath(projectName).replaceAll('/', '-')}`;
  const tell = (line: string): void => void process.stdout.write(`${plainText(line)}\n`);
  return runImage(
    engine,
    {
      project: projectName,
      name,
      image,
      socket,
      variables,
      tell,
      healthDeadlineMs: healthSeconds * 1000,
      ...rest,
    },
    signal,
  );
});

/** "NAME=value", or "NAME" for the value that it has here: so a secret stands in no list of processes. */
function variableOf(given: string): string {
  if (/^\w+=/.test(given)) return given;
  const value = /^\w+$/.test(given) ? process.env[given] : undefined;
  if (value !== undefined) return `${given}=${value}`;
  throw new Error(`option env has "${given}"; expected NAME=value, or the name of a variable that is set`);
}

export default dockerRun;

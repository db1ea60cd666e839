import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ExecutorContext } from '@nx/devkit';
import { waitForHttp } from '@tare/metrics';
import { executor, lockedNode, readRecord, skipWithout } from '@tare/nx-kit';
import { ensureBox } from '../../box.ts';
import { type Accelerator, bringUp } from '../../machine/bring-up.ts';
import { machinePlace, machineVariables } from '../../machine/machine-place.ts';
import { boxRecordSchema, probeRecordSchema } from '../../records.ts';
import { createVagrant } from '../../vagrant-client.ts';
import { tables } from '../../options.ts';

const vagrantUp = executor(tables['vagrant-up'], async (options, context, signal) => {
  const at = (path: string): string => join(context.root, path);
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  const host = readRecord(at(options.probe), probeRecordSchema, 'Run the target vagrant-probe first.');
  if (host.provider === 'none') return skipWithout('vagrant', 'vagrant-up', host);
  const boxFolder = at(options.box);
  const made = readRecord(join(boxFolder, 'box.json'), boxRecordSchema, 'Run the target vagrant-box first.');
  const own = process.env.TARE_BOX;
  const port = forwardedPort();
  const artifacts = workloadArtifacts(options, context);
  const bootDeadlineMs = options.bootDeadlineSeconds * 1_000;
  const place = machinePlace(at(options.folder), { provider: host.provider });
  const variables = machineVariables({
    box: own ?? made.name,
    ...(made.mode === 'public' && own === undefined ? { boxVersion: made.version } : {}),
    // a public box has none
    ...(made.mode === 'public' && { node: lockedNode(context.root, made.architecture).binary }),
    artifacts,
  });
  const client = (accelerator?: Accelerator) =>
    createVagrant({
      ...place,
      // the user's own variables win
      variables: {
        ...variables,
        ...(accelerator === undefined ? {} : { TARE_DRIVER: accelerator === 'kvm' ? 'kvm' : 'qemu' }),
        ...ownVariables(),
      },
      onLine: say,
      upDeadlineMs: bootDeadlineMs + 60_000,
    });
  if (own === undefined && (await ensureBox(client(), made, boxFolder, signal)))
    say(`box ${made.name} added`);
  await bringUp(
    {
      place,
      vagrant: client,
      accelerator: process.env.TARE_DRIVER === undefined ? options.accelerator : undefined,
      records: dirname(boxFolder),
      box: own ?? made.name,
      port,
      bootDeadlineMs,
      say,
    },
    signal,
  );
  const [workload = ''] = Object.keys(artifacts);
  if (port === undefined) say(`${workload} runs in the machine; no port is forwarded`);
  else {
    const url = new URL(`http://127.0.0.1:${port}${options.healthPath}`);
    // the tunnel may not listen yet when vagrant returns
    await waitForHttp({
      url,
      since: process.hrtime.bigint(),
      intervalMs: 200,
      deadlineMs: 60_000,
      signal,
    });
    say(`${workload} answers at ${url.origin}`);
  }
  return true;
});

/** The variables that the user set for the Vagrantfile. */
function ownVariables(): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      name.startsWith('TARE_') && value !== undefined ? [[name, value]] : [],
    ),
  );
}

/** Which projects are workloads, and where their bundles are. */
type WorkloadOptions = {
  /** Tag of the projects that are workloads. */
  readonly workloadTag: string;
  /** Where a workload's build writes its bundle: "dist/{workloadRoot}/main.mjs". */
  readonly artifact: string;
  /** The workload that starts with the machine; undefined for the first by name. */
  readonly workload?: string | undefined;
};

/**
 * The bundles of the workspace's workloads: project → absolute path, the one that starts with the machine first.
 * @throws Error in one line when there is none, one is not built, or the one to start is not among them.
 */
export function workloadArtifacts(
  { workloadTag, artifact, workload }: WorkloadOptions,
  { root, projectGraph }: Pick<ExecutorContext, 'root' | 'projectGraph'>,
): Readonly<Record<string, string>> {
  const projects = Object.values(projectGraph.nodes)
    .filter(({ data }) => data.tags?.includes(workloadTag) === true)
    .sort(
      (one, other) =>
        Number(other.name === workload) - Number(one.name === workload) || one.name.localeCompare(other.name),
    );
  const names = projects.map(({ name }) => name);
  if (names.length === 0)
    throw new Error(`option workloadTag is "${workloadTag}", and no project has that tag`);
  if (workload !== undefined && !names.includes(workload))
    throw new Error(`option workload is "${workload}"; expected one of ${names.join(', ')}`);
  return Object.fromEntries(
    projects.map(({ name, data }) => {
      const path = join(
        root,
        artifact.replaceAll('{workloadRoot}', data.root).replaceAll('{workload}', name),
      );
      if (!existsSync(path)) throw new Error(`${path} is missing; run nx run ${name}:build`);
      return [name, path];
    }),
  );
}

const usualPort = 8001;

/**
 * The host's port that the Vagrantfile forwards to the guest, from `TARE_PORT` and `TARE_FORWARD`.
 * @returns undefined when `TARE_FORWARD` is 0.
 * @throws Error in one line when `TARE_PORT` is no port.
 */
export function forwardedPort(variables: NodeJS.ProcessEnv = process.env): number | undefined {
  if (variables.TARE_FORWARD === '0') return undefined;
  const given = variables.TARE_PORT ?? String(usualPort);
  const port = Number(given);
  if (!/^\d+$/.test(given) || port < 1 || port > 65_535)
    throw new Error(`TARE_PORT is "${given}"; expected a port from 1 to 65535`);
  return port;
}

export default vagrantUp;

import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutorContext } from '@nx/devkit';
import { hashFile, hashFolder } from '@tare/environment';
import { writeRecord } from '@tare/nx-kit';
import type { OptionsOf } from '@tare/options';
import { z } from 'zod';
import type { VmArtifact } from '../guest/guest-app.ts';
import { guestPort } from '../guest/guest-service.ts';
import { machineId, type MachinePlace } from '../machine/machine-place.ts';
import type { tables } from '../options.ts';

/** A workload that a machine serves until it is shut down. */
export type Service = {
  readonly workload: string;
  /** Absolute path of its bundle, or of its folder. */
  readonly path: string;
  /** What starts an app that is a folder. */
  readonly command: readonly string[] | undefined;
  /** The port of 127.0.0.1 on the host that is forwarded to it. */
  readonly port: number;
  /** The port that it listens on in the guest. */
  readonly guestPort: number;
  /** Path that answers 2xx when it is up. */
  readonly health: string;
  /** The variable that gets a folder for its data. */
  readonly dataVariable: string | undefined;
  readonly variables: Readonly<Record<string, string>>;
};

type ServiceOptions = Pick<
  OptionsOf<(typeof tables)['vagrant-up']>,
  'workloadTag' | 'artifact' | 'workload' | 'services' | 'healthPath'
>;

const usualPort = 8001;

/**
 * The services that the options ask for, in their order.
 * @param given the port that overrides that of the first.
 * @throws Error in one line when a workload is unknown or not built, or a port is missing or taken twice.
 */
export function chosenServices(
  { workloadTag, artifact, workload, services, healthPath }: ServiceOptions,
  { root, projectGraph }: Pick<ExecutorContext, 'root' | 'projectGraph'>,
  given?: number,
): readonly Service[] {
  const projects = Object.values(projectGraph.nodes).filter(
    ({ data }) => data.tags?.includes(workloadTag) === true,
  );
  const names = projects.map(({ name }) => name).sort((one, other) => one.localeCompare(other));
  const [first] = names;
  if (first === undefined)
    throw new Error(`option workloadTag is "${workloadTag}", and no project has that tag`);
  const chosen = [...new Set(workload ?? [first])];
  for (const [option, asked] of Object.entries({ workload: chosen, services: Object.keys(services) })) {
    const unknown = asked.find((name) => !names.includes(name));
    if (unknown !== undefined)
      throw new Error(`option ${option} names "${unknown}"; expected one of ${names.join(', ')}`);
  }
  const found = chosen.map((name, index): Service => {
    const own = services[name] ?? {};
    const folder = projects.find((project) => project.name === name)?.data.root ?? '';
    const path = join(
      root,
      (own.artifact ?? artifact).replaceAll('{workloadRoot}', folder).replaceAll('{workload}', name),
    );
    if (!existsSync(path)) throw new Error(`${path} is missing; run nx run ${name}:build`);
    const port = index === 0 ? (given ?? own.port ?? usualPort) : own.port;
    if (port === undefined)
      throw new Error(`option services has no port for "${name}": { "${name}": { "port": 8002 } }`);
    const isFolder = statSync(path).isDirectory();
    if (isFolder !== (own.command !== undefined))
      throw new Error(
        isFolder
          ? `${path} of ${name} is a folder, and option services has no command for it`
          : `option services has a command for "${name}", and ${path} is one file, which node runs`,
      );
    return {
      workload: name,
      path,
      command: own.command,
      port,
      guestPort: own.guestPort ?? guestPort + index,
      health: own.health ?? healthPath,
      dataVariable: own.data,
      variables: Object.fromEntries((own.env ?? []).map((each) => variableOf(name, each))),
    };
  });
  for (const [member, where] of [
    ['port', 'port'],
    ['guestPort', 'port in the guest'],
  ] as const) {
    const twice = found.find((service, index) =>
      found.slice(0, index).some((other) => other[member] === service[member]),
    );
    if (twice !== undefined)
      throw new Error(`${twice.workload} has the ${where} ${twice[member]}, as another workload has`);
  }
  return found;
}

function variableOf(workload: string, given: string): readonly [name: string, value: string] {
  const [, name, value] = /^([A-Za-z_]\w*)=(.*)$/s.exec(given) ?? [];
  if (name !== undefined && value !== undefined) return [name, value];
  throw new Error(`option services has the variable "${given}" for "${workload}"; expected NAME=value`);
}

/** What a guest is given of a service. @throws Error in one line for a folder without files. */
export async function artifactOf(
  { workload, path, command }: Service,
  signal: AbortSignal,
): Promise<VmArtifact> {
  if (command === undefined) return { kind: 'node', workload, path, ...(await hashFile(path)) };
  const content = await hashFolder(path, signal);
  if (content === undefined) throw new Error(`${path} of ${workload} is a folder without files`);
  return { kind: 'files', workload, path, command, ...content };
}

const recordSchema = z.strictObject({
  /** What the provider calls the machine: another one of the same place serves nothing. */
  machine: z.string(),
  services: z.array(z.strictObject({ workload: z.string(), port: z.int(), guestPort: z.int() })),
});

/** Notes that the machine of a place serves these. */
export async function noteServices(place: MachinePlace, services: readonly Service[]): Promise<void> {
  const served = services.map(({ workload, port, guestPort }) => ({ workload, port, guestPort }));
  await writeRecord(recordFile(place), { machine: machineId(place) ?? '', services: served });
}

/** What the machine of a place serves, or will again when it is switched on; nothing if it is none of `vagrant-up`. */
export function servedBy(place: MachinePlace): z.infer<typeof recordSchema>['services'] {
  try {
    const { machine, services } = recordSchema.parse(JSON.parse(readFileSync(recordFile(place), 'utf8')));
    return machine === machineId(place) ? services : [];
  } catch {
    // none, or by another version of this suite
    return [];
  }
}

function recordFile({ state }: MachinePlace): string {
  return join(state, 'services.json');
}

import { posix } from 'node:path';
import { type Artifact, type Launch, runVariable, withPort } from '@tare/environment';
import { appUserId } from '../base/rootfs-archive.ts';
import type { EngineTraits } from '../engine/engine-source.ts';
import { labelsFor } from '../engine/run-labels.ts';
import { appFolder, dataFolder } from '../image/build-context.ts';
import type { ImageFacts } from '../image/images.ts';

/** How requests reach a container. It decides the throughput, so it is part of what is measured. */
export type ContainerNetwork = 'bridge' | 'host' | 'published';

/** The port that an app in a network of its own listens on. */
export const containerPort = 8080;

/** What decides how a container is made. */
export type ContainerOrder = {
  readonly launch: Launch;
  readonly image: ImageFacts;
  readonly network: ContainerNetwork;
  readonly traits: EngineTraits;
  /** Port that the app listens on. */
  readonly appPort: number;
};

/**
 * The body of `POST /containers/create`, with the run's budget. An app that comes without an image gets only what it needs: no
 * privileges, a user of its own, and no writable disk but /tmp and a volume for its data if it keeps any. An image runs as it
 * is shipped.
 */
export function containerSpec({ launch, image, network, traits, appPort }: ContainerOrder): object {
  const { artifact, context, variables, dataVariable } = launch;
  const { memoryMiB, serverCpus, cpus, nodeArguments } = context.resources;
  const memoryBytes = Math.round(memoryMiB * 2 ** 20);
  const port = `${appPort}/tcp`;
  const isShipped = artifact.kind === 'image';
  const environment = {
    ...(isShipped ? {} : { NODE_ENV: 'production', HOST: network === 'host' ? '127.0.0.1' : '0.0.0.0' }),
    PORT: String(appPort),
    ...variables,
    ...(dataVariable === undefined ? {} : { [dataVariable]: dataFolder }),
    [runVariable]: context.runId,
  };
  const labels = labelsFor(context.runId);
  const [program = '', ...words] = containerCommand(artifact, image, nodeArguments).command;
  return {
    Image: image.Id,
    Entrypoint: [program],
    Cmd: words.map((word) => (artifact.kind === 'files' ? withPort(word, appPort) : word)),
    ...(artifact.kind === 'files' ? { WorkingDir: appFolder } : {}),
    Env: Object.entries(environment).map(([name, value]) => `${name}=${value}`),
    ...(isShipped ? {} : { User: `${appUserId}:${appUserId}` }),
    Labels: labels,
    ...(network === 'published' ? { ExposedPorts: { [port]: {} } } : {}),
    // the app would pay for a check that runs node
    Healthcheck: { Test: ['NONE'] },
    HostConfig: {
      NetworkMode: network === 'host' ? 'host' : traits.ownNetwork,
      ...(network === 'published'
        ? { PortBindings: { [port]: [{ HostIp: traits.published.bind, HostPort: '' }] } }
        : {}),
      ...(isShipped
        ? {}
        : {
            ReadonlyRootfs: true,
            Tmpfs: { '/tmp': 'rw,nosuid,nodev,noexec,size=64m,mode=1777' },
            CapDrop: ['ALL'],
            SecurityOpt: ['no-new-privileges'],
          }),
      // without a name it is removed with the container
      ...(dataVariable === undefined
        ? {}
        : { Mounts: [{ Type: 'volume', Target: dataFolder, VolumeOptions: { Labels: labels } }] }),
      // node hangs with fewer than 32; how many an image needs nobody knows
      PidsLimit: isShipped ? 4096 : 256,
      Memory: memoryBytes,
      MemorySwap: memoryBytes,
      ...(serverCpus === undefined
        ? { NanoCpus: Math.round(cpus * 1e9) }
        : { CpusetCpus: serverCpus.join(',') }),
      // the log is read back, whatever driver the engine has as its default
      LogConfig: { Type: 'json-file', Config: { 'max-size': '1m', 'max-file': '1' } },
      RestartPolicy: { Name: 'no' },
      ...traits.hostConfig,
    },
  };
}

/** What a container runs. */
type ContainerCommand = {
  /** Program and arguments. */
  readonly command: readonly string[];
  /** Whether node gets its arguments: only what is sure to be Node takes them. */
  readonly isNode: boolean;
};

/** What a container runs: the app's own command or the image's, with the run's arguments for node before the script. */
export function containerCommand(
  artifact: Artifact,
  { Config: { Entrypoint, Cmd } }: Pick<ImageFacts, 'Config'>,
  nodeArguments: readonly string[],
): ContainerCommand {
  if (artifact.kind === 'files') {
    const [program = '', ...words] = artifact.command;
    if (program === 'node')
      return { command: ['/usr/local/bin/node', ...nodeArguments, ...words], isNode: true };
    const path = program.includes('/') ? posix.resolve(appFolder, program) : program;
    return { command: [path, ...words], isNode: false };
  }
  const command = [...Entrypoint, ...Cmd];
  // ["node", …]; ["tini", "--", "node"]; a script that ends with exec "$@", and after it node as its command
  const at = [0, Entrypoint.length - 1, Entrypoint.length].find((place) =>
    /^(?:.*\/)?node(?:js)?$/.test(command[place] ?? ''),
  );
  if (at !== undefined) return { command: command.toSpliced(at + 1, 0, ...nodeArguments), isNode: true };
  if (artifact.kind === 'node' && nodeArguments.length > 0) {
    throw new Error(
      `the image's entrypoint is ${JSON.stringify(Entrypoint)}; expected one that ends with node, to give it ${nodeArguments.join(' ')}`,
    );
  }
  return { command, isNode: false };
}

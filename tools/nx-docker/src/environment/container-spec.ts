import { hostname } from 'node:os';
import { isRunnerGone, type Launch, runVariable, thisRunner } from '@tare/environment';
import { appUserId } from '../base/rootfs-archive.ts';
import type { Engine } from '../engine/connect-engine.ts';
import { dataFolder } from '../image/build-context.ts';
import type { ImageFacts } from '../image/images.ts';

/** How requests reach a container. It decides the throughput, so it is part of what is measured. */
export type ContainerNetwork = 'bridge' | 'host' | 'published';

/** The path in words, for the run file. */
export const networkWords: Readonly<Record<ContainerNetwork, string>> = {
  bridge: 'address of the container on the bridge',
  host: 'network of the host, 127.0.0.1',
  published: 'port published on 127.0.0.1',
};

/** The port that an app in a network of its own listens on. */
export const containerPort = 8080;

/** Labels of every container and volume that is made here; a later run finds by them what a killed run left. */
export const runLabel = 'tare.run';
const hostLabel = 'tare.host';
const runnerLabel = 'tare.runner';

/** A filter for what this host made in a run, or in any run if undefined. */
export function labelsOfRun(runId: string | undefined): readonly string[] {
  return [`${hostLabel}=${hostname()}`, runId === undefined ? runLabel : `${runLabel}=${runId}`];
}

type Labels = Readonly<Record<string, string>>;

/** The labels of everything that is made here. */
function labelsFor(runId: string): Labels {
  return { [runLabel]: runId, [hostLabel]: hostname(), [runnerLabel]: thisRunner() };
}

/** Whether a thing with these labels may be removed: the given run owns it, or its runner is known to have ended. */
export function isLeft(labels: Labels, runId: string | undefined, { address }: Engine): boolean {
  // a socket leads to an engine on this machine
  return runId === undefined ? isRunnerGone(labels[runnerLabel], address.kind === 'socket') : true;
}

/** What decides how a container is made. */
export type ContainerOrder = {
  readonly launch: Launch;
  readonly image: ImageFacts;
  readonly network: ContainerNetwork;
  /** Port that the app listens on. */
  readonly appPort: number;
  /** Port on 127.0.0.1 to publish it on; undefined for any. */
  readonly hostPort: number | undefined;
};

/**
 * The body of `POST /containers/create`: the app with only what it needs. It has no privileges, its own user, the run's budget,
 * and no writable disk but /tmp and a volume for its data if it keeps any.
 */
export function containerSpec({ launch, image, network, appPort, hostPort }: ContainerOrder): object {
  const { context, variables, dataVariable } = launch;
  const { memoryMiB, serverCpus, cpus, nodeArguments } = context.resources;
  const memoryBytes = Math.round(memoryMiB * 2 ** 20);
  const port = `${appPort}/tcp`;
  const environment = {
    NODE_ENV: 'production',
    HOST: network === 'host' ? '127.0.0.1' : '0.0.0.0',
    PORT: String(appPort),
    ...variables,
    ...(dataVariable === undefined ? {} : { [dataVariable]: dataFolder }),
    [runVariable]: context.runId,
  };
  const labels = labelsFor(context.runId);
  return {
    Image: image.Id,
    ...(nodeArguments.length === 0 ? {} : { Cmd: commandOf(image, nodeArguments) }),
    Env: Object.entries(environment).map(([name, value]) => `${name}=${value}`),
    User: `${appUserId}:${appUserId}`,
    Labels: labels,
    ...(network === 'published' ? { ExposedPorts: { [port]: {} } } : {}),
    // the app would pay for a check that runs node
    Healthcheck: { Test: ['NONE'] },
    HostConfig: {
      NetworkMode: network === 'host' ? 'host' : 'bridge',
      ...(network === 'published'
        ? { PortBindings: { [port]: [{ HostIp: '127.0.0.1', HostPort: String(hostPort ?? '') }] } }
        : {}),
      ReadonlyRootfs: true,
      Tmpfs: { '/tmp': 'rw,nosuid,nodev,noexec,size=64m,mode=1777' },
      // without a name it is removed with the container
      ...(dataVariable === undefined
        ? {}
        : { Mounts: [{ Type: 'volume', Target: dataFolder, VolumeOptions: { Labels: labels } }] }),
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
      // node hangs with fewer than 32
      PidsLimit: 256,
      Memory: memoryBytes,
      MemorySwap: memoryBytes,
      ...(serverCpus === undefined
        ? { NanoCpus: Math.round(cpus * 1e9) }
        : { CpusetCpus: serverCpus.join(',') }),
      // the log is read back, whatever driver the engine has as its default
      LogConfig: { Type: 'json-file', Config: { 'max-size': '1m', 'max-file': '1' } },
      RestartPolicy: { Name: 'no' },
    },
  };
}

/** The image's command, with arguments for node before the script. */
function commandOf(
  { Config: { Entrypoint, Cmd } }: ImageFacts,
  nodeArguments: readonly string[],
): readonly string[] {
  const program = Entrypoint.at(-1) ?? '';
  if (!/(^|\/)node$/.test(program)) {
    const shown = JSON.stringify(Entrypoint);
    throw new Error(
      `the image's entrypoint is ${shown}; expected one that ends with node, to give it ${nodeArguments.join(' ')}`,
    );
  }
  return [...nodeArguments, ...Cmd];
}

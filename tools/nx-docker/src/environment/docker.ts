import { existsSync, globSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import {
  type Artifact,
  type Availability,
  type Environment,
  type Facts,
  hostObstacle,
  type ImageArtifact,
  type Instance,
  type Isolation,
  type Obstacle,
  type RunContext,
} from '@tare/environment';
import { messageOf, readRecord } from '@tare/nx-kit';
import { appUserId } from '../base/rootfs-archive.ts';
import { nameEngine } from '../engine/engine-address.ts';
import {
  dockerEngine,
  type EngineSource,
  type EngineTraits,
  type SourceProbe,
} from '../engine/engine-source.ts';
import { remoteEngine } from '../engine/remote-engine.ts';
import { bakeApp, bakeAppFor, bakeIdentity } from '../image/bake-app.ts';
import { ensureImage, type ImageFacts } from '../image/images.ts';
import { formerRecord, type ImageRecord, imageRecordSchema } from '../records.ts';
import { startContainer } from './container-instance.ts';
import { containerCommand, type ContainerNetwork } from './container-spec.ts';
import { reapContainers, reapVolumes } from './container.ts';
import { withRuntime } from './runtime.ts';

/** How to run containers. */
export type DockerOptions = {
  /** How requests reach the container. The default, bridge, uses its own address; a published port goes through a proxy. */
  readonly network?: ContainerNetwork;
  /** The runtime, by the engine's name of it: "runsc" (gVisor), "crun", …; by default the engine's own default, usually runc. */
  readonly runtime?: string;
  /** Folder of `<project>/image.json`; by default `dist/docker/` in the working directory. */
  readonly images?: URL;
  /** What the target is called that makes images, where nx.json gives it another name (`targetName`). */
  readonly buildTarget?: string;
  /** Path of the engine's socket; by default the docker CLI's choice: DOCKER_HOST, its context, the host's. */
  readonly socket?: string;
  /**
   * An engine of another machine, "ssh://vega" or "tcp://vega:2376": its containers are reached at ports that are published there, and
   * what they cost that machine is not metered.
   */
  readonly host?: string;
  /** The address of that machine that ports are published on; by default the one that it is reached at. */
  readonly bind?: string;
};

type Ready = Extract<SourceProbe, { readonly usable: true }>;

/**
 * Runs an app in a Docker container with the run's budget: an image as it ships, any other non-root, read-only, without
 * capabilities. What docker-build has not made is baked here.
 */
export function docker(options: DockerOptions = {}): Environment {
  const { socket, host, bind, runtime } = options;
  if (host !== undefined && socket !== undefined)
    throw new Error('docker: both host and socket are given; expected one of them');
  const engine = host === undefined ? dockerEngine(socket) : remoteEngine(host, bind);
  return containers(withRuntime(engine, runtime), options);
}

/** Runs an app in a container, whatever engine there is. */
export function containers(
  source: EngineSource,
  options: Pick<DockerOptions, 'network' | 'images' | 'buildTarget'>,
): Environment {
  const { network = source.usualNetwork, buildTarget = 'docker-build' } = options;
  const images = options.images ?? new URL('dist/docker/', pathToFileURL(`${process.cwd()}/`));
  const prepared = new Map<string, Ready & { readonly image: ImageFacts }>();
  const running = new Set<Instance>();
  const starting = new Set<Promise<Instance>>();
  const name = network === source.usualNetwork ? source.name : `${source.name}:${network}`;

  const probe = async (signal: AbortSignal): Promise<Availability> => {
    try {
      const found = await source.probe(signal);
      if (!found.usable) return { usable: false, reason: found.reason, remedy: found.remedy };
      const outOfReach = whyOutOfReach(network, found);
      if (outOfReach !== undefined) return { usable: false, ...outOfReach };
      return { usable: true, facts: engineWords(found), isolation: isolationOf(network, found) };
    } catch (error) {
      return { usable: false, reason: messageOf(error), remedy: `See what \`${source.kind} version\` says.` };
    }
  };

  const ready = async (signal: AbortSignal): Promise<Ready> => {
    const found = await source.connect(signal);
    if (!found.usable) throw new Error(`${found.reason}. ${found.remedy}`);
    return found;
  };

  return {
    name,
    kind: source.kind,
    preparedBy: [{ target: buildTarget }],
    // an image is all of what it is run with; of what is baked here everything is known before
    identity: (artifact) =>
      Promise.resolve(
        artifact.kind === 'image'
          ? ''
          : (recordedImage(images, artifact)?.record.contentDigest ?? bakeIdentity(artifact)),
      ),
    sideBySide: true,
    probe,
    reap: async (runId, signal) => {
      const engine = await source.reach(signal);
      if (engine === undefined) return [];
      const containers = await reapContainers(engine, runId, signal);
      const volumes = await reapVolumes(engine, runId, signal);
      // who reaps for a run that was killed does nothing else with it
      if (prepared.size === 0) await source.close();
      return [...containers, ...volumes, ...(await source.reap())];
    },
    runs: (artifact) => {
      if (artifact.kind === 'image' && network === 'host') {
        return {
          reason: 'an image listens on its own port, which only one container has on the network of the host',
          remedy: `use ${source.kind}() or ${source.kind}({ network: 'published' })`,
        };
      }
      // a program of the folder is the same file there and here
      const isOwn = artifact.kind === 'files' && /^[^/]+\//.test(artifact.command[0] ?? '');
      return isOwn ? hostObstacle(artifact) : undefined;
    },
    prepare: async (artifact, context, signal) => {
      const found = await ready(signal);
      const { warning } = found.traits;
      if (warning !== undefined && prepared.size === 0) context.tell?.(warning);
      const { image, facts } = await imageOf(found, images, artifact, context, signal);
      prepared.set(artifact.workload, { ...found, image });
      return {
        ...engineWords(found),
        ...facts,
        network: networkWords(network, found.traits),
        data: 'a volume of the engine',
        ...budgetWords(found, context),
      };
    },
    start: async (launch, signal) => {
      const { workload } = launch.artifact;
      const found = prepared.get(workload);
      if (found === undefined)
        throw new Error(`the image of ${workload} is not prepared; call prepare first`);
      const { engine, facts, traits, image } = found;
      const { sameKernel } = facts;
      const start = startContainer({ engine, image, network, sameKernel, traits, launch }, signal);
      starting.add(start);
      const instance = await start.finally(() => starting.delete(start));
      running.add(instance);
      const stop = async (): Promise<void> => {
        await instance.stop();
        running.delete(instance);
      };
      return { ...instance, stop };
    },
    dispose: async () => {
      try {
        // a start that is broken off removes its container, for which the engine is still needed
        await Promise.allSettled(starting);
        await Promise.all([...running].map((instance) => instance.stop()));
      } finally {
        prepared.clear();
        await source.close();
      }
    },
  };
}

/** Why apps in containers cannot be reached on a network, and what to do; undefined if they can. */
function whyOutOfReach(network: ContainerNetwork, { engine, facts, traits }: Ready): Obstacle | undefined {
  const { sameKernel, anotherMachine, bridge } = facts;
  const place = nameEngine(engine.address);
  if (anotherMachine && !traits.elsewhere) {
    return {
      reason: `${place} runs on another machine: its containers are out of reach`,
      remedy:
        "Measure on that machine, choose this one's own engine (DOCKER_HOST, docker context use default), or name it in the configuration: docker({ host: 'tcp://…' }).",
    };
  }
  if (traits.elsewhere && network !== 'published') {
    return {
      reason: `${place} runs on another machine: of its containers only published ports are in reach`,
      remedy: 'Leave network out.',
    };
  }
  if (!sameKernel && network !== 'published') {
    return {
      reason: `${place} runs on another kernel than this host (a VM): its containers’ addresses are out of reach`,
      remedy: "Use docker({ network: 'published' }).",
    };
  }
  if (network === 'published' && traits.portsLeadNowhere === true) {
    return {
      reason: `nothing brings requests to the published ports of ${place}: its userland-proxy is off, and its iptables, too`,
      remedy:
        'Switch one of them on in /etc/docker/daemon.json and restart the engine, or leave network out.',
    };
  }
  if (network === 'host' || traits.ownNetwork !== 'bridge') {
    return network === 'bridge'
      ? {
          reason: 'a container without root has no address that this host can reach',
          remedy: 'Leave network out: its port is published.',
        }
      : undefined;
  }
  if (bridge === undefined) {
    return {
      reason: `${place} has no default bridge network (dockerd --bridge=none)`,
      remedy: "Start it with its bridge, or use docker({ network: 'host' }).",
    };
  }
  if (sameKernel && !bridge.inReach) {
    return {
      reason: `the containers’ addresses (${bridge.subnet}) are out of reach: no interface of this host is in that network`,
      remedy:
        'If docker0 is gone, restart the engine; inside of a container or network namespace, run on the host.',
    };
  }
  return undefined;
}

/** What stands between a container's app and the host. */
function isolationOf(network: ContainerNetwork, { facts, traits }: Ready): Isolation {
  const { kernel, publishedPath } = traits;
  const path = { bridge: 'bridge', host: 'loopback', published: publishedPath };
  // a container whose root is nobody on the host is a step further away from it
  const rung = Math.max(traits.rung, facts.hasUserNamespace ? 50 : 0);
  return {
    rung: network === 'host' ? rung - 2 : rung,
    kernel,
    namespaces: [
      ...(facts.hasUserNamespace ? ['user'] : []),
      'mount',
      'pid',
      'uts',
      'ipc',
      ...(network === 'host' ? [] : ['network']),
      // an engine makes this one where control groups are of version 2
      ...(facts.cgroupVersion === '2' ? ['cgroup'] : []),
    ],
    // a kernel in user space or in a machine is kept in by a filter of its own
    seccomp: kernel === 'host' ? facts.hasSeccomp : true,
    path: path[network],
  };
}

/** The path in words, for the run file. */
function networkWords(network: ContainerNetwork, { published, elsewhere }: EngineTraits): string {
  return {
    bridge: 'address of the container on the bridge',
    host: 'network of the host, 127.0.0.1',
    published: `port published on ${published.bind}${elsewhere ? ', on the other machine' : ''}`,
  }[network];
}

/** What an app may use, as far as the engine can see to it. */
function budgetWords({ facts, traits }: Ready, { resources }: RunContext): Facts {
  const { memoryMiB, serverCpus, cpus } = resources;
  if (facts.hasLimits) {
    return {
      memoryLimit: `${memoryMiB} MiB, the container's`,
      pinnedTo: serverCpus?.join(',') ?? `not pinned; ${cpus} CPUs' time`,
    };
  }
  const isPinned = serverCpus !== undefined && traits.pin?.(serverCpus) === true;
  return {
    memoryLimit: 'none: without root, control groups of version 1 are out of reach',
    pinnedTo: isPinned
      ? `${serverCpus.join(',')}, with the engine’s service`
      : 'not pinned, CPU time not limited',
  };
}

/** The image that an app runs in, present in the engine, with the facts about it. */
async function imageOf(
  { engine, facts: { architecture }, traits }: Ready,
  images: URL,
  artifact: Artifact,
  context: RunContext,
  signal: AbortSignal,
): Promise<{ readonly image: ImageFacts; readonly facts: Facts }> {
  if (artifact.kind === 'image') {
    const { reference: tag, sha256: contentDigest, archive } = artifact;
    const { facts: image } = await ensureImage(engine, { tag, contentDigest }, archive, signal);
    refuseOther(image, tag, architecture);
    return { image, facts: shippedWords(artifact, image, context) };
  }
  const user = `${appUserId} (nobody)`;
  const found = recordedImage(images, artifact);
  if (found === undefined) {
    const bake = traits.isHostDocker ? bakeApp : bakeAppFor;
    const { image, facts } = await bake(engine, architecture, artifact, context, signal);
    return { image, facts: { ...facts, user } };
  }
  const { record, archive } = found;
  const { sha256, workload, project = workload } = artifact;
  if (record.artifactSha256 !== sha256) {
    const held = record.artifactSha256?.slice(0, 12);
    throw new Error(
      `the image ${record.tag} holds another build of ${project} (${held}, not ${sha256.slice(0, 12)}). Run nx run ${project}:docker-build.`,
    );
  }
  const { facts: image } = await ensureImage(engine, record, archive, signal);
  refuseOther(image, record.tag, architecture);
  return { image, facts: { ...imageWords(record), user } };
}

/** @throws Error when an image is for another kind of machine than the one that its engine is on. */
function refuseOther({ Architecture }: ImageFacts, tag: string, architecture: string): void {
  if (Architecture === architecture) return;
  throw new Error(
    `the image ${tag} is for ${Architecture}; expected one for ${architecture}, which the engine runs`,
  );
}

/**
 * What docker-build has made of a bundle: of the project that is called so, or of any that has this very bundle. Undefined if nothing,
 * and if a Dockerfile of its own brings another app.
 */
function recordedImage(
  images: URL,
  { kind, workload, project = workload, sha256 }: Artifact,
): { readonly record: ImageRecord; readonly archive: string } | undefined {
  if (kind !== 'node') return undefined;
  const root = fileURLToPath(images);
  const made = (folder: string, record: ImageRecord | undefined) =>
    record && { record, archive: join(root, folder, 'image.tar') };
  const path = join(root, project, 'image.json');
  if (existsSync(path)) {
    const record = readRecord(path, imageRecordSchema, `Run nx run ${project}:docker-build.`);
    if (record.artifactSha256 !== null) return made(project, record);
  }
  return globSync('{*,@*/*}/image.json', { cwd: root })
    .map((file) => made(dirname(file), formerRecord(join(root, file))))
    .find((found) => found?.record.artifactSha256 === sha256);
}

function engineWords({ engine, facts, traits }: Ready): Facts {
  const { version, storageDriver, cgroupVersion, sameKernel } = facts;
  return {
    engine: `${engine.address.client === 'podman' ? 'Podman' : 'Docker'} ${version}`,
    storageDriver,
    cgroupVersion,
    metering: sameKernel ? 'accounts of the host' : 'statistics of the Engine API, one reading a second',
    ...traits.facts,
  };
}

function imageWords({ id, tag, sizeBytes, base, builder, nodeVersion }: ImageRecord): Facts {
  return {
    image: tag,
    imageId: id,
    imageSizeMiB: mebibytes(sizeBytes),
    base: base ?? 'of its own Dockerfile',
    builder,
    ...(nodeVersion === null ? {} : { nodeVersion: `v${nodeVersion}` }),
  };
}

/** The facts of an image that runs as it is shipped, and what is added to it. */
function shippedWords(artifact: ImageArtifact, image: ImageFacts, { resources }: RunContext): Facts {
  const { Config, Id, Size } = image;
  const { nodeArguments } = resources;
  const given = nodeArguments.join(' ');
  const isNode = containerCommand(artifact, image, nodeArguments).isNode;
  return {
    image: artifact.reference,
    imageId: Id,
    imageSizeMiB: mebibytes(Size),
    command: artifact.config.command.join(' '),
    user: Config.User === '' ? 'root, as it ships' : `${Config.User}, as it ships`,
    rootFilesystem: 'writable, as it ships',
    added: 'limits of CPU, memory and 4096 processes, labels, the variables PORT and TARE_RUN',
    ...(Config.Healthcheck === undefined || Config.Healthcheck === null
      ? {}
      : { healthcheck: 'off while it is measured' }),
    ...(given === ''
      ? {}
      : { nodeArguments: isNode ? given : `not given (${given}): it is not sure to run Node` }),
  };
}

function mebibytes(bytes: number): number {
  return Math.round((bytes / 2 ** 20) * 10) / 10;
}

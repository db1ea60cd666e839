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
  type RunContext,
} from '@tare/environment';
import { messageOf, readRecord } from '@tare/nx-kit';
import { appUserId } from '../base/rootfs-archive.ts';
import type { Engine } from '../engine/connect-engine.ts';
import { showAddress } from '../engine/engine-address.ts';
import { type EngineFacts, probeEngine } from '../engine/probe-engine.ts';
import { bakeApp, bakeIdentity } from '../image/bake-app.ts';
import { ensureImage, type ImageFacts } from '../image/images.ts';
import { formerRecord, type ImageRecord, imageRecordSchema } from '../records.ts';
import { startContainer } from './container-instance.ts';
import { containerCommand, type ContainerNetwork, networkWords } from './container-spec.ts';
import { reapContainers, reapVolumes } from './container.ts';

/** How to run containers. */
export type DockerOptions = {
  /** How requests reach the container. The default, bridge, uses its own address; a published port goes through a proxy. */
  readonly network?: ContainerNetwork;
  /** Folder of `<project>/image.json`; by default `dist/docker/` in the working directory. */
  readonly images?: URL;
  /** What the target is called that makes images, where nx.json gives it another name (`targetName`). */
  readonly buildTarget?: string;
  /** Path of the engine's socket; by default the docker CLI's choice: DOCKER_HOST, its context, the host's. */
  readonly socket?: string;
};

type Ready = { readonly engine: Engine; readonly engineFacts: EngineFacts };

/**
 * Runs an app in a Docker container with the run's budget: an image as it ships, any other non-root, read-only, without
 * capabilities. What docker-build has not made is baked here.
 */
export function docker(options: DockerOptions = {}): Environment {
  const { network = 'bridge', buildTarget = 'docker-build', socket } = options;
  const images = options.images ?? new URL('dist/docker/', pathToFileURL(`${process.cwd()}/`));
  const prepared = new Map<string, Ready & { readonly image: ImageFacts }>();
  const running = new Set<Instance>();

  const probe = async (signal: AbortSignal): Promise<Availability> => {
    try {
      const found = await probeEngine(signal, socket);
      if (!found.usable) return { usable: false, reason: found.reason, remedy: found.remedy };
      const outOfReach = whyOutOfReach(network, found.facts, showAddress(found.engine.address));
      if (outOfReach !== undefined) return { usable: false, ...outOfReach };
      return { usable: true, facts: engineWords(found.facts) };
    } catch (error) {
      return { usable: false, reason: messageOf(error), remedy: 'See what `docker version` says.' };
    }
  };

  const ready = async (signal: AbortSignal): Promise<Ready> => {
    const found = await probeEngine(signal, socket);
    if (!found.usable) throw new Error(`${found.reason}. ${found.remedy}`);
    return { engine: found.engine, engineFacts: found.facts };
  };

  return {
    name: network === 'bridge' ? 'docker' : `docker:${network}`,
    kind: 'docker',
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
      const found = await probeEngine(signal, socket);
      if (!found.usable) return [];
      const containers = await reapContainers(found.engine, runId, signal);
      return [...containers, ...(await reapVolumes(found.engine, runId, signal))];
    },
    runs: (artifact) => {
      if (artifact.kind === 'image' && network === 'host') {
        return {
          reason: 'an image listens on its own port, which only one container has on the network of the host',
          remedy: "use docker() or docker({ network: 'published' })",
        };
      }
      // a program of the folder is the same file there and here
      const isOwn = artifact.kind === 'files' && /^[^/]+\//.test(artifact.command[0] ?? '');
      return isOwn ? hostObstacle(artifact) : undefined;
    },
    prepare: async (artifact, context, signal) => {
      const { engine, engineFacts } = await ready(signal);
      const { resources } = context;
      const { image, facts } = await imageOf(engine, engineFacts, images, artifact, context, signal);
      prepared.set(artifact.workload, { engine, engineFacts, image });
      return {
        ...engineWords(engineFacts),
        ...facts,
        network: networkWords[network],
        data: 'a volume of the engine',
        memoryLimit: `${resources.memoryMiB} MiB, the container's`,
        pinnedTo: resources.serverCpus?.join(',') ?? `not pinned; ${resources.cpus} CPUs' time`,
      };
    },
    start: async (launch, signal) => {
      const { workload } = launch.artifact;
      const found = prepared.get(workload);
      if (found === undefined)
        throw new Error(`the image of ${workload} is not prepared; call prepare first`);
      const { engine, engineFacts, image } = found;
      const { sameKernel } = engineFacts;
      const instance = await startContainer({ engine, image, network, sameKernel, launch }, signal);
      running.add(instance);
      const stop = async (): Promise<void> => {
        await instance.stop();
        running.delete(instance);
      };
      return { ...instance, stop };
    },
    dispose: async () => {
      await Promise.all([...running].map((instance) => instance.stop()));
      prepared.clear();
    },
  };
}

/** Why apps in containers cannot be reached on a network, and what to do; undefined if they can. */
function whyOutOfReach(
  network: ContainerNetwork,
  { sameKernel, anotherMachine, bridge }: EngineFacts,
  place: string,
): { readonly reason: string; readonly remedy: string } | undefined {
  if (anotherMachine) {
    return {
      reason: `the Docker engine at ${place} runs on another machine: its containers are out of reach`,
      remedy: 'Measure on that machine, or choose its own engine (DOCKER_HOST, docker context use default).',
    };
  }
  if (!sameKernel && network !== 'published') {
    return {
      reason: `the Docker engine at ${place} runs on another kernel than this host (a VM): its containers’ addresses are out of reach`,
      remedy: "Use docker({ network: 'published' }).",
    };
  }
  if (network === 'host') return undefined;
  if (bridge === undefined) {
    return {
      reason: `the Docker engine at ${place} has no default bridge network (dockerd --bridge=none)`,
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

/** The image that an app runs in, present in the engine, with the facts about it. */
async function imageOf(
  engine: Engine,
  { architecture }: EngineFacts,
  images: URL,
  artifact: Artifact,
  context: RunContext,
  signal: AbortSignal,
): Promise<{ readonly image: ImageFacts; readonly facts: Facts }> {
  if (artifact.kind === 'image') {
    const { reference: tag, sha256: contentDigest, archive } = artifact;
    const { facts: image } = await ensureImage(engine, { tag, contentDigest }, archive, signal);
    return { image, facts: shippedWords(artifact, image, context) };
  }
  const user = `${appUserId} (nobody)`;
  const found = recordedImage(images, artifact);
  if (found === undefined) {
    const { image, facts } = await bakeApp(engine, architecture, artifact, context, signal);
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
  return { image, facts: { ...imageWords(record), user } };
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

function engineWords({ version, storageDriver, cgroupVersion, sameKernel }: EngineFacts): Facts {
  return {
    engine: `Docker ${version}`,
    storageDriver,
    cgroupVersion,
    metering: sameKernel ? 'accounts of the host' : 'statistics of the Engine API, one reading a second',
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

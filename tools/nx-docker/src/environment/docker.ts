import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Artifact, Availability, Environment, Facts, Instance } from '@tare/environment';
import { messageOf, readRecord } from '@tare/nx-kit';
import { appUserId } from '../base/rootfs-archive.ts';
import type { Engine } from '../engine/connect-engine.ts';
import { showAddress } from '../engine/engine-address.ts';
import { type EngineFacts, probeEngine } from '../engine/probe-engine.ts';
import { ensureImage, type ImageFacts } from '../image/images.ts';
import { type ImageRecord, imageRecordSchema } from '../records.ts';
import { startContainer } from './container-instance.ts';
import { type ContainerNetwork, networkWords } from './container-spec.ts';
import { reapContainers, reapVolumes } from './container.ts';

/** How to run containers. */
export type DockerOptions = {
  /** How requests reach the container. The default, bridge, uses its own address; a published port goes through a proxy. */
  readonly network?: ContainerNetwork;
  /** Folder of `<workload>/image.json`; by default `dist/docker/` in the working directory. */
  readonly images?: URL;
  /** Path of the engine's socket; by default the docker CLI's choice: DOCKER_HOST, its context, the host's. */
  readonly socket?: string;
};

type Ready = { readonly engine: Engine; readonly engineFacts: EngineFacts };

/** Runs the artifact in a Docker container: non-root, read-only, without capabilities, with the run's budget. */
export function docker(options: DockerOptions = {}): Environment {
  const { network = 'bridge', socket } = options;
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
    preparedBy: [{ target: 'docker-build' }],
    identity: (artifact) => {
      const path = fileURLToPath(new URL(`${artifact.workload}/image.json`, images));
      // without an image nothing is known
      return Promise.resolve(
        existsSync(path) ? readRecord(path, imageRecordSchema, 'bake it').contentDigest : undefined,
      );
    },
    sideBySide: true,
    probe,
    reap: async (runId, signal) => {
      const found = await probeEngine(signal, socket);
      if (!found.usable) return [];
      const containers = await reapContainers(found.engine, runId, signal);
      return [...containers, ...(await reapVolumes(found.engine, runId, signal))];
    },
    runs: ({ kind }) =>
      kind === 'node'
        ? undefined
        : {
            reason: `an app of the kind "${kind}" does not run in a container yet`,
            remedy: 'leave docker out, or use an app that is one file of Node',
          },
    prepare: async (artifact, { resources }, signal) => {
      const { engine, engineFacts } = await ready(signal);
      const folder = fileURLToPath(new URL(`${artifact.workload}/`, images));
      const record = readImageRecord(folder, artifact);
      const { facts: image } = await ensureImage(engine, record, join(folder, 'image.tar'), signal);
      prepared.set(artifact.workload, { engine, engineFacts, image });
      return {
        ...engineWords(engineFacts),
        ...imageWords(record),
        network: networkWords[network],
        user: `${appUserId} (nobody)`,
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

function readImageRecord(folder: string, { workload, sha256 }: Artifact): ImageRecord {
  const remedy = `Run nx run ${workload}:docker-build.`;
  const record = readRecord(join(folder, 'image.json'), imageRecordSchema, remedy);
  if (record.artifactSha256 !== null && record.artifactSha256 !== sha256) {
    const held = record.artifactSha256.slice(0, 12);
    throw new Error(
      `the image ${record.tag} holds another build of ${workload} (${held}, not ${sha256.slice(0, 12)}). ${remedy}`,
    );
  }
  return record;
}

function engineWords({ version, storageDriver, cgroupVersion, sameKernel }: EngineFacts): Facts {
  return {
    engine: `Docker ${version}`,
    storageDriver,
    cgroupVersion,
    metering: sameKernel ? 'accounts of the host' : 'statistics of the Engine API, one reading a second',
  };
}

function imageWords(record: ImageRecord): Facts {
  const { id, tag, sizeBytes, base, builder, artifactSha256, nodeVersion } = record;
  return {
    image: tag,
    imageId: id,
    imageSizeMiB: Math.round((sizeBytes / 2 ** 20) * 10) / 10,
    base: base ?? 'of its own Dockerfile',
    builder,
    ...(nodeVersion === null ? {} : { nodeVersion: `v${nodeVersion}` }),
    ...(artifactSha256 === null ? { artifact: 'not compared: the Dockerfile adds its own' } : {}),
  };
}

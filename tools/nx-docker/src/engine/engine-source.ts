import type { Facts, Isolation } from '@tare/environment';
import type { Engine, EngineRequest } from './connect-engine.ts';
import { findEngine } from './engine-address.ts';
import { type EngineProbe, probeAddress } from './probe-engine.ts';
import { publishedPorts } from './published-ports.ts';

/** Where containers are run: how their engine is come by, and what is particular about it. */
export type EngineSource = {
  /** The family of its environments: "docker", "podman". */
  readonly kind: string;
  /** The name of the environment whose requests take the usual way: "docker", "podman:rootless". */
  readonly name: string;
  readonly usualNetwork: 'bridge' | 'published';
  /** Finds it, and whether it starts containers where that is in doubt. Never throws, unless aborted. */
  probe(signal: AbortSignal): Promise<SourceProbe>;
  /** Finds it, and tries that only once. Never throws, unless aborted. */
  connect(signal: AbortSignal): Promise<SourceProbe>;
  /** Opens it to remove what is left, without asking what it is and can; undefined where there is none. */
  reach(signal: AbortSignal): Promise<Engine | undefined>;
  /** Ends what has been started to reach it. */
  close(): Promise<void>;
  /** Ends what killed runs have left that is no container. @returns a line for each. */
  reap(): Promise<readonly string[]>;
};

export type SourceProbe =
  | (Extract<EngineProbe, { readonly usable: true }> & { readonly traits: EngineTraits })
  | Extract<EngineProbe, { readonly usable: false }>;

/** The engine that has been found, if it is usable. */
export function engineIn(found: SourceProbe): Engine | undefined {
  return found.usable ? found.engine : undefined;
}

/** What an engine's containers are made with, and how they are reached. */
export type EngineTraits = {
  /** The network of a container that is not on the host's: "bridge", or what makes one without root. */
  readonly ownNetwork: 'bridge' | 'slirp4netns' | 'pasta';
  /** How requests get to a published port, in words. */
  readonly publishedPath: string;
  /** Nothing brings requests to a published port. */
  readonly portsLeadNowhere?: boolean;
  /** The address that ports are published on, and the one that they are reached at. */
  readonly published: { readonly bind: string; readonly at: string };
  /** The engine is this host's Docker, which bakes images for the others, too. */
  readonly isHostDocker: boolean;
  /** The engine is on another machine. */
  readonly elsewhere: boolean;
  /** Whose kernel answers the system calls of the apps, and where that puts them on the ladder of isolation. */
  readonly kernel: Isolation['kernel'];
  readonly rung: number;
  /** Why the host cannot tell what the app alone uses; undefined where it can. */
  readonly netHidden?: string | undefined;
  /** The request that is answered when a container has ended. */
  readonly wait: (container: string) => Pick<EngineRequest, 'path' | 'query'>;
  /** What each container gets besides (`HostConfig` of the Engine API). */
  readonly hostConfig: object;
  /** What is to be known of it, for the run file. */
  readonly facts: Facts;
  /** What the user should know before a run. */
  readonly warning?: string;
  /** Keeps what it starts on these CPUs, where it cannot limit containers. @returns whether that is so. */
  readonly pin?: (cpus: readonly number[]) => boolean;
};

export const localTraits: EngineTraits = {
  ownNetwork: 'bridge',
  publishedPath: 'published port, by a proxy',
  published: { bind: '127.0.0.1', at: '127.0.0.1' },
  isHostDocker: true,
  elsewhere: false,
  kernel: 'host',
  rung: 40,
  wait: (container) => ({ path: `/containers/${container}/wait`, query: { condition: 'not-running' } }),
  hostConfig: {},
  facts: {},
};

/** The Docker engine of this host, by the docker CLI's choice or at a socket. */
export function dockerEngine(socket: string | undefined): EngineSource {
  const connect = async (signal: AbortSignal): Promise<SourceProbe> => {
    const found = findEngine(socket);
    if ('reason' in found) return { usable: false, ...found };
    const probe = await probeAddress(found.address, signal);
    if (!probe.usable) return probe;
    const ports = publishedPorts(found.address);
    return {
      ...probe,
      traits: {
        ...localTraits,
        ...(ports === 'kernel' && { publishedPath: 'published port, by the kernel' }),
        portsLeadNowhere: ports === 'none',
        facts: ports === undefined ? {} : { userlandProxy: ports === 'proxy' },
      },
    };
  };
  return {
    kind: 'docker',
    name: 'docker',
    usualNetwork: 'bridge',
    probe: connect,
    connect,
    reach: async (signal) => engineIn(await connect(signal)),
    close: () => Promise.resolve(),
    reap: () => Promise.resolve([]),
  };
}

import { lookup } from 'node:dns/promises';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { hostname, release } from 'node:os';
import { findProgram, listProcesses, textIfThere } from '@tare/metrics';
import { isDebianFamily, messageOf } from '@tare/nx-kit';
import { z } from 'zod';
import { connectTo, type Engine, isStatus } from './connect-engine.ts';
import { type EngineAddress, findEngine, nameEngine, systemErrorCode } from './engine-address.ts';

/** An engine that answers, or why none does and what to do. */
export type EngineProbe =
  | { readonly usable: true; readonly engine: Engine; readonly facts: EngineFacts }
  | { readonly usable: false; readonly reason: string; readonly remedy: string };

/** What an engine reports about itself, and where it runs. */
export type EngineFacts = {
  readonly version: string;
  /** In Docker's words: "amd64", "arm64". */
  readonly architecture: string;
  readonly storageDriver: string;
  readonly cgroupVersion: string;
  /** The engine runs on this very kernel, so its processes can be metered. */
  readonly sameKernel: boolean;
  /** The engine runs on another machine, so nothing that it starts can be reached. */
  readonly anotherMachine: boolean;
  /** Its default network: "172.17.0.0/16", and whether this host has a way into it; undefined where it has none. */
  readonly bridge: { readonly subnet: string; readonly inReach: boolean } | undefined;
  /** It runs without root, and its containers in a user namespace. */
  readonly isRootless: boolean;
  /** Its containers are in a user namespace: it runs without root, or remaps their users. */
  readonly hasUserNamespace: boolean;
  /** A filter refuses its containers system calls. */
  readonly hasSeccomp: boolean;
  /** It can limit what a container uses. */
  readonly hasLimits: boolean;
  /** The runtimes that it can start containers with, by name, and the program of each where it has a path. */
  readonly runtimes: Readonly<Record<string, { readonly path?: string | undefined }>>;
  /** The runtime of a container that names none. */
  readonly defaultRuntime: string;
};

const versionAnswer = z.object({
  Version: z.string(),
  Arch: z.string(),
  Os: z.string(),
  KernelVersion: z.string().optional(),
});
const infoAnswer = z.object({
  Name: z.string().default(''),
  Driver: z.string(),
  CgroupVersion: z.string().default('unknown'),
  SecurityOptions: z
    .array(z.string())
    .nullish()
    .transform((options) => options ?? []),
  Rootless: z.boolean().default(false),
  Runtimes: z
    .record(z.string(), z.object({ path: z.string().min(1).optional().catch(undefined) }))
    .nullish()
    .transform((runtimes) => runtimes ?? {}),
  DefaultRuntime: z.string().default('runc'),
});
const bridgeAnswer = z.object({
  IPAM: z.object({ Config: z.array(z.object({ Subnet: z.string().default('') })).nullish() }),
});

/** Asks the host's engine, or the one at `socket`, who it is. Never throws, unless aborted. */
export async function probeEngine(signal: AbortSignal, socket?: string): Promise<EngineProbe> {
  const found = findEngine(socket);
  return 'reason' in found ? { usable: false, ...found } : probeAddress(found.address, signal);
}

/** Asks the engine at an address who it is. Never throws, unless aborted. */
export async function probeAddress(address: EngineAddress, signal: AbortSignal): Promise<EngineProbe> {
  try {
    const engine = await connectTo(address);
    const [version, info] = await Promise.all([
      engine.ask({ method: 'GET', path: '/version', signal }, versionAnswer),
      engine.ask({ method: 'GET', path: '/info', signal }, infoAnswer),
    ]);
    if (version.Os !== 'linux') {
      return {
        usable: false,
        reason: `${nameEngine(address)} runs ${version.Os} containers`,
        remedy: 'Switch it to Linux containers.',
      };
    }
    const isLocal =
      address.kind === 'socket' ? address.machine === undefined : await isOwnAddress(address.host);
    const isRootless = info.SecurityOptions.includes('name=rootless') || info.Rootless;
    const facts: EngineFacts = {
      version: version.Version,
      architecture: version.Arch,
      storageDriver: info.Driver,
      cgroupVersion: info.CgroupVersion,
      // a port of this host may be a tunnel to a machine with the same kernel
      sameKernel:
        process.platform === 'linux' &&
        isLocal &&
        version.KernelVersion === release() &&
        (address.kind === 'socket' || info.Name === hostname()),
      anotherMachine: !isLocal,
      bridge: await bridgeOf(engine, signal),
      isRootless,
      hasUserNamespace: isRootless || info.SecurityOptions.includes('name=userns'),
      hasSeccomp: info.SecurityOptions.some((option) => /^name=seccomp(?!.*profile=unconfined)/.test(option)),
      // without root the groups of version 1 are out of its reach
      hasLimits: !(isRootless && info.CgroupVersion === '1'),
      runtimes: info.Runtimes,
      defaultRuntime: info.DefaultRuntime,
    };
    return { usable: true, engine, facts };
  } catch (error) {
    signal.throwIfAborted();
    const code = systemErrorCode(error);
    const remedy = engineRemedy(code, hostTraits(), address);
    if (code === 'ETIMEDOUT') {
      const stopped = address.kind === 'socket' ? stoppedEngine() : undefined;
      const why = stopped === undefined ? '' : `: its process ${stopped} is stopped`;
      return {
        usable: false,
        reason: `${nameEngine(address)} ${address.kind === 'tcp' ? 'does not answer' : `takes requests but does not answer them${why}`}`,
        remedy: stopped === undefined ? remedy : `Let it go on: kill -CONT ${stopped}.`,
      };
    }
    const detail = code ?? messageOf(error);
    return { usable: false, reason: `no ${nameEngine(address).replace('the ', '')} (${detail})`, remedy };
  }
}

async function bridgeOf(engine: Engine, signal: AbortSignal): Promise<EngineFacts['bridge']> {
  try {
    const { IPAM } = await engine.ask({ method: 'GET', path: '/networks/bridge', signal }, bridgeAnswer);
    const subnet = IPAM.Config?.[0]?.Subnet ?? '';
    return { subnet, inReach: leadsInto(subnet, textIfThere('/proc/net/route')) };
  } catch (error) {
    if (isStatus(error, 404)) return undefined;
    throw error;
  }
}

/** Whether a routing table (/proc/net/route; numbers in hex, lowest byte first) has an interface in an IPv4 subnet. */
export function leadsInto(subnet: string, routes: string): boolean {
  const [network = ''] = subnet.split('/');
  const wanted = [...network.split('.')].reverse().map((byte) => Number(byte).toString(16).padStart(2, '0'));
  return routes
    .split('\n')
    .map((line) => line.split('\t'))
    .some(
      ([, destination = '', gateway]) =>
        gateway === '00000000' && destination.toLowerCase() === wanted.join(''),
    );
}

/** Whether a name or address is this host's: a server can bind only to those. */
async function isOwnAddress(host: string): Promise<boolean> {
  const found = await lookup(host).catch(() => undefined);
  if (found === undefined) return false;
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => {
      resolve(false);
    });
    server.listen(0, found.address, () =>
      server.close(() => {
        resolve(true);
      }),
    );
  });
}

/** The pid of an engine on this host that a signal has suspended. */
function stoppedEngine(): number | undefined {
  return listProcesses().find(
    ({ pid, command }) => command === 'dockerd' && /^State:\s+T/m.test(textIfThere(`/proc/${pid}/status`)),
  )?.pid;
}

/** What decides how a Docker engine is installed and started on a host. */
export type HostTraits = {
  readonly platform: NodeJS.Platform;
  readonly debianFamily: boolean;
  /** The engine's program is on the PATH. */
  readonly installed: boolean;
  /** The host has an init system that runs services. */
  readonly services: boolean;
  /** This process may administrate the host. */
  readonly root: boolean;
};

/** Looks at this host. */
function hostTraits(): HostTraits {
  const path = [process.env.PATH ?? '', '/usr/sbin', '/sbin'].join(':');
  return {
    platform: process.platform,
    debianFamily: isDebianFamily(),
    installed: findProgram('dockerd', path) !== undefined,
    services: existsSync('/run/systemd/system'),
    root: process.getuid?.() === 0,
  };
}

/**
 * What to do when an engine cannot be reached: the commands for this host.
 * @param code the system's error: ENOENT, ECONNREFUSED, EACCES, …
 */
export function engineRemedy(code: string | undefined, host: HostTraits, address?: EngineAddress): string {
  if (address?.kind === 'tcp' || address?.tls !== undefined || address?.machine !== undefined) {
    return /CERT|SSL|TLS|SIGNATURE|ISSUER|EPROTO/.test(code ?? '')
      ? `Check the certificates that ${address.by} leads to, and whether the engine speaks TLS.`
      : `Check ${address.by}, and that an engine listens there.`;
  }
  if (address !== undefined && address.by !== 'default' && code === 'ENOENT') {
    return `Check ${address.by}: there is no such socket.`;
  }
  if (host.platform !== 'linux') return 'Install and start Docker Desktop.';
  const sudo = host.root ? '' : 'sudo ';
  if (code === 'EACCES' || code === 'EPERM') {
    return 'Join the group docker: `sudo usermod -aG docker $USER`, then log in again.';
  }
  const start = host.services
    ? `\`${sudo}systemctl start docker\``
    : `\`${sudo}service docker start\`, or \`${sudo}dockerd &\` without an init system`;
  if (code === 'ETIMEDOUT')
    return `See whether \`docker version\` answers; if not, restart the engine: ${start}.`;
  if (host.installed) return `Start the engine: ${start}.`;
  return host.debianFamily
    ? `Install the engine: \`${sudo}apt-get install -y docker.io iptables\`; start it: ${start}.`
    : `Install Docker Engine (https://docs.docker.com/engine/install/); start it: ${start}.`;
}

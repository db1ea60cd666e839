import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Facts } from '@tare/environment';
import { descendants, findProgram, lastLines, pinRunning, runProgram, textIfThere } from '@tare/metrics';
import { isDebianFamily, messageOf } from '@tare/nx-kit';
import { z } from 'zod';
import { connectTo, type Engine } from './connect-engine.ts';
import type { EngineAddress } from './engine-address.ts';
import { type EngineSource, type EngineTraits, localTraits, type SourceProbe } from './engine-source.ts';
import { type Account, keptService, type OwnService, reapServices, startService } from './own-service.ts';
import { probeAddress } from './probe-engine.ts';
import { tryContainer } from './try-container.ts';

/** Whom Podman runs as. */
type PodmanUser = {
  /** Without root: as an ordinary user, its containers in a user namespace. */
  readonly rootless: boolean;
  /** The account for that, where root runs the suite; by default the first one that has a range of subordinate user IDs. */
  readonly user: string | undefined;
};

class NotPossible extends Error {
  readonly remedy: string;

  constructor(reason: string, remedy: string, cause?: unknown) {
    super(reason, { cause });
    this.remedy = remedy;
  }
}

/**
 * Podman, by its API that is compatible with Docker's: a service of it that is started for this process, on a socket of its own,
 * and ends with it. Images and containers are those of Podman's usual store.
 */
export function podmanEngine({ rootless, user }: PodmanUser): EngineSource {
  const name = rootless ? 'podman:rootless' : 'podman';
  // what it says of itself costs it seconds on a busy host
  let tried: { readonly found: SourceProbe; readonly by: OwnService } | undefined;
  let account: Account | undefined;
  const service = keptService((signal) => startPodman(name, account, signal));

  const open = async (signal: AbortSignal): Promise<OwnService> => {
    podmanProgram();
    if (rootless) account = await ordinaryAccount(user, signal);
    else if (process.getuid?.() !== 0) {
      throw new NotPossible('rootful Podman needs root', 'Use podman({ rootless: true }), or run as root.');
    }
    return service.open(signal);
  };

  const find = async (signal: AbortSignal): Promise<SourceProbe> => {
    const opened = await open(signal);
    const { pid } = opened;
    const found = await probeAddress(addressOf(opened), signal);
    if (!found.usable) return found;
    const { bridge } = found.facts;
    // a container makes the bridge, in the network of this process, and netavark removes it with its last one
    const facts = { ...found.facts, bridge: bridge && { ...bridge, inReach: true } };
    return { ...found, facts, traits: await traitsOf(found.engine, account, pid, signal) };
  };

  const close = async (): Promise<void> => {
    tried = undefined;
    await service.close();
  };

  /** A container shows what is in the way. */
  const findAndTry = async (signal: AbortSignal): Promise<SourceProbe> => {
    const found = await find(signal);
    if (!found.usable) return found;
    try {
      await tryContainer(found.engine, found.facts.architecture, trialOf(found), signal);
    } catch (error) {
      signal.throwIfAborted();
      const said = messageOf(error);
      const [first = ''] = said.split('\\n');
      throw new NotPossible(
        // what a helper has said it puts into quotes, with all that the helper went on to say
        `${name} cannot start a container: ${lastLines(first, 1).replaceAll('\\"', '"')}`,
        remedyFor(said, account),
        error,
      );
    }
    tried = { found, by: await service.open(signal) };
    return found;
  };

  const known = (): SourceProbe | undefined => (tried?.by.isRunning() === true ? tried.found : undefined);

  const orObstacle = async (
    finding: () => Promise<SourceProbe>,
    signal: AbortSignal,
  ): Promise<SourceProbe> => {
    try {
      return await finding();
    } catch (error) {
      await close();
      signal.throwIfAborted();
      return {
        usable: false,
        reason: messageOf(error),
        remedy: error instanceof NotPossible ? error.remedy : 'See what `podman info` says.',
      };
    }
  };

  return {
    kind: 'podman',
    name,
    usualNetwork: rootless ? 'published' : 'bridge',
    probe: (signal) => orObstacle(() => findAndTry(signal), signal),
    connect: (signal) => orObstacle(async () => known() ?? findAndTry(signal), signal),
    // on a busy host it answers more slowly what it is than what it has
    reach: async (signal) => {
      try {
        return await connectTo(addressOf(await open(signal)));
      } catch {
        signal.throwIfAborted();
        return undefined;
      }
    },
    close,
    reap: () => reapServices(name),
  };
}

function addressOf({ socket }: OwnService): EngineAddress {
  return { kind: 'socket', path: socket, by: 'podman', client: 'podman' };
}

function podmanProgram(): string {
  const found = findProgram('podman');
  if (found !== undefined) return found;
  const packages = 'podman runc uidmap slirp4netns fuse-overlayfs';
  throw new NotPossible(
    'podman is not on PATH',
    isDebianFamily()
      ? `apt-get install -y --no-install-recommends ${packages}`
      : 'Install Podman: https://podman.io/docs/installation',
  );
}

async function startPodman(
  name: string,
  account: Account | undefined,
  signal: AbortSignal,
): Promise<OwnService> {
  const podman = podmanProgram();
  const flags = [
    // Podman takes systemd's where it finds systemd
    ...(existsSync('/run/systemd/system') ? [] : ['--cgroup-manager=cgroupfs']),
    ...(isHybrid() && findProgram('runc', searchedPath()) !== undefined ? ['--runtime=runc'] : []),
    ...(account !== undefined && isFreshStore(account) ? ['--storage-driver=overlay'] : []),
  ];
  const command = (socket: string) => ({
    file: podman,
    arguments: [...flags, '--log-level=error', 'system', 'service', '--time=0', `unix://${socket}`],
  });
  try {
    return await startService(
      {
        name,
        account: isOther(account) ? account : undefined,
        command,
        variables: variablesOf(account),
        deadlineMs: 30_000,
      },
      signal,
    );
  } catch (cause) {
    signal.throwIfAborted();
    const said = messageOf(cause);
    throw new NotPossible(`Podman’s service did not start: ${said}`, remedyFor(said, account), cause);
  }
}

/** Whether control groups of both versions are mounted: there crun fails, which Podman prefers, and runc does not. */
function isHybrid(): boolean {
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8');
  return mounts.includes(' - cgroup ') && mounts.includes(' - cgroup2 ');
}

function isOther(account: Account | undefined): account is Account {
  return account !== undefined && account.uid !== process.getuid?.();
}

/** Where engines and their helpers lie: an ordinary user's PATH may lack half of it. */
function searchedPath(): string {
  return [process.env.PATH ?? '', '/usr/local/sbin', '/usr/sbin', '/sbin'].join(':');
}

/** The variables of a login of that account; without systemd Podman finds a folder for what it keeps while it runs. */
function variablesOf(account: Account | undefined): NodeJS.ProcessEnv {
  if (!isOther(account)) return { ...process.env, PATH: searchedPath() };
  const { name, uid, home } = account;
  const runtime = `/run/user/${uid}`;
  const bus = join(runtime, 'bus');
  return {
    HOME: home,
    USER: name,
    LOGNAME: name,
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    ...(existsSync(runtime) && { XDG_RUNTIME_DIR: runtime }),
    ...(existsSync(bus) && { DBUS_SESSION_BUS_ADDRESS: `unix:path=${bus}` }),
  };
}

/** Podman 4 chooses vfs for a new account that configures nothing, which copies the whole image for each container. */
function isFreshStore({ home }: Account): boolean {
  const stores = [
    join(home, '.local/share/containers/storage'),
    join(home, '.config/containers/storage.conf'),
    '/etc/containers/storage.conf',
    '/usr/share/containers/storage.conf',
  ];
  return !stores.some((path) => existsSync(path));
}

/** The account that runs Podman without root. It is never made here. */
async function ordinaryAccount(user: string | undefined, signal: AbortSignal): Promise<Account> {
  const uid = process.getuid?.();
  const own = uid === 0 ? undefined : await accountOf(String(uid), signal);
  if (own !== undefined && user !== undefined && user !== own.name) {
    throw new NotPossible(
      `podman: user is ${JSON.stringify(user)}, and only root can run it as somebody else`,
      'Leave user out, or run as root.',
    );
  }
  const wanted = own ?? (user === undefined ? await firstWithRange(signal) : await accountOf(user, signal));
  if (wanted === undefined) {
    throw user === undefined
      ? new NotPossible(
          'podman without root needs an ordinary account, and none has a range of user IDs (/etc/subuid)',
          'Make one: useradd --create-home NAME; it is named by podman({ user: NAME }).',
        )
      : new NotPossible(
          `podman: user is ${JSON.stringify(user)}; there is no such account`,
          `Make it: useradd --create-home ${user}; or name another.`,
        );
  }
  if (wanted.uid === 0) {
    throw new NotPossible(
      `podman: user is ${JSON.stringify(user)}, which is root`,
      'Name an ordinary account, or use podman().',
    );
  }
  for (const file of ['/etc/subuid', '/etc/subgid']) {
    if (rangeOwners(file).some((owner) => owner === wanted.name || owner === String(wanted.uid))) continue;
    throw new NotPossible(
      `${wanted.name} has no range of subordinate IDs in ${file}`,
      `usermod --add-subuids 100000-165535 --add-subgids 100000-165535 ${wanted.name}`,
    );
  }
  for (const [program, debian] of [
    ['newuidmap', 'uidmap'],
    ['newgidmap', 'uidmap'],
  ] as const) {
    if (findProgram(program, searchedPath()) === undefined)
      throw new NotPossible(
        `${program} is not installed, which gives a user namespace its IDs`,
        `apt-get install -y ${debian}`,
      );
  }
  if (
    findProgram('slirp4netns', searchedPath()) === undefined &&
    findProgram('pasta', searchedPath()) === undefined
  ) {
    throw new NotPossible(
      'neither slirp4netns nor pasta is installed, one of which is the network of a container without root',
      'apt-get install -y slirp4netns',
    );
  }
  return wanted;
}

/** Owners of the ranges in /etc/subuid or /etc/subgid (subuid(5)): names or numbers. */
function rangeOwners(file: string): readonly string[] {
  return textIfThere(file)
    .split('\n')
    .flatMap((line) => line.split(':', 1))
    .filter(Boolean);
}

async function firstWithRange(signal: AbortSignal): Promise<Account | undefined> {
  for (const owner of rangeOwners('/etc/subuid')) {
    const found = await accountOf(owner, signal);
    if (found !== undefined && existsSync(found.home)) return found;
  }
  return undefined;
}

async function accountOf(user: string, signal: AbortSignal): Promise<Account | undefined> {
  try {
    const line = await runProgram('getent', ['passwd', '--', user], { signal, deadlineMs: 5_000 });
    const [name = '', , uid, gid, , home = ''] = line.trim().split(':');
    return { name, uid: Number(uid), gid: Number(gid), home };
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}

const libpodInfo = z.object({
  host: z.object({
    ociRuntime: z.object({ name: z.string() }),
    networkBackend: z.string().default('cni'),
    rootlessNetworkCmd: z.enum(['slirp4netns', 'pasta']).catch('slirp4netns'),
  }),
});

async function traitsOf(
  engine: Engine,
  account: Account | undefined,
  pid: number,
  signal: AbortSignal,
): Promise<EngineTraits> {
  // what the compatible API does not tell
  const { host } = await engine.ask({ method: 'GET', path: '/v4.0.0/libpod/info', signal }, libpodInfo);
  const facts: Facts = { runtime: host.ociRuntime.name };
  const common: EngineTraits = {
    ...localTraits,
    rung: 42,
    isHostDocker: false,
    // asked as Docker is, Podman looks all the time, which takes most of a CPU (its issue 18150)
    wait: (container) => ({
      path: `/v4.0.0/libpod/containers/${container}/wait`,
      query: { condition: 'stopped', interval: '500ms' },
    }),
    hostConfig: { Ulimits: limitsOf(pid) },
  };
  if (account === undefined) {
    return {
      ...common,
      publishedPath: 'published port, by the host’s packet filter',
      facts: { ...facts, networkBackend: host.networkBackend },
    };
  }
  const helper = host.rootlessNetworkCmd;
  return {
    ...common,
    ownNetwork: helper,
    publishedPath: `published port, by ${helper === 'slirp4netns' ? 'rootlessport and slirp4netns' : helper}`,
    facts: { ...facts, account: account.name, networkHelper: helper },
    pin: (cpus) => descendants(pid).every((each) => pinRunning(each, cpus)),
  };
}

/** Limits that a container may have: Podman asks for more than a service may give that is not all-powerful. */
function limitsOf(pid: number): readonly object[] {
  const text = readFileSync(`/proc/${pid}/limits`, 'utf8');
  return [
    { Name: 'nofile', line: /^Max open files +(\S+) +(\S+)/m },
    { Name: 'nproc', line: /^Max processes +(\S+) +(\S+)/m },
  ].flatMap(({ Name, line }) => {
    const [soft = -1, hard = -1] = (line.exec(text)?.slice(1) ?? []).map((value) =>
      value === 'unlimited' ? -1 : Number(value),
    );
    return [{ Name, Soft: soft, Hard: hard }];
  });
}

/** What a container of a run has, as far as it may stand in the way of its start. */
function trialOf({ facts, traits }: Extract<SourceProbe, { readonly usable: true }>): object {
  const port = '8080/tcp';
  const isPublished = traits.ownNetwork !== 'bridge';
  return {
    ...(isPublished && { ExposedPorts: { [port]: {} } }),
    HostConfig: {
      NetworkMode: traits.ownNetwork,
      ...(isPublished && { PortBindings: { [port]: [{ HostIp: traits.published.bind, HostPort: '' }] } }),
      ReadonlyRootfs: true,
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
      ...(facts.hasLimits && { Memory: 64 * 2 ** 20, PidsLimit: 64 }),
      ...traits.hostConfig,
    },
  };
}

/** What to do about what Podman or one of its helpers has said. */
function remedyFor(said: string, account: Account | undefined): string {
  const as = isOther(account) ? ` as ${account.name}` : '';
  if (said.includes('hybrid')) return 'Install runc, which knows such hosts: apt-get install -y runc.';
  if (said.includes('/dev/net/tun')) return 'Let every user open it, as udev does: chmod 666 /dev/net/tun.';
  if (/slirp4netns|pasta/.test(said))
    return `See what \`slirp4netns --version\` says${as}; apt-get install -y slirp4netns.`;
  if (/newuidmap|newgidmap|subuid|subgid|user namespace/i.test(said)) {
    return 'Install uidmap, and let user namespaces be made: sysctl -w user.max_user_namespaces=10000 kernel.unprivileged_userns_clone=1.';
  }
  return `See what \`podman run --rm IMAGE\` says${as}.`;
}

import { createHash } from 'node:crypto';
import { descendants, findProgram, pinned, processMeter, runProgram, type Command } from '@tare/metrics';
import type { Artifact } from './app.ts';
import { startAppProcess } from './app-process.ts';
import { choosePort } from './choose-port.ts';
import type { Availability, Environment, Facts, Isolation, Launch } from './contract.ts';
import { reapDataFolders, withDataFolder } from './data-folder.ts';
import { hostCommand, hostObstacle, prepareOnHost, type HostCommand } from './host-command.ts';
import { inMountNamespace, type RootEntry } from './image-command.ts';
import { reapProcesses } from './reap-processes.ts';
import { isLeft, runnerPattern, thisRunner } from './run-marks.ts';

/** A program of this host that puts walls around a command, without a daemon: it starts it, and ends when it does. */
export type Sandbox = {
  /** Of the environment, and its kind: "namespace". */
  readonly name: string;
  /** Tries it, on Linux and with its program on PATH. */
  readonly probe: Environment['probe'];
  /** How it runs an app, for the run file. */
  readonly facts: (artifact: Artifact) => Facts;
  /** How it starts the app of an image from within the root of a trial, if it makes its walls there. */
  readonly rootEntry?: (place: SandboxPlace) => RootEntry;
  /** Puts it before the command of an app; of an image, too, without `rootEntry`. */
  readonly around: (app: HostCommand, launch: Launch, place: SandboxPlace) => Command;
  /** How many of its own processes come before the first one of the app, each the parent of the next. */
  readonly ownProcesses: number;
  /** What these are called: "unshare". */
  readonly program: string;
  /** The Debian package that has it. */
  readonly debianPackage: string;
  /** Variables of its own, which do not reach the app. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Removes what it leaves of a place when it is killed. */
  readonly clear?: (place: SandboxPlace) => void;
  /** Removes what it left of places, as {@link isLeftPlace} knows them. @returns a line for each. */
  readonly reap?: (runId: string | undefined) => readonly string[];
};

/** What a trial has on this host. */
export type SandboxPlace = {
  /** A unique host name that says whose place it is; {@link isLeftPlace} can read it. */
  readonly name: string;
  readonly port: number;
  /** The app's folder for data; undefined for an app without. */
  readonly dataFolder: string | undefined;
};

let places = 0;

/** @returns a new name for a {@link SandboxPlace} of this runner, and of a run, if it is for one. */
export function placeName(runId = ''): string {
  places += 1;
  return `tare-${shortHash(runId)}-${thisRunner()}-${places}`;
}

/** Whether a place was this run's, or, without an id, that of any run whose runner has ended. The name may be something else. */
export function isLeftPlace(name: string, runId: string | undefined): boolean {
  const [, run, runner] = placePattern.exec(name) ?? [];
  return isLeft({ run, runner }, runId === undefined ? undefined : shortHash(runId));
}

const placePattern = new RegExp(`^tare-([0-9a-f]{8})-(${runnerPattern.source})-\\d+$`);

// a host name is short, and a run may be called anything
const shortHash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 8);

/** @returns the environment that runs apps in a sandbox: its processes are the host's, its network is the host's loopback. */
export function sandboxed(sandbox: Sandbox): Environment {
  const { name, program, ownProcesses } = sandbox;
  const apps = (pids: readonly number[]): readonly number[] => pids.slice(ownProcesses);
  return {
    name,
    kind: name,
    identity: () => Promise.resolve(''),
    sideBySide: true,
    probe: async (signal) => obstacleBefore(sandbox) ?? (await sandbox.probe(signal)),
    reap: async (runId) => [
      ...(await reapProcesses(name, runId)),
      ...(sandbox.reap?.(runId) ?? []),
      ...(await reapDataFolders(name, runId)),
    ],
    runs: hostObstacle,
    prepare: async (artifact, context, signal) => ({
      pinnedTo: context.resources.serverCpus?.join(',') ?? 'not pinned',
      network: 'loopback of the host',
      ...(await prepareOnHost(artifact, context, signal)),
      ...sandbox.facts(artifact),
    }),
    start: async (launch) => {
      const port = await choosePort(launch.port);
      return withDataFolder(launch, name, async (data) => {
        const [dataFolder] = Object.values(data);
        const place = { name: placeName(launch.context.runId), port, dataFolder };
        const entry = sandbox.rootEntry?.(place);
        const app = hostCommand(launch, port, data, entry);
        const command =
          app.isMounting && entry !== undefined ? inMountNamespace(app) : sandbox.around(app, launch, place);
        const instance = await startAppProcess({
          launch,
          environment: name,
          command: pinned(command, launch.context.resources.serverCpus),
          cwd: app.cwd,
          port,
          variables: { ...app.variables, ...sandbox.variables },
          appPids: (pid) => {
            const pids = descendants(pid);
            // before the app is there, its sandbox must end
            return pids.length > ownProcesses ? apps(pids) : pids;
          },
          meters: (pids) => ({
            net: processMeter({ scope: `the app’s processes in ${name}`, pids: () => apps(pids()) }),
            gross: processMeter({ scope: `the app’s processes and ${program}`, pids }),
          }),
        });
        const stop = async (): Promise<void> => {
          try {
            await instance.stop();
          } finally {
            sandbox.clear?.(place);
          }
        };
        return { ...instance, stop };
      });
    },
    dispose: () => Promise.resolve(),
  };
}

/** What keeps any sandbox from being tried. */
function obstacleBefore({ program, debianPackage }: Sandbox): Availability | undefined {
  if (process.platform !== 'linux') {
    const reason = `${process.platform} has no namespaces`;
    return { usable: false, reason, remedy: 'run the suite on Linux' };
  }
  if (findProgram(program) !== undefined) return undefined;
  return {
    usable: false,
    reason: `${program} is not on PATH`,
    remedy: `apt-get install -y ${debianPackage}`,
  };
}

const probeDeadlineMs = 10_000;

/** @returns what a program says with these arguments, within the deadline of a probe. */
export async function ask({ file, arguments: given }: Command, signal: AbortSignal): Promise<string> {
  return (await runProgram(file, given, { signal, deadlineMs: probeDeadlineMs })).trim();
}

/** What a throw-away app in a sandbox says of its namespaces and of its filter for system calls. */
const look: Command = {
  file: 'sh',
  arguments: ['-c', 'readlink /proc/self/ns/*; grep ^Seccomp: /proc/self/status'],
};

/** Names of namespaces as in {@link Isolation}, by those that /proc gives them. */
const namespaceNames = new Map([
  ['mnt', 'mount'],
  ['net', 'network'],
]);

/** The namespaces and the filter as the lines of {@link look} tell them. */
type Walls = { readonly namespaces: ReadonlyMap<string, string>; readonly seccomp: boolean };

function wallsIn(lines: string): Walls {
  return {
    namespaces: new Map(
      [...lines.matchAll(/^(\w+):\[(\d+)\]$/gm)].map(([, name = '', id = '']) => [
        namespaceNames.get(name) ?? name,
        id,
      ]),
    ),
    seccomp: /^Seccomp:\s*[12]$/m.test(lines),
  };
}

/**
 * Runs a throw-away app in a sandbox and looks around in it: the only way to know whether it works here, and what it isolates.
 * @param around puts the sandbox before a command.
 * @throws Error with the sandbox's own reason when it cannot be made.
 */
export async function isolationOf(
  rung: number,
  around: (command: Command) => Command,
  signal: AbortSignal,
): Promise<Isolation> {
  const [outside, inside] = (await Promise.all([ask(look, signal), ask(around(look), signal)])).map(wallsIn);
  const unshared = [...(inside?.namespaces ?? [])].filter(
    ([name, id]) => outside?.namespaces.get(name) !== id,
  );
  return {
    rung,
    kernel: 'host',
    namespaces: unshared.map(([name]) => name).sort(),
    seccomp: inside?.seccomp === true && outside?.seccomp !== true,
    path: 'loopback',
  };
}

/** Says that namespaces cannot be made here, with the reason that the tool gave. */
export function namespacesObstacle(cause: unknown): Availability {
  const complaint = cause instanceof Error ? cause.message : String(cause);
  const isRoot = process.getuid?.() === 0;
  return {
    usable: false,
    reason: isRoot
      ? `namespaces cannot be made by root here (${complaint})`
      : `not root, and unprivileged user namespaces are not possible (${complaint})`,
    remedy: isRoot
      ? 'this host forbids them (a container without CAP_SYS_ADMIN?): run the suite outside of it'
      : 'run as root, or allow them: sysctl -w kernel.unprivileged_userns_clone=1 user.max_user_namespaces=10000',
  };
}

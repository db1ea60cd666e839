import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { findProcess } from '@tare/metrics';
import type { OwnEngine } from './own-engine.ts';
import { commandLine, connectionsOf, namesIn, processesThat, textOf, variablesOf } from './processes.ts';

/** Where the runs of the suite keep what they make: all of it is theirs, so that what is left can be told. */
export type Place = {
  /** The root of the workspace. */
  readonly workspace: string;
  /** For temporary files: TMPDIR. */
  readonly temporary: string;
  readonly lock: string;
  readonly out: string;
  readonly engine: OwnEngine | undefined;
};

/** What is known of an environment from a run of it that nothing happened to. */
export type EnvironmentTraits = {
  /** The command line of the engine that runs its containers. */
  readonly engine: string | undefined;
  /** Whether that engine is the suite's own. */
  readonly isEngineOwn: boolean;
  readonly hasMachine: boolean;
  /** Whether the kernel of the host sees the processes of its apps. */
  readonly showsApps: boolean;
  /** Whether its apps have the host's network. */
  readonly isOnLoopback: boolean;
};

/** What can be seen of a run from outside. */
export type View = {
  readonly place: Place;
  readonly environment: string;
  readonly traits: EnvironmentTraits;
  /** The process that was started, with a process group of its own: the command line, or Nx. */
  readonly started: number;
  /** Whether it has written this text. */
  readonly said: (text: string) => boolean;
  /** The process that has the host, by its own claim. */
  readonly runner: () => number | undefined;
  /** Processes of this run whose command line matches; its words are parted by zeros. */
  readonly like: (pattern: RegExp) => readonly number[];
  readonly generators: () => readonly number[];
  /** How many connections the load generators have to apps. */
  readonly loadConnections: () => number;
  /** The ids of the runs that have the host, by their own claim: one at most. */
  readonly runs: () => readonly string[];
  /** Processes that serve requests, in whatever they are. */
  readonly apps: () => readonly number[];
  readonly engine: () => readonly number[];
  readonly machines: () => readonly number[];
  /** Sockets through which commands get into the machine, by connections of ssh that are open. */
  readonly connections: () => readonly string[];
  /** Sockets of the engines' services that the run has started for itself: one at most. */
  readonly services: () => readonly string[];
  readonly hasRunFile: () => boolean;
};

/** Looks at a run. @param output what it has written so far. */
export function viewOf(
  place: Place,
  { environment, traits }: Pick<View, 'environment' | 'traits'>,
  started: number,
  output: () => string,
): View {
  const like = (pattern: RegExp): readonly number[] =>
    processesOf(place).filter((pid) => pattern.test(commandLine(pid)));
  const runs = (): readonly string[] => claimsIn(place.lock).map(({ run }) => run);
  const generators = (): readonly number[] => like(/generator-process\.[jt]s\0/);
  return {
    place,
    environment,
    traits,
    started,
    said: (text) => output().includes(text),
    runner: () => runnersIn(place.lock)[0],
    like,
    generators,
    runs,
    loadConnections: () => generators().reduce((sum, pid) => sum + connectionsOf(pid), 0),
    apps: () =>
      processesThat((pid) => {
        const variables = `\0${variablesOf(pid)}`;
        return variables.includes('\0PORT=') && runs().some((id) => variables.includes(`\0TARE_RUN=${id}\0`));
      }),
    engine: () => {
      const services = like(/podman\0system\0service\0/);
      return services.length > 0 ? services : (place.engine?.pids() ?? []);
    },
    machines: () =>
      processesThat((pid) => /^[^\0]*qemu-system[^\0]*\0/.test(commandLine(pid))).filter((pid) =>
        commandLine(pid).includes('guest=tare'),
      ),
    connections: () => socketsIn(place, 'tare-ssh-', 's'),
    services: () => socketsIn(place, 'tare-service-', 'api.sock'),
    hasRunFile: () => existsSync(join(place.out, 'latest', 'run.json')),
  };
}

/**
 * The processes of the suite's runs, by the folder that they have for temporary files. Those that get no variables run a file of
 * this workspace.
 */
export function processesOf({ temporary, workspace }: Place): readonly number[] {
  return processesThat((pid) => {
    if (variablesOf(pid).includes(`TMPDIR=${temporary}`)) return true;
    const words = commandLine(pid);
    return words.includes(`${workspace}/libs/`) && /-process\.[jt]s\0/.test(words);
  });
}

/** The sockets of a name in temporary folders of a run. */
function socketsIn({ temporary }: Place, folders: string, name: string): readonly string[] {
  return namesIn(temporary)
    .filter((folder) => folder.startsWith(folders))
    .map((folder) => join(temporary, folder, name))
    .filter((socket) => existsSync(socket));
}

/** The living processes that claim the host. */
export function runnersIn(lock: string): readonly number[] {
  return claimsIn(lock).map(({ pid }) => pid);
}

/** The claims of living processes, and the runs that they are for. */
function claimsIn(lock: string): readonly { readonly pid: number; readonly run: string }[] {
  return namesIn(lock)
    .filter((name) => name.endsWith('.json'))
    .map((name) => {
      const text = textOf(join(lock, name));
      return {
        pid: Number(/"pid": ?(\d+)/.exec(text)?.[1]),
        run: /"runId": ?"([^"]+)"/.exec(text)?.[1] ?? '',
      };
    })
    .filter(({ pid }) => Number.isInteger(pid) && findProcess(pid) !== undefined);
}

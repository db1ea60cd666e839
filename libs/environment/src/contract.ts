import type { Meter } from '@tare/metrics';
import type { Artifact } from './app.ts';

/** Facts about an environment for the run file: versions, limits, digests, what could not be made equal. */
export type Facts = Readonly<Record<string, string | number | boolean>>;

/** What an instance may use. The same for every environment of a run. */
export type Resources = {
  /** Number of CPUs. */
  readonly cpus: number;
  /** Memory limit where the environment can set one, in MiB. */
  readonly memoryMiB: number;
  /** The host's CPUs an instance is pinned to; undefined where the host has only one or pinning is not possible. */
  readonly serverCpus: readonly number[] | undefined;
  /** Arguments for node before the script, equal in every environment (heap limits). */
  readonly nodeArguments: readonly string[];
};

/** What the environments of one run share. */
export type RunContext = {
  /** Marks everything that is started: environment variable, container label, domain name. */
  readonly runId: string;
  readonly resources: Resources;
  /** Absolute path of the Node binary that runs apps of Node on this host. */
  readonly nodeBinary: string;
  /** Its version: "v24.21.0". */
  readonly nodeVersion: string;
  /** Called with a line for what the user should know, and what is no reason to stop. */
  readonly tell?: (line: string) => void;
};

/** One app to start in an environment. */
export type Launch = {
  readonly artifact: Artifact;
  readonly context: RunContext;
  /** Environment variables of the app besides HOST and PORT. */
  readonly variables: Readonly<Record<string, string>>;
  /**
   * The variable that tells the app its folder for data, which the environment makes fresh and empty for this launch, on its
   * own usual kind of storage, writable by the app, and removes after it; undefined for an app that keeps none.
   */
  readonly dataVariable?: string | undefined;
  /** Path that answers with any 2xx when the app is ready: "/health"; undefined where an accepted connection says so. */
  readonly healthPath: string | undefined;
  /** A fixed port; undefined for a free one. */
  readonly port: number | undefined;
  /** Number of the round, from 1; undefined for the check before the first one. */
  readonly round: number | undefined;
  /**
   * Whether an environment that takes long to start from nothing (a machine that boots) shall do so now. Otherwise it may
   * restart the app alone, and says so in {@link Instance.startKind}. The others start from nothing every time.
   */
  readonly cold: boolean;
};

export type Availability =
  | { readonly usable: true; readonly facts: Facts; readonly isolation?: Isolation }
  | ({ readonly usable: false } & Obstacle);

/** What stands between an app and its host: a rung of the ladder that a report draws. */
export type Isolation = {
  /**
   * Its place on the ladder, from 0 (a process like any other) to 100 (a machine of its own). It orders the rungs; how far
   * two are apart means nothing. Shared namespaces: below 20; sandboxes: from 20; containers: from 40; a kernel in user space:
   * from 60; a virtual machine: from 80.
   */
  readonly rung: number;
  /** Whose kernel answers the app's system calls: the host's, a program between the two (gVisor), a guest's. */
  readonly kernel: 'host' | 'user space' | 'guest';
  /** The namespaces that it does not share with the host: "mount", "pid", "network", "user", … */
  readonly namespaces: readonly string[];
  /** Whether a filter refuses it system calls. */
  readonly seccomp: boolean;
  /** How the load gets to it: "loopback", "bridge", "published port, by a proxy", "forwarded port". */
  readonly path: string;
};

/** What stands in the way of an environment or an app. */
export type Obstacle = {
  /** Why not, in one line: which socket, which error. */
  readonly reason: string;
  /** What to do about it: the commands. */
  readonly remedy: string;
};

/** A moment of a cold start, in milliseconds after {@link Instance.spawnedAt}. */
export type Milestone = { readonly name: string; readonly atMs: number };

/**
 * How an instance came to run: from nothing (process, container, booted machine), as a restart of the app alone in an
 * environment that was up already, or not by the run at all: it is running, and has no start-up to measure. They are never
 * mixed. What starts cold without being told to is cheap to start: a run does so several times in every round.
 */
export type StartKind = 'cold' | 'restart' | 'running';

/** The meters of an instance. A figure that nobody can read is left out with the reason: it is absent then, never guessed. */
export type Meters =
  | {
      /** What the app itself uses. */
      readonly net: Meter;
      /** What the environment costs the host, net included; the same meter where the environment adds nothing. */
      readonly gross: Meter;
      readonly notMetered?: undefined;
    }
  | {
      readonly net?: Meter | undefined;
      readonly gross?: Meter | undefined;
      /** Why one or both are left out, in a line: "gVisor runs the app in a process of its own, which is its kernel, too". */
      readonly notMetered: string;
      /** It runs on another host: none of this host's CPU time is its. Without gross and this, nobody knows how much is. */
      readonly elsewhere?: boolean;
    };

/** One running app in an environment. */
export interface Instance {
  readonly startKind: StartKind;
  /** Where the load generator reaches it. */
  readonly url: URL;
  /** Monotonic nanoseconds, just before the command that starts it. */
  readonly spawnedAt: bigint;
  /**
   * Resolves when a poll of the URL makes sense: at once for a process, after the start call for a container.
   * Rejects with the app's last log lines when it ends before that.
   */
  readonly started: Promise<void>;
  /** Resolves with a reason when the instance ends by itself; used to give up waiting early. Never rejects. */
  readonly ended: Promise<string>;
  /** The moments seen so far, in order of time. */
  milestones(): Promise<readonly Milestone[]>;
  /** What the app itself uses (net), and what the environment costs the host (gross), as far as that can be told. Ready after `started`. */
  meters(): Promise<Meters>;
  /** The last lines that the app wrote, for error messages. */
  lastLog(): Promise<string>;
  /**
   * Why nothing answers at its port, in a line with what to do, if that can be seen: it listens on another one. Asked when an
   * app does not get ready in time. Never rejects.
   */
  whyUnreachable?(): Promise<string | undefined>;
  /** Ends it and removes what it left. May be called twice. */
  stop(): Promise<void>;
}

/** An Nx target that makes an environment ready for the workloads of a run. */
export type PreparingTarget = {
  readonly target: string;
  /** Folder of the project that has it; undefined for the projects of the workloads. */
  readonly folder?: URL;
};

/** A way to run an app. Implement it to add an environment; there is no registry of kinds. */
export interface Environment {
  /** Unique in a run: "native", "docker", "docker:published". */
  readonly name: string;
  /** The family it belongs to: "native", "namespace", "docker", … `TARE_REQUIRE` names kinds. */
  readonly kind: string;
  /** Whether this host can run it, and what is known about it. Never throws. */
  probe(signal: AbortSignal): Promise<Availability>;
  /**
   * Why it cannot run this app, and what to do about it; undefined where it can. Without this it runs every app. Asked after
   * `probe`, often: the answer stays the same through a run. Never throws.
   */
  runs?(artifact: Artifact): Obstacle | undefined;
  /**
   * Ends and removes what a killed run left, or, with a run's id, what just that run left: a process that has gone on with it
   * since keeps what it has started.
   * @returns one line for each thing removed.
   */
  reap(runId: string | undefined, signal: AbortSignal): Promise<readonly string[]>;
  /** Makes ready to start the artifact: image present, VM provisioned. Idempotent. */
  prepare(artifact: Artifact, context: RunContext, signal: AbortSignal): Promise<Facts>;
  /**
   * What Nx has to do before `prepare`, beside building the workloads: bake an image, make a box. Only for the environments
   * and workloads that a run asks for.
   */
  readonly preparedBy?: readonly PreparingTarget[];
  /**
   * Stands for all that an app is run with here beside its artifact: the content of its image, say. Two sides with the same
   * artifact and the same identity run the same. Empty where there is nothing else; without one, nobody knows.
   */
  readonly identity?: (artifact: Artifact) => Promise<string | undefined>;
  /** How long an app may take from the start command to its first good reply; 30 s where it does not say. */
  readonly readyDeadlineMs?: number;
  /**
   * Where something is deployed that this environment asks instead of starting an app. A run loads another host than this one
   * only if the command line names it, too (`--allow-remote`), and a gate does not compare an address with itself.
   */
  readonly deployedAt?: URL;
  /** Whether several instances may be up at once: each start has a port, and what else it needs, of its own. */
  readonly sideBySide?: boolean;
  /** Starts the app. Returns as soon as the start command is given; the caller waits for health. */
  start(launch: Launch, signal: AbortSignal): Promise<Instance>;
  /** Leaves nothing behind. */
  dispose(): Promise<void>;
}

/**
 * The kinds of environment that must be usable here, from `TARE_REQUIRE` ("docker,vagrant"): one that is not
 * usable is then a failure, not only a line in the report.
 */
export function requiredKinds(variables: NodeJS.ProcessEnv = process.env): ReadonlySet<string> {
  return new Set(
    (variables.TARE_REQUIRE ?? '')
      .split(',')
      .map((kind) => kind.trim())
      .filter(Boolean),
  );
}

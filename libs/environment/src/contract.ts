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
  /** Absolute path of the Node binary that runs Node apps on this host. */
  readonly nodeBinary: string;
  /** Its version: "v24.21.0". */
  readonly nodeVersion: string;
  /** Called with a line that the user should see, but that is no reason to stop. */
  readonly tell?: (line: string) => void;
};

/** One app to start in an environment. */
export type Launch = {
  readonly artifact: Artifact;
  readonly context: RunContext;
  /** Environment variables of the app in addition to HOST and PORT. */
  readonly variables: Readonly<Record<string, string>>;
  /**
   * The variable that names the app's data folder. The environment creates the folder empty for this launch, on its usual kind
   * of storage and writable by the app, and removes it afterwards; undefined for an app that keeps no data.
   */
  readonly dataVariable?: string | undefined;
  /** Path that answers with any 2xx when the app is ready: "/health"; undefined if an accepted connection means ready. */
  readonly healthPath: string | undefined;
  /** A fixed port; undefined for a free one. */
  readonly port: number | undefined;
  /** Number of the round, from 1; undefined for the check before the first one. */
  readonly round: number | undefined;
  /**
   * Whether an environment that takes long to start from nothing (a machine that boots) shall do so now. Otherwise it may
   * restart only the app, and says so in {@link Instance.startKind}. The others start from nothing every time.
   */
  readonly cold: boolean;
};

export type Availability =
  | { readonly usable: true; readonly facts: Facts; readonly isolation?: Isolation }
  | ({ readonly usable: false } & Obstacle);

/** What stands between an app and its host: a rung of the ladder that a report draws. */
export type Isolation = {
  /**
   * Its place on the ladder, from 0 (a process like any other) to 100 (a separate machine). It orders the rungs; the distance
   * between two means nothing. Shared namespaces: below 20; sandboxes: from 20; containers: from 40; a kernel in user space:
   * from 60; a virtual machine: from 80.
   */
  readonly rung: number;
  /** Whose kernel answers the app's system calls: the host's, that of a program in between (gVisor), a guest's. */
  readonly kernel: 'host' | 'user space' | 'guest';
  /** The namespaces that it does not share with the host: "mount", "pid", "network", "user", … */
  readonly namespaces: readonly string[];
  /** Whether a filter refuses some of its system calls. */
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
 * How an instance started: from nothing (process, container, booted machine), as a restart of only the app in an
 * environment that was already up, or not by the run at all: it is running, and has no startup to measure. They are never
 * mixed. An environment that always starts cold is cheap to start: a run starts it several times in every round.
 */
export type StartKind = 'cold' | 'restart' | 'running';

/** The meters of an instance. A figure that cannot be read is left out, with the reason; it is never guessed. */
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
      /** Why one or both are left out, in a line: "gVisor runs the app in the process that is also its kernel". */
      readonly notMetered: string;
      /** It runs on another host, and uses none of this host's CPU time. Without gross and this, its share is unknown. */
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
  /** What the app itself uses (net), and what the environment costs the host (gross), if they can be metered. Ready after `started`. */
  meters(): Promise<Meters>;
  /** The last lines that the app wrote, for error messages. */
  lastLog(): Promise<string>;
  /**
   * Why nothing answers at its port, in a line with what to do, if that can be seen: it listens on another one. Called if an
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
   * Why it cannot run this app, and what to do about it; undefined if it can. Without this member it runs every app. Called
   * after `probe`, and often: the answer must stay the same throughout a run. Never throws.
   */
  runs?(artifact: Artifact): Obstacle | undefined;
  /**
   * Ends and removes what killed runs left, or, with a run's id, only what that run left. If another process has resumed that
   * run, what it has started stays.
   * @returns one line for each thing removed.
   */
  reap(runId: string | undefined, signal: AbortSignal): Promise<readonly string[]>;
  /** Gets ready to start the artifact: image present, VM provisioned. Idempotent. */
  prepare(artifact: Artifact, context: RunContext, signal: AbortSignal): Promise<Facts>;
  /**
   * What Nx must do before `prepare`, in addition to building the workloads: bake an image, make a box. Only for the environments
   * and workloads of a run.
   */
  readonly preparedBy?: readonly PreparingTarget[];
  /**
   * Represents everything that an app runs with here except its artifact, such as the content of its image. Two sides with the same
   * artifact and the same identity run the same. Empty if there is nothing else; undefined if it is not known.
   */
  readonly identity?: (artifact: Artifact) => Promise<string | undefined>;
  /** How long an app may take from the start command to its first good reply; 30 s by default. */
  readonly readyDeadlineMs?: number;
  /**
   * Address of a deployment that this environment loads instead of starting an app. A run loads a host other than this one
   * only if the command line also names it (`--allow-remote`), and a gate does not compare an address with itself.
   */
  readonly deployedAt?: URL;
  /** Whether several instances may be up at once: each start then has its own port, and its own of whatever else it needs. */
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

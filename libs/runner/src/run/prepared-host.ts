import { randomBytes, randomInt } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { allowedCpus, pinRunning, plainText, planCpus, postStandBy, type StandBy } from '@tare/metrics';
import {
  type Diagnostic,
  isEmulated,
  type JournalContent,
  type JournalHeader,
  type WarmUp,
} from '@tare/results';
import type { ResolvedConfig } from '../config/bench-config.ts';
import { preflight } from '../guards/preflight.ts';
import type { Capacity } from './arrival-rates.ts';
import { lockHost } from './host-lock.ts';
import type { JudgeLook } from './round-plan.ts';
import { type Preparation, requestsOfAll } from './launch-workload.ts';
import { readArtifact } from './read-artifact.ts';
import { isNeeded, requireSameRun, requireStillUsable } from './resume.ts';
import { findUsable, type LearnedLoads, type Prepared, prepareEnvironments } from './prepare-environments.ts';
import type { Listener, Unusable, Usable } from './run-events.ts';
import { chooseWarmUp, type ChosenWarmUp } from './warm-up.ts';
import type { PreparedLoad } from '../trial/trial.ts';

const defaultReadyDeadlineMs = 30_000;
const largestSeed = 2 ** 31;
// the heap may take this share of the memory budget; the rest is for buffers, code and stacks
const heapShare = 0.5;

// connections are opened, and the load generator is warm, by then
const connectingMs = 1000;

export type HostOptions = {
  readonly config: ResolvedConfig;
  /** Where the file of the configuration lies: the janitor loads it. Without it there is no janitor. */
  readonly configPath?: string;
  /** The journal goes to a folder of the run's id in here. */
  readonly runsFolder: string;
  readonly listener: Listener;
  readonly signal: AbortSignal;
  /** Aborts when the run shall end after the current round, with what is measured by then. */
  readonly ending?: AbortSignal;
  /** How long an app may take to get healthy. */
  readonly readyDeadlineMs?: number;
  /** How long the host is watched at rest before anything is started; by default as long as preflight does. */
  readonly restMs?: number;
  /** What replies under load are compared with; by default those of the baseline. */
  readonly repliesLike?: Preparation['repliesLike'];
  /** What the run is for; by default a run of its own. */
  readonly asks?: JournalHeader['asks'];
  /** The journal of an interrupted run to continue: of this host, this configuration and the same bytes. */
  readonly resume?: JournalContent;
  /** Decides what is open at a look; by default what has no verdict against the baseline. */
  readonly judgeLook?: JudgeLook;
};

/** A host that belongs to one run, with its environments ready. Disposing of it takes everything down and frees the host. */
export type PreparedHost = AsyncDisposable & {
  readonly runId: string;
  readonly startedAt: Date;
  readonly seed: number;
  readonly preparation: Preparation;
  /** What the workloads are loaded with, and what replies are compared with. */
  readonly loads: LearnedLoads;
  readonly ready: readonly Usable[];
  /** Not usable here, or failed while they were prepared. */
  readonly unusable: readonly Unusable[];
  /** What each served in a closed loop; empty when no arrival rate is to be found. */
  readonly capacities: readonly Capacity[];
  /** With the warm-up that was given, or chosen from those below. */
  readonly load: PreparedLoad;
  /** How fresh instances warmed up; undefined if the warm-up is given. */
  readonly warmUps: readonly WarmUp[] | undefined;
  /** From the preflight and the preparation. */
  readonly diagnostics: readonly Diagnostic[];
  /** Messages from the environments so far; grows while they are used. */
  readonly told: readonly string[];
};

/**
 * Locks the host, looks for what disturbs it, finds the environments and prepares them.
 * @throws Error with one line. Everything is taken down again then.
 */
export async function prepareHost(options: HostOptions): Promise<PreparedHost> {
  const { config, listener, signal, runsFolder, resume } = options;
  const beganAt = new Date();
  const startedAt = resume === undefined ? beganAt : new Date(resume.header.startedAt);
  const runId = resume?.header.id ?? newRunId(startedAt);
  const seed = resume?.header.seed ?? config.seed ?? randomInt(largestSeed);
  // fail on impossible requests before anything is started
  const requests = requestsOfAll(config.workloads, seed);
  await mkdir(runsFolder, { recursive: true });
  // released in reverse order
  await using taken = new AsyncDisposableStack();
  // before the claim: it removes that, too
  const names = config.environments.map(({ name }) => name);
  const janitor =
    options.configPath === undefined ? undefined : postJanitor(options.configPath, runId, names);
  taken.defer(() => janitor?.dismiss());
  const lock = lockHost({
    pid: process.pid,
    runId,
    startedAt: beganAt.toISOString(),
    folder: runsFolder,
  });
  taken.defer(() => {
    lock.release();
  });
  const cpusBefore = allowedCpus();
  taken.defer(() => {
    if (cpusBefore !== undefined) pinRunning(process.pid, cpusBefore);
  });
  taken.defer(async () => {
    await Promise.allSettled(config.environments.map((environment) => environment.dispose()));
  });
  const told: string[] = [];
  // report each message once, not in every round
  const tell = (line: string): void => {
    const message = plainText(line);
    if (told.includes(message)) return;
    told.push(message);
    listener({ kind: 'told', message });
  };
  const environments = config.environments.filter(
    ({ name }) => resume === undefined || isNeeded(resume, name),
  );
  const found = await findUsable(environments, listener, signal);
  if (resume !== undefined) requireStillUsable(resume, found.unusable);
  const cpuPlan = planCpus(config.resources.cpus);
  // the runner polls and samples: on the generator's CPUs it takes nothing from the server
  if (cpuPlan !== undefined) pinRunning(process.pid, cpuPlan.generator);
  const disturbances = await lookForDisturbances(options, cpuPlan?.server);
  const artifacts = config.workloads.map(
    async (each) => [each.name, await readArtifact(each, signal)] as const,
  );
  const preparation: Preparation = {
    workloads: config.workloads,
    requests,
    artifacts: new Map(await Promise.all(artifacts)),
    context: {
      runId,
      tell,
      nodeBinary: process.execPath,
      nodeVersion: process.version,
      resources: {
        ...config.resources,
        serverCpus: cpuPlan?.server,
        nodeArguments: [`--max-heap-size=${Math.floor(config.resources.memoryMiB * heapShare)}`],
      },
    },
    readyDeadlineMs: options.readyDeadlineMs ?? defaultReadyDeadlineMs,
    coldBoots: config.coldBoots,
    // what was found out before the first round is in the journal
    load: resume === undefined ? config.load : { ...config.load, open: undefined },
    seed,
    generatorCpus: cpuPlan?.generator,
    baseline: config.baseline,
    repliesLike: options.repliesLike ?? 'baseline',
  };
  if (resume !== undefined) await requireSameRun(resume, config, preparation);
  const prepared = await prepareEnvironments(found.usable, preparation, listener, signal);
  if (resume !== undefined) requireStillUsable(resume, prepared.failed);
  const warmUp = warmUpOf(config, prepared, seed, listener);
  const held = taken.move();
  return {
    runId,
    startedAt,
    seed,
    preparation,
    loads: prepared.loads,
    ready: prepared.ready,
    unusable: [...found.unusable, ...prepared.failed],
    capacities: prepared.capacities,
    load: { ...config.load, warmupMs: warmUp.warmupMs },
    warmUps: config.load.warmupMs === undefined ? prepared.warmUps : undefined,
    diagnostics: [...disturbances, ...prepared.diagnostics, ...warmUp.diagnostics],
    told,
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

const janitorFile = fileURLToPath(import.meta.url).replace(/prepared-host\.([jt]s)$/, 'janitor-process.$1');

/**
 * Posts a process that cleans up after this one if it cannot do so itself: when this one ends without having dismissed
 * it (SIGKILL, a closed terminal, the task runner's impatience after Ctrl-C), the janitor reaps what the run had started. The
 * environments of the configuration know how.
 * @param environments the names of those that the run measures: others have nothing of it, and some take seconds to ask.
 */
function postJanitor(configPath: string, runId: string, environments: readonly string[]): StandBy {
  return postStandBy(janitorFile, [configPath, runId, ...environments]);
}

/** The warm-up that is given, or what the fresh instances that were watched need. */
function warmUpOf(
  { load: { warmupMs } }: ResolvedConfig,
  { ready, warmUps }: Prepared,
  seed: number,
  listener: Listener,
): ChosenWarmUp {
  if (warmupMs !== undefined) return { warmupMs, diagnostics: [] };
  if (ready.length === 0) return { warmupMs: 0, diagnostics: [] };
  if (warmUps.length === 0) {
    const message = `warm-up of ${connectingMs / 1000} s for every trial: what runs already has none to wait for but that of new connections`;
    listener({ kind: 'warm-up-chosen', message });
    return { warmupMs: connectingMs, diagnostics: [{ level: 'info', code: 'warm-up', message }] };
  }
  const emulated = ready.filter(isEmulated).map(({ environment }) => environment.name);
  const chosen = chooseWarmUp(warmUps, emulated, seed);
  for (const { message } of chosen.diagnostics) listener({ kind: 'warm-up-chosen', message });
  return chosen;
}

/** Reports what disturbs the host before the run starts; that does not stop the run. */
async function lookForDisturbances(
  { config: { guards }, restMs, listener, signal }: HostOptions,
  cpus: readonly number[] | undefined,
): Promise<readonly Diagnostic[]> {
  const { findings } = await preflight({
    cpus,
    guards,
    signal,
    ...(restMs !== undefined && { durationMs: restMs }),
  });
  return findings.map(({ code, message, remedy }) => {
    listener({ kind: 'preflight', message: `${message}. Remedy: ${remedy}` });
    return {
      level: 'warning',
      code: `preflight-${code}`,
      message: `before the first round: ${message}. Remedy: ${remedy}`,
    };
  });
}

/** @returns a name for a run that sorts by time and may stand in a file name, a label and a domain name. */
function newRunId(now: Date): string {
  const stamp = now
    .toISOString()
    .replace(/\.\d+Z$/, '')
    .replace(/[-:]/g, '')
    .replace('T', '-');
  return `${stamp}-${randomBytes(3).toString('hex')}`;
}

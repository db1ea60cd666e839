import { mkdir } from 'node:fs/promises';
import { allowedCpus, pinRunning, planCpus } from '@tare/metrics';
import { isEmulated, openJournal, runFileSchemaVersion, type Diagnostic, type RunFile } from '@tare/results';
import { randomInt } from 'node:crypto';
import type { ResolvedConfig } from '../config/bench-config.ts';
import { preflight } from '../guards/preflight.ts';
import { postJanitor } from '../janitor/janitor.ts';
import type { Listener } from '../progress/run-event.ts';
import type { RunOutset } from '../progress/run-so-far.ts';
import { arrivalRates } from './arrival-rates.ts';
import { assembleRun } from './assemble-run.ts';
import { describeConfig } from './describe-config.ts';
import { hostFacts } from './host-facts.ts';
import { lockHost } from './host-lock.ts';
import { measureRounds } from './measure-rounds.ts';
import { prepareEnvironments, type Preparation } from './ready-environments.ts';
import { readArtifact } from './read-artifact.ts';
import { newRunId } from './run-id.ts';
import { twinName, twinOf } from './twin.ts';
import { findUsable, type Usable } from './usable-environments.ts';

const defaultReadyDeadlineMs = 30_000;
const largestSeed = 2 ** 31;
// the heap may take this share of the memory budget; the rest is for buffers, code and stacks
const heapShare = 0.5;

export type RunOptions = {
  readonly config: ResolvedConfig;
  /** Where the file of the configuration lies: the janitor loads it. Without it there is no janitor. */
  readonly configPath?: string;
  /** The journal goes to a folder of the run's id in here. */
  readonly runsFolder: string;
  readonly listener: Listener;
  readonly signal: AbortSignal;
  /** How long an app may take to get healthy. */
  readonly readyDeadlineMs?: number;
};

export type RunResult = { readonly run: RunFile; readonly journalFolder: string };

/**
 * A whole run: finds the usable environments, prepares and checks them, measures every one once in every round in a
 * seeded random order, one up at a time, and sums up. Every finished trial is in the journal before the next begins.
 * @throws Error with one line; nothing is left running, and the journal keeps the trials so far.
 */
export async function performRun(options: RunOptions): Promise<RunResult> {
  const { config, listener, signal } = options;
  const started = new Date();
  const runId = newRunId(started);
  await mkdir(options.runsFolder, { recursive: true });
  const holder = { pid: process.pid, runId, startedAt: started.toISOString(), folder: options.runsFolder };
  const lock = await lockHost(holder);
  const janitor = options.configPath === undefined ? undefined : postJanitor(options.configPath, runId);
  const cpusBefore = allowedCpus();
  try {
    const found = await findUsable(config.environments, listener, signal);
    const cpuPlan = planCpus(config.resources.cpus);
    // the runner polls and samples: on the generator's CPUs it takes nothing from the server
    if (cpuPlan !== undefined) pinRunning(process.pid, cpuPlan.generator);
    const seed = config.seed ?? randomInt(largestSeed);
    const disturbances = await lookForDisturbances(config, cpuPlan?.server, listener, signal);
    const preparation: Preparation = {
      workloads: config.workloads,
      artifacts: new Map(
        await Promise.all(
          config.workloads.map(async (each) => [each.name, await readArtifact(each)] as const),
        ),
      ),
      context: {
        runId,
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
      load: config.load,
      seed,
      generatorCpus: cpuPlan?.generator,
    };
    const prepared = await prepareEnvironments(found.usable, preparation, listener, signal);
    requireBaseline(config.baseline, prepared.ready, [...found.unusable, ...prepared.failed]);

    const rates = arrivalRates(prepared.capacities, prepared.ready, config.load.open);
    const ready = [...prepared.ready, ...twinsOf(config, prepared.ready)];
    const twin = config.twin ? twinName(config.baseline) : undefined;
    const unjudged = ready
      .filter(({ facts }) => isEmulated({ facts }))
      .map(({ environment }) => environment.name);
    const header = {
      schema: runFileSchemaVersion,
      id: runId,
      startedAt: started.toISOString(),
      seed,
      host: await hostFacts(),
      config: describeConfig(config, preparation.context, cpuPlan?.generator, twin, seed),
      artifacts: Object.fromEntries(
        [...preparation.artifacts].map(([name, { sha256, bytes }]) => [name, { sha256, bytes }]),
      ),
    } as const;
    const outset: RunOutset = {
      header,
      margins: config.margins,
      unjudged,
      measured: ready,
      unusable: [...found.unusable, ...prepared.failed],
      diagnostics: [...disturbances, ...prepared.diagnostics, ...rates.diagnostics],
      configuredOrder: config.environments.map(({ name }) => name),
    };
    listener({ kind: 'environments-ready', outset });
    const journalFolder = `${options.runsFolder}/${runId}`;
    const journal = await openJournal(journalFolder, header);
    try {
      const { trials, repeats, plan } = await measureRounds(
        {
          config,
          listener,
          signal,
          preparation,
          rates,
          seed,
          runId,
          journalFolder,
          twin,
          unjudged,
          keep: (trial) => journal.append(trial),
          keepFailure: (failure) => journal.fail(failure),
        },
        ready,
      );
      listener({ kind: 'run-finished', trials: trials.length, elapsedMs: Date.now() - started.getTime() });
      const run = assembleRun({ ...outset, finishedAt: new Date().toISOString(), trials, repeats, plan });
      return { run, journalFolder };
    } finally {
      await journal.close();
    }
  } catch (error) {
    // whatever was under way failed because of it; the reason says more
    throw signal.aborted ? (signal.reason as Error) : error;
  } finally {
    await Promise.allSettled(config.environments.map((environment) => environment.dispose()));
    janitor?.dismiss();
    if (cpusBefore !== undefined) pinRunning(process.pid, cpusBefore);
    await lock.release();
  }
}

/** What disturbs the host before the run has begun. It is told, and no reason to stop. */
async function lookForDisturbances(
  { guards }: ResolvedConfig,
  cpus: readonly number[] | undefined,
  listener: Listener,
  signal: AbortSignal,
): Promise<readonly Diagnostic[]> {
  const { findings } = await preflight({ cpus, guards, signal });
  return findings.map(({ code, message, remedy }) => {
    listener({ kind: 'preflight', message: `${message}. Remedy: ${remedy}` });
    return {
      level: 'warning',
      code: `preflight-${code}`,
      message: `before the first round: ${message}. Remedy: ${remedy}`,
    };
  });
}

/** The second copy of the baseline, if the run is to have one. */
function twinsOf({ twin, baseline }: ResolvedConfig, ready: readonly Usable[]): readonly Usable[] {
  return ready
    .filter(({ environment }) => twin && environment.name === baseline)
    .map(({ environment, facts }) => ({ environment: twinOf(environment), facts }));
}

function requireBaseline(
  baseline: string,
  ready: readonly Usable[],
  others: readonly { readonly name: string; readonly reason: string }[],
): void {
  if (ready.some(({ environment }) => environment.name === baseline)) return;
  const why = others.find(({ name }) => name === baseline)?.reason ?? 'it is not in this run';
  throw new Error(`the baseline ${baseline} cannot be measured: ${why}`);
}

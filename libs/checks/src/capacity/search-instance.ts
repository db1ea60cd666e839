import type { Environment } from '@tare/environment';
import { generateLoad, GeneratorError } from '@tare/metrics';
import type { CapacityStep, PassCapacity } from '@tare/results';
import {
  launchOf,
  type LearnedLoad,
  mixOf,
  type Preparation,
  type PreparedLoad,
  setUpData,
  startReady,
  type Workload,
} from '@tare/runner';
import type { CapacityPlan } from './capacity-plan.ts';
import { nextMove, type SearchAim } from './capacity-search.ts';
import type { StepGuards } from './classify-step.ts';
import { firstRate } from './first-rate.ts';
import { performStep, type StepLoad } from './perform-step.ts';
import { settleServer } from './settle-server.ts';

const leastWarmupMs = 1000;
const warmupTimeoutSeconds = 30;
const generatorSlackMs = 60_000;
const settleDeadlineMs = 60_000;
const leastQuickMs = 50;

export type InstanceSearch = {
  readonly environment: Environment;
  readonly workload: Workload;
  readonly preparation: Preparation;
  /** What the workload is loaded with. */
  readonly mix: LearnedLoad | undefined;
  readonly load: PreparedLoad;
  readonly plan: CapacityPlan;
  readonly aim: SearchAim;
  readonly guards: StepGuards;
  /** From 1. */
  readonly pass: number;
  /** Called with every step, and waited for before the next begins. */
  readonly keep: (step: CapacityStep) => Promise<void>;
};

/**
 * Searches the capacity of one fresh instance: start, data, closed-loop warm-up, then the steps; stop.
 * @throws Error that names the environment; the instance is stopped in every case.
 */
export async function searchInstance(search: InstanceSearch, signal: AbortSignal): Promise<PassCapacity> {
  const { environment, workload, preparation, pass } = search;
  const launch = launchOf(workload, preparation, pass);
  const readyDeadlineMs = environment.readyDeadlineMs ?? preparation.readyDeadlineMs;
  const { instance } = await startReady(environment, launch, readyDeadlineMs, signal);
  const over = new AbortController();
  void instance.ended.then((reason) => {
    over.abort(new Error(`${reason} during the search`));
  });
  try {
    return await searchRates(search, instance.url, AbortSignal.any([signal, over.signal]));
  } catch (error) {
    if (signal.aborted || error instanceof GeneratorError) throw error;
    const message = error instanceof Error ? error.message : String(error);
    const log = await instance.lastLog().catch(() => '');
    const lines = log === '' ? '' : `; its last log lines:\n${log}`;
    throw new Error(`${environment.name}: pass ${pass}: ${message}${lines}`, { cause: error });
  } finally {
    await instance.stop();
  }
}

async function searchRates(search: InstanceSearch, url: URL, signal: AbortSignal): Promise<PassCapacity> {
  const { environment, workload, preparation, mix, plan, pass } = search;
  const { seed, generatorCpus } = preparation;
  const load: StepLoad = {
    origin: url.origin,
    requests: mix?.requests ?? mixOf(workload, preparation),
    seed,
    slo: plan.slo,
    guards: search.guards,
    windowMs: plan.windowMs,
    generatorCpus,
  };
  await setUpData(workload, url, seed, signal);
  const servedRps = await warmUp(load, mix?.closesConnections ?? false, search.load, signal);
  const startRps = firstRate(search.aim.startRps, servedRps, search.aim.leastRps);
  const steps: CapacityStep[] = [];
  let rateBefore = 0;
  for (;;) {
    const move = nextMove({ ...search.aim, startRps }, steps);
    if (move.kind === 'done') {
      const { highestRps, lowestMissRps, limit } = move;
      return { pass, highestRps, lowestMissRps, limit };
    }
    // what the warm-up or an overload left in the queues must not count in the next step
    const quickMs = Math.max(plan.slo.limitMs, leastQuickMs);
    if (!(await settleServer(new URL(workload.healthPath, url), quickMs, settleDeadlineMs, signal))) {
      throw new Error(
        `the app still answers slowly ${settleDeadlineMs / 1000} s after ${rateBefore === 0 ? 'its warm-up' : `${rateBefore} req/s`}`,
      );
    }
    const result = await performStep(load, move.rateRps, signal);
    const step = { workload: workload.name, environment: environment.name, pass, ...result };
    rateBefore = move.rateRps;
    steps.push(step);
    await search.keep(step);
  }
}

/** Warms an instance up in a closed loop. @returns the replies per second. @throws Error when most requests fail. */
async function warmUp(
  { origin, requests, seed, generatorCpus }: StepLoad,
  closesConnections: boolean,
  { connections, warmupMs }: PreparedLoad,
  signal: AbortSignal,
): Promise<number> {
  const durationMs = Math.max(warmupMs, leastWarmupMs);
  const { throughputRps } = await generateLoad(
    {
      origin,
      requests,
      closesConnections,
      seed,
      connections,
      warmupMs: 0,
      window: { kind: 'duration', durationMs },
      timeoutSeconds: warmupTimeoutSeconds,
    },
    { cpus: generatorCpus, deadlineMs: durationMs + generatorSlackMs, signal },
  );
  return throughputRps;
}

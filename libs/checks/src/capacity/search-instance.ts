import { setTimeout as sleep } from 'node:timers/promises';
import type { Environment } from '@tare/environment';
import {
  generateLoad,
  generateOpenLoad,
  GeneratorError,
  mergeHistograms,
  type LoadRequest,
} from '@tare/metrics';
import type { CapacityStep, PassCapacity, Slo } from '@tare/results';
import {
  launchOf,
  mixOf,
  setUpData,
  startReady,
  withLog,
  type LearnedLoad,
  type Preparation,
  type PreparedLoad,
  type Workload,
} from '@tare/runner';
import type { CapacityPlan } from './capacity-plan.ts';
import { classifyStep, firstRate, nextMove, type SearchAim, type StepGuards } from './capacity-search.ts';

const leastWarmupMs = 1000;
const warmupTimeoutSeconds = 30;
const warmupSlackMs = 60_000;
const settleDeadlineMs = 60_000;
const leastQuickMs = 50;

type InstanceSearch = {
  readonly environment: Environment;
  readonly workload: Workload;
  readonly preparation: Preparation;
  /** The load of the workload. */
  readonly mix: LearnedLoad | undefined;
  readonly load: PreparedLoad;
  readonly plan: CapacityPlan;
  readonly aim: SearchAim;
  readonly guards: StepGuards;
  /** Number of the pass, from 1. */
  readonly pass: number;
  /** Called with every step; the next step waits for it. */
  readonly keep: (step: CapacityStep) => Promise<void>;
};

/**
 * Searches for the capacity of one fresh instance: start, data, closed-loop warm-up, steps, stop.
 * @throws Error that names the environment; the instance has stopped in every case.
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
    throw new Error(withLog(`${environment.name}: pass ${pass}: ${message}`, log), { cause: error });
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
  // the data is there by now
  const settlePath =
    launchOf(workload, preparation, undefined).healthPath ??
    load.requests.find(({ method = 'GET' }) => method === 'GET')?.path;
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
    // requests that the warm-up or an overload left in the queues must not count in this step
    const quickMs = Math.max(plan.slo.limitMs, leastQuickMs);
    if (
      settlePath !== undefined &&
      !(await settleServer(new URL(settlePath, url), quickMs, settleDeadlineMs, signal))
    ) {
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

/** Warms an instance up in a closed loop. @returns its throughput. @throws Error when most requests fail. */
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
    { cpus: generatorCpus, deadlineMs: durationMs + warmupSlackMs, signal },
  );
  return throughputRps;
}

/** Load at the rate of a step before its window, because the previous step ran at another rate. */
const stepWarmupMs = 300;
const stepSlackMs = 30_000;
const leastTimeoutSeconds = 2;
const microsecondsPerMs = 1000;

export type StepLoad = {
  readonly origin: string;
  readonly requests: readonly LoadRequest[];
  readonly seed: number;
  readonly slo: Slo;
  readonly guards: StepGuards;
  readonly windowMs: number;
  readonly generatorCpus: readonly number[] | undefined;
};

/** The result of a step, without its place. */
type StepResult = Omit<CapacityStep, 'workload' | 'environment' | 'pass'>;

/**
 * Performs one step: a window of open load at a rate, and whether it meets the objective.
 * @throws Error when the generator fails or is aborted.
 */
export async function performStep(load: StepLoad, rateRps: number, signal: AbortSignal): Promise<StepResult> {
  const { slo, guards, windowMs } = load;
  const startedAt = new Date().toISOString();
  const timeoutSeconds = Math.max(leastTimeoutSeconds, Math.ceil((2 * slo.limitMs) / 1000));
  const {
    histogram,
    failures: _failures,
    series: _series,
    ...outcome
  } = await generateOpenLoad(
    {
      origin: load.origin,
      requests: load.requests,
      seed: load.seed,
      timeoutSeconds,
      warmupMs: stepWarmupMs,
      // on a beat, so that two steps at one rate differ by what the server does and not by how their arrivals fell
      open: { rateRps, durationMs: windowMs, arrivals: 'constant' },
    },
    {
      cpus: load.generatorCpus,
      deadlineMs: stepWarmupMs + windowMs + timeoutSeconds * 1000 + stepSlackMs,
      signal,
    },
  );
  const figures = { ...outcome, sloLatencyMs: quantileMs(histogram, slo.percentile) };
  return { startedAt, ...figures, histogram, outcome: classifyStep(figures, slo, guards) };
}

/** @returns a quantile of an encoded histogram; 0 for an empty one. */
function quantileMs(encoded: string, percentile: number): number {
  const histogram = mergeHistograms([encoded]);
  return histogram.totalCount === 0 ? 0 : histogram.getValueAtPercentile(percentile) / microsecondsPerMs;
}

const pollIntervalMs = 50;
const quickRepliesInRow = 3;
const replyDeadlineMs = 5000;

/**
 * Waits until a server has emptied its queues after an overload, so that the next step starts from an idle server: its
 * health path must answer quickly three times in a row.
 * @param quickMs longest quick reply.
 * @returns whether the server settled within the deadline.
 * @throws the signal's reason when aborted.
 */
export async function settleServer(
  healthUrl: URL,
  quickMs: number,
  deadlineMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  const begunAt = performance.now();
  for (let quick = 0; quick < quickRepliesInRow;) {
    signal.throwIfAborted();
    if (performance.now() - begunAt > deadlineMs) return false;
    const askedAt = performance.now();
    const isHealthy = await answersOk(healthUrl, signal);
    quick = isHealthy && performance.now() - askedAt <= quickMs ? quick + 1 : 0;
    await sleep(pollIntervalMs, undefined, { signal });
  }
  return true;
}

async function answersOk(url: URL, signal: AbortSignal): Promise<boolean> {
  try {
    const reply = await fetch(url, {
      // to where it points nobody wants to send anything
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(replyDeadlineMs)]),
    });
    await reply.arrayBuffer();
    return reply.ok;
  } catch (error) {
    if (signal.aborted) throw error;
    return false;
  }
}

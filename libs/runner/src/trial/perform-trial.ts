import type { Environment, Launch } from '@tare/environment';
import { generateLoad, type LoadOrder, type LoadOutcome } from '@tare/metrics';
import type { Guards, OpenLoad, Trial, TrialSample } from '@tare/results';
import type { ResolvedConfig } from '../config/bench-config.ts';
import type { WeightedRequest } from '../config/workload.ts';
import { violationsOf } from '../guards/violations.ts';
import { watchHost } from './host-watch.ts';
import { startReady } from './ready-instance.ts';
import { diskUse } from './disk-use.ts';
import { resourceUse, trialSamples } from './resource-use.ts';
import { windowSampler, type WindowSampler } from './window-sampler.ts';

const sampleIntervalMs = 100;
const requestTimeoutSeconds = 30;
// a window that is a number of requests has no length of its own
const requestsWindowDeadlineMs = 600_000;
const generatorSlackMs = 60_000;
// autocannon works in one thread, however many CPUs it may use
const generatorThreads = 1;

export type TrialPlan = {
  readonly environment: Environment;
  readonly launch: Launch;
  /** Name of the workload. */
  readonly workload: string;
  readonly requests: readonly WeightedRequest[];
  readonly setUp: (origin: URL, signal: AbortSignal) => Promise<void>;
  readonly load: ResolvedConfig['load'];
  /** Of the open-loop window, if there is one. */
  readonly rateRps: number | undefined;
  readonly guards: Guards;
  /** Of the run. */
  readonly seed: number;
  readonly generatorCpus: readonly number[] | undefined;
  readonly round: number;
  /** Which attempt at the round this is, from 1. */
  readonly attempt: number;
  /** Place within the round, from 1. */
  readonly order: number;
  readonly readyDeadlineMs: number;
  /** Given the readings of a window in which the trial failed. */
  readonly onLost: (samples: readonly TrialSample[]) => void;
};

/**
 * One trial: cold start, ready, data, warm-up, closed-loop window, open-loop window, stop.
 * @throws Error that names the environment; the instance is stopped in every case.
 */
export async function performTrial(plan: TrialPlan, signal: AbortSignal): Promise<Trial> {
  const { environment, launch, load } = plan;
  const startedAt = new Date().toISOString();
  const { instance, readiness } = await startReady(environment, launch, plan.readyDeadlineMs, signal);
  let sampler: WindowSampler | undefined;
  try {
    const meters = await instance.meters();
    const readings = windowSampler(meters, sampleIntervalMs);
    sampler = readings;
    const host = watchHost(meters.gross, launch.context.resources.serverCpus);
    await plan.setUp(instance.url, signal);
    const open = openWindowOf(plan);
    const order: LoadOrder = {
      origin: instance.url.origin,
      requests: plan.requests,
      seed: plan.seed,
      connections: load.connections,
      warmupMs: load.warmupMs,
      window: load.window,
      timeoutSeconds: requestTimeoutSeconds,
      ...(open !== undefined && { open }),
    };
    const over = new AbortController();
    void instance.ended.then((reason) => {
      over.abort(new Error(`${reason} during the trial`));
    });
    const outcome = await generateLoad(order, {
      cpus: plan.generatorCpus,
      deadlineMs: load.warmupMs + windowLimitMs(load.window) + (open?.durationMs ?? 0) + generatorSlackMs,
      onSpawn: host.generator,
      onWindowStart: () => {
        host.begin();
        readings.begin();
      },
      onWindowEnd: () => {
        readings.end();
        if (open === undefined) host.end();
      },
      onOpenEnd: host.end,
      signal: AbortSignal.any([signal, over.signal]),
    });
    const samples = await readings.samples();
    const activity = await host.activity();
    const { throughputRps } = outcome;
    const net = resourceUse(
      samples.map((pair) => pair.net),
      throughputRps,
    );
    const gross = resourceUse(
      samples.map((pair) => pair.gross),
      throughputRps,
    );
    const milestones = [...(await instance.milestones()), { name: 'ready', atMs: readiness.readyMs }];
    const figures = { load: closedFigures(outcome), open: openFigures(outcome), host: activity };
    return {
      workload: plan.workload,
      round: plan.round,
      attempt: plan.attempt,
      order: plan.order,
      environment: environment.name,
      startedAt,
      startup: { kind: instance.startKind, ...readiness, milestones },
      ...figures,
      cpu: { net: net.cpu, gross: gross.cpu },
      memory: { net: net.memory, gross: gross.memory },
      disk: diskUse(samples, outcome.requests),
      violations: [...violationsOf(figures, plan.guards, generatorThreads)],
      samples: trialSamples(samples),
    };
  } catch (error) {
    if (signal.aborted) throw error;
    if (sampler !== undefined) plan.onLost(trialSamples(await sampler.soFar()));
    const message = error instanceof Error ? error.message : String(error);
    const log = await instance.lastLog().catch(() => '');
    throw new Error(
      `${environment.name}: round ${plan.round}: ${message}${log === '' ? '' : `; its last log lines:\n${log}`}`,
      { cause: error },
    );
  } finally {
    await instance.stop();
  }
}

function openWindowOf({ load, rateRps }: TrialPlan): LoadOrder['open'] {
  if (load.open === undefined || rateRps === undefined) return undefined;
  return { rateRps, durationMs: load.open.durationMs };
}

function closedFigures(outcome: LoadOutcome): Trial['load'] {
  const { connections, durationMs, requests, errors, timeouts, throughputRps, latencyMs, histogram } =
    outcome;
  return {
    mode: 'closed',
    connections,
    durationMs,
    requests,
    errors,
    timeouts,
    throughputRps,
    latencyMs,
    histogram,
    generator: { name: 'autocannon', cpuPercent: outcome.generatorCpuPercent },
  };
}

function openFigures({ open }: LoadOutcome): OpenLoad | null {
  if (open === undefined) return null;
  const { generatorCpuPercent, ...figures } = open;
  return { mode: 'open', ...figures, generator: { name: 'undici', cpuPercent: generatorCpuPercent } };
}

function windowLimitMs(window: ResolvedConfig['load']['window']): number {
  return window.kind === 'duration' ? window.durationMs : requestsWindowDeadlineMs;
}

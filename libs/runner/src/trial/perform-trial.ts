import type { Environment, Launch } from '@tare/environment';
import { generateLoad, type LoadOrder } from '@tare/metrics';
import type { Trial, TrialSample } from '@tare/results';
import type { ResolvedConfig } from '../config/bench-config.ts';
import type { WorkloadRequest } from '../config/workload.ts';
import { startReady } from './ready-instance.ts';
import { resourceUse, trialSamples } from './resource-use.ts';
import { windowSampler, type WindowSampler } from './window-sampler.ts';

const sampleIntervalMs = 100;
const requestTimeoutSeconds = 30;
// a window that is a number of requests has no length of its own
const requestsWindowDeadlineMs = 600_000;
const generatorSlackMs = 60_000;

export type TrialPlan = {
  readonly environment: Environment;
  readonly launch: Launch;
  readonly request: WorkloadRequest;
  readonly load: ResolvedConfig['load'];
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
 * One trial: cold start, ready, warm-up, load window, stop.
 * @throws Error that names the environment; the instance is stopped in every case.
 */
export async function performTrial(plan: TrialPlan, signal: AbortSignal): Promise<Trial> {
  const { environment, launch, request, load } = plan;
  const startedAt = new Date().toISOString();
  const { instance, readiness } = await startReady(environment, launch, plan.readyDeadlineMs, signal);
  let sampler: WindowSampler | undefined;
  try {
    sampler = windowSampler(await instance.meters(), sampleIntervalMs);
    const order: LoadOrder = {
      url: new URL(request.path, instance.url).href,
      connections: load.connections,
      warmupMs: load.warmupMs,
      window: load.window,
      timeoutSeconds: requestTimeoutSeconds,
      ...(request.method !== undefined && { method: request.method }),
      ...(request.headers !== undefined && { headers: request.headers }),
      ...(request.body !== undefined && { body: request.body }),
    };
    const over = new AbortController();
    void instance.ended.then((reason) => {
      over.abort(new Error(`${reason} during the trial`));
    });
    const outcome = await generateLoad(order, {
      cpus: plan.generatorCpus,
      deadlineMs: load.warmupMs + windowLimitMs(load.window) + generatorSlackMs,
      onWindowStart: sampler.begin,
      onWindowEnd: sampler.end,
      signal: AbortSignal.any([signal, over.signal]),
    });
    const samples = await sampler.samples();
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
    const { generatorCpuPercent, ...window } = outcome;
    return {
      workload: launch.artifact.workload,
      round: plan.round,
      attempt: plan.attempt,
      order: plan.order,
      environment: environment.name,
      startedAt,
      startup: { kind: instance.startKind, ...readiness, milestones },
      load: { mode: 'closed', ...window, generator: { name: 'autocannon', cpuPercent: generatorCpuPercent } },
      cpu: { net: net.cpu, gross: gross.cpu },
      memory: { net: net.memory, gross: gross.memory },
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

function windowLimitMs(window: ResolvedConfig['load']['window']): number {
  return window.kind === 'duration' ? window.durationMs : requestsWindowDeadlineMs;
}

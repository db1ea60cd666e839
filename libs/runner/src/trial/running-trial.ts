import type { Instance } from '@tare/environment';
import type { LoadOutcome, Readiness } from '@tare/metrics';
import type { HostActivity, OpenLoad, Trial } from '@tare/results';
import { violationsOf } from '../guards/violations.ts';
import { diskUse } from './disk-use.ts';
import { startReady } from './ready-instance.ts';
import { resourceUse, trialSamples } from './resource-use.ts';
import type { TrialPlan } from './trial-plan.ts';
import { windowSampler, type Meters, type WindowSampler } from './window-sampler.ts';

const sampleIntervalMs = 100;
// the closed loop's generator works in one thread, however many CPUs it may use
const generatorThreads = 1;

/** A trial whose instance is up and has its data. */
export type RunningTrial = {
  readonly plan: TrialPlan;
  readonly startedAt: Date;
  readonly instance: Instance;
  readonly readiness: Readiness;
  readonly meters: Meters;
  readonly sampler: WindowSampler;
};

/** Starts the instance of a trial, waits until it is healthy, and puts its data in. @throws Error that names the environment. */
export async function beginTrial(plan: TrialPlan, signal: AbortSignal): Promise<RunningTrial> {
  const startedAt = new Date();
  const { environment, launch, readyDeadlineMs } = plan;
  const started = startReady(environment, launch, readyDeadlineMs, signal);
  const { instance, readiness } = await started.catch((error: unknown) => {
    if (signal.aborted || !(error instanceof Error)) throw error;
    throw new TrialError(environment.name, error.message, error);
  });
  try {
    const meters = await instance.meters();
    await plan.setUp(instance.url, signal);
    return { plan, startedAt, instance, readiness, meters, sampler: windowSampler(meters, sampleIntervalMs) };
  } catch (error) {
    const failure = signal.aborted ? error : await trialError(plan, instance, error);
    await instance.stop();
    throw failure;
  }
}

/** @returns the trial, from what its load came to and what the host did meanwhile. */
export async function trialOf(
  { plan, startedAt, instance, readiness, sampler }: RunningTrial,
  outcome: LoadOutcome,
  activity: HostActivity,
): Promise<Trial> {
  const samples = await sampler.samples();
  const useOf = (scope: keyof Meters) =>
    resourceUse(
      samples.map((pair) => pair[scope]),
      outcome.throughputRps,
      outcome.turns === undefined ? undefined : outcome.durationMs,
    );
  const [net, gross] = [useOf('net'), useOf('gross')];
  const milestones = [...(await instance.milestones()), { name: 'ready', atMs: readiness.readyMs }];
  const figures = { load: closedFigures(outcome), open: openFigures(outcome), host: activity };
  return {
    workload: plan.workload,
    round: plan.round,
    attempt: plan.attempt,
    order: plan.order,
    environment: plan.environment.name,
    startedAt: startedAt.toISOString(),
    startup: { kind: instance.startKind, ...readiness, milestones },
    ...figures,
    cpu: { net: net.cpu, gross: gross.cpu },
    memory: { net: net.memory, gross: gross.memory },
    disk: {
      ...diskUse(samples, outcome.requests),
      // the disks serve all that take turns
      ...(outcome.turns !== undefined && { writeLatencyMs: null }),
    },
    violations: [...violationsOf(figures, plan.guards, generatorThreads)],
    samples: trialSamples(samples),
  };
}

/** A trial that failed, and in which environment. */
export class TrialError extends Error {
  readonly environment: string;
  constructor(environment: string, message: string, cause: unknown) {
    super(message, { cause });
    this.environment = environment;
  }
}

/** @returns an error that names environment and round, with the app's last log lines. */
export async function trialError(plan: TrialPlan, instance: Instance, cause: unknown): Promise<TrialError> {
  const message = cause instanceof Error ? cause.message : String(cause);
  const log = await instance.lastLog().catch(() => '');
  return new TrialError(
    plan.environment.name,
    `${plan.environment.name}: round ${plan.round}: ${message}${log === '' ? '' : `; its last log lines:\n${log}`}`,
    cause,
  );
}

function closedFigures(outcome: LoadOutcome): Trial['load'] {
  const { connections, durationMs, requests, errors, timeouts, throughputRps, latencyMs, histogram, turns } =
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
    ...(turns !== undefined && { turns }),
    generator: {
      name: turns === undefined ? 'autocannon' : 'undici',
      cpuPercent: outcome.generatorCpuPercent,
    },
  };
}

function openFigures({ open }: LoadOutcome): OpenLoad | null {
  if (open === undefined) return null;
  const { generatorCpuPercent, ...figures } = open;
  return { mode: 'open', ...figures, generator: { name: 'undici', cpuPercent: generatorCpuPercent } };
}

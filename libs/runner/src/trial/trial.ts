import { setTimeout as sleep } from 'node:timers/promises';
import type { Environment, Instance, Launch, Meters } from '@tare/environment';
import {
  generateSlices,
  GeneratorError,
  type LoadOutcome,
  type LoadRequest,
  type LoadSide,
  type LoadSpec,
  plainText,
  type Readiness,
  SideError,
} from '@tare/metrics';
import type { Guards, HostActivity, OpenLoad, Trial, TrialSample } from '@tare/results';
import type { ResolvedConfig } from '../config/bench-config.ts';
import { mostLateSends, violationsOf } from '../guards/violations.ts';
import { watchHost } from './host-watch.ts';
import { startReady, withLog } from './ready-instance.ts';
import { diskUse, resourceUse, trialSamples, type WindowSampler, windowSampler } from './resource-use.ts';

/** A request without a reply after this long is a timeout. */
export const requestTimeoutSeconds = 30;

/** How much longer than the load itself a load generator may take. */
export const generatorSlackMs = 60_000;

// a window that is a number of requests has no length of its own
const requestsWindowDeadlineMs = 600_000;
const msPerSecond = 1000;
const sampleIntervalMs = 100;
// pause without load between warm-up and slices, to measure what each instance uses when idle
const idleMs = 500;
// if the app has ended, that is noticed within this time
const endedNoticeMs = 500;
// the closed loop's generator works in one thread, however many CPUs it may use
const generatorThreads = 1;

/** The load of a run whose warm-up is known. */
export type PreparedLoad = ResolvedConfig['load'] & { readonly warmupMs: number };

/** The configuration of a run whose warm-up is known. */
export type PreparedConfig = ResolvedConfig & { readonly load: PreparedLoad };

export type TrialPlan = {
  readonly environment: Environment;
  readonly launch: Launch;
  /** Name of the workload. */
  readonly workload: string;
  /** Each with the expectation for its replies. */
  readonly requests: readonly LoadRequest[];
  /** Whether the app closes a connection after each reply. */
  readonly closesConnections: boolean;
  readonly setUp: (origin: URL, signal: AbortSignal) => Promise<void>;
  readonly load: PreparedLoad;
  /** Arrival rate of the open-loop window, if there is one. */
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
  /** How long the starts before the trials of its round took, in milliseconds; undefined without any. */
  readonly starts: readonly number[] | undefined;
  /** Called with the readings of the window in which the trial failed. */
  readonly onLost: (samples: readonly TrialSample[]) => void;
};

/** A trial that failed, and in which environment. */
export class TrialError extends Error {
  readonly environment: string;
  constructor(environment: string, message: string, cause: unknown) {
    // the message may contain output of the app
    super(plainText(message), { cause });
    this.environment = environment;
  }
}

/** A trial whose instance is up and has its data. */
type RunningTrial = {
  readonly plan: TrialPlan;
  readonly startedAt: Date;
  readonly instance: Instance;
  readonly readiness: Readiness;
  readonly meters: Meters;
  readonly sampler: WindowSampler;
};

/**
 * The trials of environments that are up side by side, or of one alone. They are started and given their data
 * one after the other; then all are loaded: warm-up, closed loop (in alternating slices, so that a slow phase
 * of the host slows them all, or in one whole window), and the open loop likewise; finally all are stopped.
 * @param plans all with the same load, of which some may have no open loop; at least one.
 * @param sliceMs how long a slice sends requests; undefined for one environment with a whole window.
 * @returns the trials in their order.
 * @throws TrialError for the environment that failed; GeneratorError if the load generator lacks something.
 *   All instances are stopped in every case.
 */
export async function performTrials(
  plans: readonly TrialPlan[],
  sliceMs: number | undefined,
  signal: AbortSignal,
): Promise<readonly Trial[]> {
  const running: RunningTrial[] = [];
  try {
    for (const plan of plans) running.push(await begin(plan, signal));
    const { outcomes, activity } = await load(running, sliceMs, signal);
    const trials: Trial[] = [];
    for (const [index, outcome] of outcomes.entries()) {
      const each = running[index];
      if (each !== undefined) trials.push(await trialOf(each, outcome, activity));
    }
    return trials;
  } catch (error) {
    if (signal.aborted || error instanceof TrialError || error instanceof GeneratorError) throw error;
    const failed = error instanceof SideError ? running[error.side] : undefined;
    if (failed === undefined) throw error;
    failed.plan.onLost(trialSamples(await failed.sampler.soFar()));
    throw await trialError(failed.plan, failed.instance, error);
  } finally {
    // the window of a load that was broken off has no end
    for (const { sampler } of running) sampler.stop();
    await Promise.all(running.map(({ instance }) => instance.stop()));
  }
}

async function begin(plan: TrialPlan, signal: AbortSignal): Promise<RunningTrial> {
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

type Loaded = { readonly outcomes: readonly LoadOutcome[]; readonly activity: HostActivity };

async function load(
  running: readonly RunningTrial[],
  sliceMs: number | undefined,
  signal: AbortSignal,
): Promise<Loaded> {
  const [first] = running;
  if (first === undefined) throw new Error('trials: expected at least one environment');
  const { load: wanted, seed, round, generatorCpus, launch } = first.plan;
  const { window, warmupMs, connections } = wanted;
  const sides = running.map(({ plan, instance }): LoadSide => {
    const open = openWindowOf(plan);
    const { requests, closesConnections } = plan;
    return {
      origin: instance.url.origin,
      requests,
      closesConnections,
      ...(open !== undefined && { open }),
    };
  });
  const spec: LoadSpec = {
    sides,
    // side by side all get the same arrivals; the next round draws others, so that no run depends on one draw
    seed: seed + round,
    connections,
    warmupMs,
    window:
      window.kind === 'duration' && sliceMs !== undefined
        ? { ...window, sliceMs, ...(sides.length > 1 && { idleMs }) }
        : window,
    timeoutSeconds: requestTimeoutSeconds,
  };
  const over = new AbortController();
  for (const [side, { instance }] of running.entries()) {
    void instance.ended.then((reason) => {
      over.abort(new SideError(side, `${reason} during the trial`));
    });
  }
  const host = watchHost(
    running.map(({ meters }) => meters),
    launch.context.resources.serverCpus,
  );
  // the open windows of all sides begin and end together
  let windowsLeft = sides.some(({ open }) => open !== undefined) ? 2 : 1;
  const endWindow = (): void => {
    windowsLeft -= 1;
    if (windowsLeft === 0) host.end();
  };
  const windowMs = window.kind === 'duration' ? window.durationMs : requestsWindowDeadlineMs;
  // while one side does not answer, the slices of the others pass
  const longestOpenMs = Math.max(...running.map(({ plan }) => plan.load.open?.durationMs ?? 0));
  const openMs = running.length * longestOpenMs + requestTimeoutSeconds * msPerSecond;
  const eachMs = warmupMs + windowMs + openMs;
  const loading = generateSlices(spec, {
    cpus: generatorCpus,
    deadlineMs: running.length * eachMs + generatorSlackMs,
    onSpawn: host.generator,
    onMoment: (moment) => {
      switch (moment) {
        case 'idle-start':
        case 'idle-end':
          for (const { sampler } of running) sampler.idle();
          break;
        case 'window-start':
          host.begin();
          for (const { sampler } of running) sampler.begin();
          break;
        case 'window-end':
          for (const { sampler } of running) sampler.end();
          endWindow();
          break;
        case 'open-start':
          break;
        case 'open-end':
          endWindow();
          break;
      }
    },
    signal: AbortSignal.any([signal, over.signal]),
  });
  try {
    return { outcomes: await loading, activity: await host.activity() };
  } finally {
    await host.close();
  }
}

/** @returns the open-loop window of a trial; undefined for none. */
function openWindowOf({ load: { open }, rateRps, guards }: TrialPlan): LoadSide['open'] {
  if (open === undefined || rateRps === undefined) return undefined;
  const { durationMs, arrivals } = open;
  const planned = Math.round((rateRps * durationMs) / msPerSecond);
  return { rateRps, durationMs, arrivals, mostLateSends: mostLateSends(planned, guards) };
}

/** @returns the trial, from the outcome of its load and the activity of the host meanwhile. */
async function trialOf(
  { plan, startedAt, instance, readiness, meters, sampler }: RunningTrial,
  outcome: LoadOutcome,
  activity: HostActivity,
): Promise<Trial> {
  const samples = await sampler.samples();
  const sliced = outcome.slices !== undefined;
  const use = resourceUse(
    samples,
    outcome.throughputRps,
    sliced ? { loadedMs: outcome.durationMs, idle: await sampler.idleReadings() } : undefined,
  );
  const open = openFigures(outcome, plan.load.open?.arrivals);
  const figures = { load: closedFigures(outcome), open, host: activity };
  return {
    workload: plan.workload,
    round: plan.round,
    attempt: plan.attempt,
    order: plan.order,
    environment: plan.environment.name,
    startedAt: startedAt.toISOString(),
    ...(instance.startKind !== 'running' && {
      startup: {
        kind: instance.startKind,
        ...readiness,
        milestones: [...(await instance.milestones()), { name: 'ready', atMs: readiness.readyMs }],
        ...(plan.starts !== undefined && { starts: [...plan.starts] }),
      },
    }),
    ...figures,
    // there is a rate where the run has open-loop windows
    ...(open === null && plan.load.open === undefined && plan.rateRps !== undefined && { openLeftOut: true }),
    ...use,
    ...(meters.notMetered !== undefined && { notMetered: plainText(meters.notMetered) }),
    disk: {
      ...diskUse(samples, outcome.requests),
      // the disks serve all that are up side by side
      ...(sliced && { writeLatencyMs: null }),
    },
    violations: [...violationsOf(figures, plan.guards, generatorThreads)],
    samples: trialSamples(samples),
  };
}

function closedFigures(outcome: LoadOutcome): Trial['load'] {
  const { connections, durationMs, requests, errors, timeouts, failures } = outcome;
  const { throughputRps, latencyMs, histogram, slices, client, generatorCpuPercent } = outcome;
  return {
    mode: 'closed',
    connections,
    durationMs,
    requests,
    errors,
    timeouts,
    failures,
    throughputRps,
    latencyMs,
    histogram,
    ...(slices !== undefined && {
      slices: slices.length,
      sliceSeries: slices.map(({ requests: replies, durationMs: tookMs }) => [
        replies,
        Number(tookMs.toFixed(3)),
      ]),
    }),
    generator: { name: client, cpuPercent: generatorCpuPercent },
  };
}

function openFigures({ open }: LoadOutcome, arrivals: OpenLoad['arrivals']): OpenLoad | null {
  if (open === undefined) return null;
  const { generatorCpuPercent, series, ...figures } = open;
  return {
    mode: 'open',
    arrivals,
    ...figures,
    series: {
      ...series,
      latencyMs: series.latencyMs.map((ms) => (ms === null ? null : Number(ms.toFixed(3)))),
    },
    generator: { name: 'undici', cpuPercent: generatorCpuPercent },
  };
}

/** @returns an error that names environment and round, with the app's last log lines. */
async function trialError(plan: TrialPlan, instance: Instance, cause: unknown): Promise<TrialError> {
  const { name } = plan.environment;
  const said = cause instanceof Error ? cause.message : String(cause);
  const ended = await Promise.race([instance.ended, sleep(endedNoticeMs, undefined, { ref: false })]);
  const message = ended === undefined || said.startsWith(ended) ? said : `${ended} during the trial: ${said}`;
  const log = await instance.lastLog().catch(() => '');
  return new TrialError(name, withLog(`${name}: round ${plan.round}: ${message}`, log), cause);
}

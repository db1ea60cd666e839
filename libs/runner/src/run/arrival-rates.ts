import type { Instance } from '@tare/environment';
import { generateLoad } from '@tare/metrics';
import { type Diagnostic, isEmulated } from '@tare/results';
import type { ResolvedConfig } from '../config/bench-config.ts';
import type { Usable } from './run-events.ts';
import type { LearnedLoad } from '../trial/conformance.ts';

// an app whose code is not compiled yet would seem slower by up to a third, and its windows would hold too few requests
const probeWarmupMs = 3000;
const probeWindowMs = 2000;
const probeSlackMs = 60_000;
const requestTimeoutSeconds = 30;
/**
 * The arrival rate as a share of what the slowest serves: a light load, at which a request seldom meets another. What is
 * measured then is the way through an environment. At half of the capacity it would be the host: one that slows by a third
 * brings the server to three quarters of its capacity, and queues blow that up (equal copies had p95s that varied by 82 %).
 */
const shareOfCapacity = 0.2;
const shareText = `${shareOfCapacity * 100} %`;
/** So that ten requests lie beyond a p95, the highest quantile that every window shall hold. */
const requestsForP95 = 200;
const digits = 3;

/** What an environment served in a closed loop before the first round. */
export type Capacity = {
  readonly environment: string;
  readonly workload: string;
  /** 2xx replies per second. */
  readonly rps: number;
};

/** Loads a ready instance in a closed loop for a moment. @returns 2xx replies per second. */
export async function probeCapacity(
  instance: Instance,
  { requests, closesConnections }: LearnedLoad,
  {
    load,
    seed,
    cpus,
  }: {
    readonly load: ResolvedConfig['load'];
    readonly seed: number;
    readonly cpus: readonly number[] | undefined;
  },
  signal: AbortSignal,
): Promise<number> {
  const outcome = await generateLoad(
    {
      origin: instance.url.origin,
      requests,
      closesConnections,
      seed,
      connections: load.connections,
      warmupMs: probeWarmupMs,
      window: { kind: 'duration', durationMs: probeWindowMs },
      timeoutSeconds: requestTimeoutSeconds,
    },
    { cpus, deadlineMs: probeWarmupMs + probeWindowMs + probeSlackMs, signal },
  );
  return outcome.throughputRps;
}

export type ArrivalRates = {
  /** Requests a second of the open-loop window; undefined where there is none. */
  of(workload: string, environment: string): number | undefined;
  readonly diagnostics: readonly Diagnostic[];
};

/**
 * The rates of the open-loop windows: one for all environments of a workload, a share of what the slowest served, so that
 * there are hardly any queues. An emulated environment is an order of magnitude slower and would leave the others idle: it
 * gets that share of its own.
 */
export function arrivalRates(
  capacities: readonly Capacity[],
  ready: readonly Usable[],
  open: ResolvedConfig['load']['open'],
): ArrivalRates {
  const given = open?.rateRps;
  if (open === undefined) return { of: () => undefined, diagnostics: [] };
  if (given !== undefined) return { of: () => given, diagnostics: [] };
  const emulated = new Set(
    ready.filter(({ facts }) => isEmulated({ facts })).map(({ environment }) => environment.name),
  );
  const usable = capacities.filter(({ rps }) => rps > 0);
  const slowest = new Map(
    [
      ...Map.groupBy(
        usable.filter((each) => !emulated.has(each.environment)),
        ({ workload }) => workload,
      ),
    ].map(
      ([workload, own]) =>
        [workload, own.reduce((least, each) => (each.rps < least.rps ? each : least))] as const,
    ),
  );
  const own = (workload: string, environment: string): Capacity | undefined =>
    usable.find((each) => each.workload === workload && each.environment === environment);
  const common = [...slowest].map(([workload, { environment, rps }]): Diagnostic => {
    const message = `${workload}: open loop at ${lightRate(rps)} requests/s, ${shareText} of the ${round(rps)} that ${environment}, the slowest, served before the first round${tooFew(lightRate(rps), open.durationMs)}`;
    return { level: 'info', code: 'arrival-rate', message };
  });
  const apart = usable
    .filter(({ environment }) => emulated.has(environment))
    .map(({ workload, environment, rps }): Diagnostic => {
      const message = `${workload}: ${environment} is emulated: its open loop is at ${lightRate(rps)} requests/s, ${shareText} of its own ${round(rps)}`;
      return { level: 'info', code: 'arrival-rate', message };
    });
  return {
    of: (workload, environment) => {
      const from = emulated.has(environment) ? own(workload, environment) : slowest.get(workload);
      return from === undefined ? undefined : lightRate(from.rps);
    },
    diagnostics: [...common, ...apart],
  };
}

function lightRate(rps: number): number {
  return round(rps * shareOfCapacity);
}

/** What to do about windows with too few requests for their p95; empty when the shortest has enough. */
function tooFew(rateRps: number, shortestMs: number): string {
  if (Math.round((rateRps * shortestMs) / 1000) >= requestsForP95) return '';
  const seconds = Math.ceil(requestsForP95 / rateRps);
  return `; its windows may hold fewer than ${requestsForP95} requests, which makes a p95 rough: --openDuration=${seconds} is enough for them`;
}

function round(rps: number): number {
  return Number(rps.toPrecision(digits));
}

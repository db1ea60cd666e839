import type { Instance } from '@tare/environment';
import { generateLoad } from '@tare/metrics';
import { type Diagnostic, isEmulated } from '@tare/results';
import type { ResolvedConfig } from '../config/bench-config.ts';
import type { Usable } from './run-events.ts';
import type { LearnedLoad } from '../trial/conformance.ts';

// enough for the code to be compiled and the rate to show; half of it leaves room for the error
const probeWarmupMs = 1000;
const probeWindowMs = 1500;
const probeSlackMs = 60_000;
const requestTimeoutSeconds = 30;
const shareOfCapacity = 0.5;
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
 * The rates of the open-loop windows: one for all environments of a workload, half of what the slowest served, so that
 * queues stay short in all. An emulated environment is an order of magnitude slower and would leave the others idle: it
 * gets half of its own.
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
    const message = `${workload}: open loop at ${half(rps)} requests/s, half of the ${round(rps)} that ${environment}, the slowest, served before the first round`;
    return { level: 'info', code: 'arrival-rate', message };
  });
  const apart = usable
    .filter(({ environment }) => emulated.has(environment))
    .map(({ workload, environment, rps }): Diagnostic => {
      const message = `${workload}: ${environment} is emulated: its open loop is at ${half(rps)} requests/s, half of its own ${round(rps)}`;
      return { level: 'info', code: 'arrival-rate', message };
    });
  return {
    of: (workload, environment) => {
      const from = emulated.has(environment) ? own(workload, environment) : slowest.get(workload);
      return from === undefined ? undefined : half(from.rps);
    },
    diagnostics: [...common, ...apart],
  };
}

function half(rps: number): number {
  return round(rps * shareOfCapacity);
}

function round(rps: number): number {
  return Number(rps.toPrecision(digits));
}

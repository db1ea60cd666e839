import type { Environment, Launch } from '@tare/environment';
import type { OpenWindow } from '@tare/metrics';
import type { Guards, TrialSample } from '@tare/results';
import type { ResolvedConfig } from '../config/bench-config.ts';
import type { WeightedRequest } from '../config/workload.ts';

/** A request without a reply after this long is a timeout. */
export const requestTimeoutSeconds = 30;

/** How long a load generator may take beyond the load itself. */
export const generatorSlackMs = 60_000;

/** The load of a run whose warm-up is known. */
export type PreparedLoad = ResolvedConfig['load'] & { readonly warmupMs: number };

/** The configuration of a run whose warm-up is known. */
export type PreparedConfig = ResolvedConfig & { readonly load: PreparedLoad };

export type TrialPlan = {
  readonly environment: Environment;
  readonly launch: Launch;
  /** Name of the workload. */
  readonly workload: string;
  readonly requests: readonly WeightedRequest[];
  readonly setUp: (origin: URL, signal: AbortSignal) => Promise<void>;
  readonly load: PreparedLoad;
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

/** @returns the open-loop window of a trial; undefined for none. */
export function openWindowOf({ load, rateRps }: TrialPlan): OpenWindow | undefined {
  if (load.open === undefined || rateRps === undefined) return undefined;
  return { rateRps, durationMs: load.open.durationMs };
}

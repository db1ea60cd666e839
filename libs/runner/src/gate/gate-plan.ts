import type { ResolvedConfig } from '../config/bench-config.ts';
import { applyOverrides, type Overrides } from '../config/overrides.ts';

/** What the command line may say about a gate; undefined leaves the default. */
export type GateOptions = Pick<
  Overrides,
  | 'environments'
  | 'workloads'
  | 'rounds'
  | 'duration'
  | 'warmup'
  | 'openDuration'
  | 'turnMs'
  | 'connections'
  | 'retries'
  | 'seed'
  | 'n'
> & {
  /** The commit to compare with: a branch, a tag or a hash. */
  readonly base?: string;
  /** The smallest worsening that matters, in percent. */
  readonly threshold?: number | string;
  /** Measure what is the same on both sides too. */
  readonly force?: boolean | string;
};

export type GatePlan = {
  /** With the environments and workloads of this side, and the load of both. */
  readonly config: ResolvedConfig;
  /** As a share. */
  readonly threshold: number;
  readonly force: boolean;
};

/** Two to three minutes for an app in one environment. The startup, which cannot take turns, wants the most rounds. */
const defaults = { rounds: 20, warmup: 1, duration: 1.5, openDuration: 0 } as const;
const defaultThresholdPercent = 10;
const [leastPercent, mostPercent] = [0.1, 1000];

/**
 * Makes a gate's plan out of a configuration and the command line: the baseline alone unless environments are named, and
 * all workloads, for what a change does not touch costs nothing.
 * @throws Error with one line that names the option, its value and what was expected.
 */
export function planGate(configured: ResolvedConfig, options: GateOptions): GatePlan {
  const config = applyOverrides(configured, {
    ...defaults,
    environments: configured.baseline,
    workloads: configured.workloads.map(({ name }) => name),
    ...options,
    twin: false,
  });
  return { config, threshold: thresholdOf(options.threshold), force: isForced(options.force) };
}

function thresholdOf(value: GateOptions['threshold'] = defaultThresholdPercent): number {
  const text = String(value).trim();
  const percent = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (percent >= leastPercent && percent <= mostPercent) return percent / 100;
  throw new Error(`--threshold=${text}: expected a percentage from ${leastPercent} to ${mostPercent}`);
}

function isForced(value: GateOptions['force'] = false): boolean {
  if (typeof value === 'boolean') return value;
  if (value === 'true' || value === 'false') return value === 'true';
  throw new Error(`--force=${value}: expected true or false`);
}

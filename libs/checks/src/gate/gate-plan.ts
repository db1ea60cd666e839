import { type GivenOptions, number, readOptions, text, toggle } from '@tare/options';
import { applyOverrides, type ResolvedConfig, runFlags, type Settings } from '@tare/runner';
import { z } from 'zod';

const { environments, workloads, rounds, duration, warmup, openDuration, ...others } = runFlags;
const { connections, sliceMs, retries, seed, n } = others;

/** The options of a gate: some of a run's, with defaults of two to three minutes for an app in one environment. */
export const gateOptions = {
  base: text({
    description: 'Commit to compare with: a branch, a tag or a hash.',
    otherwise: 'that of NX_BASE, else where this branch left the default one, else the commit before',
  }).optional(),
  threshold: number({
    min: 0.1,
    max: 1000,
    unit: 'percent',
    description: 'The smallest worsening that matters: a metric passes when its 95 % interval stays below.',
  }).default(10),
  force: toggle({
    description: 'Measure workloads of the same bytes on both sides too.',
  }).default(false),
  environments: environments.meta({ otherwise: 'the baseline' }),
  workloads: workloads.meta({ otherwise: 'all whose bytes differ' }),
  // startup, which cannot be sliced, wants the most rounds
  rounds: rounds.default(20),
  duration: duration.default(1.5),
  warmup: warmup.default(1),
  openDuration: openDuration.default(0),
  connections,
  sliceMs,
  retries,
  n,
  seed,
};

// the executor has options of its own beside them
const gateSchema = z.object(gateOptions);

/** What the command line may say about a gate; undefined takes the default. Numbers may be texts. */
export type GateOptions = GivenOptions<typeof gateOptions>;

export type GatePlan = {
  /** With the environments and workloads of this side, and the load of both. */
  readonly config: ResolvedConfig;
  /** As a share. */
  readonly threshold: number;
  readonly force: boolean;
};

/**
 * Makes a gate's plan out of a configuration and the command line: the baseline alone unless environments are named, and
 * all workloads, for what a change does not touch costs nothing.
 * @throws Error with one line that names the option, its value and what was expected.
 */
export function planGate(configured: Settings, options: GateOptions): GatePlan {
  const { base, threshold, force, ...overrides } = readOptions(gateSchema, options);
  const config = applyOverrides(configured, {
    environments: configured.baseline,
    workloads: configured.workloads.map(({ name }) => name).join(','),
    ...overrides,
    control: false,
  });
  return { config, threshold: threshold / 100, force };
}

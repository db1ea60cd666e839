import { appOf, type Parameters, type Workload } from './workload.ts';
import type { ResolvedConfig } from './bench-config.ts';
import { limits } from './resolve-config.ts';

const msPerMinute = 60_000;
const defaultOpenMs = 3000;
const smallestRateRps = 0.1;

/** What the command line may change about a run; undefined leaves the configuration as it is. */
export type Overrides = {
  /** Names, separated by commas. */
  readonly environments?: string | readonly string[];
  readonly workloads?: string | readonly string[];
  /** So many, without a pilot. */
  readonly rounds?: number | string;
  /** Minutes that the rounds may take together, when their number follows from a pilot. */
  readonly budget?: number | string;
  /** A second copy of the baseline in every round. */
  readonly twin?: boolean | string;
  /** Requests a second in the open-loop window. */
  readonly rate?: number | string;
  /** Seconds of the open-loop window; 0 for none. */
  readonly openDuration?: number | string;
  /** Milliseconds that a turn sends requests for; 0 for one environment at a time. */
  readonly turnMs?: number | string;
  /** How many times a round may be repeated. */
  readonly retries?: number | string;
  /** Seconds. */
  readonly duration?: number | string;
  /** Seconds. */
  readonly warmup?: number | string;
  readonly connections?: number | string;
  readonly requests?: number | string;
  /** Rounds in which machines boot from nothing. */
  readonly coldBoots?: number | string;
  readonly seed?: number | string;
  readonly baseline?: string;
  /** The parameter n of the workloads that have one. */
  readonly n?: number | string;
};

/**
 * Applies the command line to a configuration.
 * @throws Error with one line that names the option, its value and what was expected.
 */
export function applyOverrides(config: ResolvedConfig, overrides: Overrides): ResolvedConfig {
  const integer = (option: keyof Overrides, minimum: number, maximum: number): number | undefined =>
    readNumber(option, overrides[option], minimum, maximum, true);
  const milliseconds = (
    option: 'duration' | 'warmup',
    minimum: number,
    maximumMs: number,
  ): number | undefined => {
    const seconds = readNumber(option, overrides[option], minimum, maximumMs / 1000, false);
    return seconds === undefined ? undefined : seconds * 1000;
  };
  const durationMs = milliseconds('duration', 0.1, limits.durationMs);
  const requests = integer('requests', 1, Number.MAX_SAFE_INTEGER);
  if (overrides.duration !== undefined && overrides.requests !== undefined) {
    throw new Error(
      '--duration and --requests are both given, expected one of them: either ends the load window',
    );
  }
  const environments = choose('environments', overrides.environments, config.environments);
  const window: ResolvedConfig['load']['window'] =
    requests !== undefined
      ? { kind: 'requests', requests }
      : durationMs !== undefined
        ? { kind: 'duration', durationMs }
        : config.load.window;
  const n = readNumber('n', overrides.n, 0, Number.MAX_SAFE_INTEGER, true);
  const workloads = chooseWorkloads(overrides.workloads, config.workloads);
  return {
    ...config,
    environments,
    workloads: n === undefined ? workloads : setParameter(workloads, 'n', n),
    baseline: chooseBaseline(overrides.baseline, config.baseline, environments),
    ...chooseRounds(integer('rounds', 1, limits.rounds), overrides, config),
    twin: readSwitch('twin', overrides.twin) ?? config.twin,
    retries: integer('retries', 0, limits.retries) ?? config.retries,
    coldBoots: integer('coldBoots', 0, limits.rounds) ?? config.coldBoots,
    load: {
      connections: integer('connections', 1, limits.connections) ?? config.load.connections,
      warmupMs: milliseconds('warmup', 0, limits.warmupMs) ?? config.load.warmupMs,
      window,
      open: chooseOpen(overrides, config.load.open),
      turnMs: chooseTurn(overrides, config.load.turnMs),
    },
    seed: integer('seed', 0, Number.MAX_SAFE_INTEGER) ?? config.seed,
  };
}

function chooseRounds(
  rounds: number | undefined,
  { budget }: Overrides,
  config: ResolvedConfig,
): Pick<ResolvedConfig, 'rounds' | 'budgetMs'> {
  const minutes = readNumber('budget', budget, 0.1, limits.budgetMinutes, false, 'a number of minutes');
  const fixed = rounds === undefined ? config.rounds : { kind: 'fixed' as const, rounds };
  if (minutes !== undefined && fixed.kind === 'fixed') {
    throw new Error(
      `--budget=${minutes}: the number of rounds is fixed at ${fixed.rounds}, expected one of --rounds and --budget`,
    );
  }
  return { rounds: fixed, budgetMs: minutes === undefined ? config.budgetMs : minutes * msPerMinute };
}

function chooseOpen(
  { rate, openDuration }: Overrides,
  configured: ResolvedConfig['load']['open'],
): ResolvedConfig['load']['open'] {
  const what = 'a number of requests per second';
  const rateRps = readNumber('rate', rate, smallestRateRps, limits.rateRps, false, what);
  const seconds = readNumber('openDuration', openDuration, 0, limits.durationMs / 1000, false);
  if (seconds === 0) {
    if (rateRps === undefined) return undefined;
    throw new Error(`--rate=${rateRps}: there is no open-loop window with --openDuration=0`);
  }
  if (rateRps === undefined && seconds === undefined) return configured;
  return {
    rateRps: rateRps ?? configured?.rateRps,
    durationMs: seconds === undefined ? (configured?.durationMs ?? defaultOpenMs) : seconds * 1000,
  };
}

function chooseTurn({ turnMs }: Overrides, configured: number | undefined): number | undefined {
  const chosen = readNumber('turnMs', turnMs, 0, limits.turnMs, false, 'a number of milliseconds');
  return chosen === undefined ? configured : chosen === 0 ? undefined : chosen;
}

function readSwitch(option: string, value: unknown): boolean | undefined {
  if (value === undefined || typeof value === 'boolean') return value;
  if (value === 'true' || value === 'false') return value === 'true';
  throw new Error(`--${option}=${describe(value)}: expected true or false`);
}

function readNumber(
  option: string,
  value: unknown,
  minimum: number,
  maximum: number,
  whole: boolean,
  what = 'a number of seconds',
): number | undefined {
  if (value === undefined) return undefined;
  const text = typeof value === 'number' || typeof value === 'string' ? String(value).trim() : '';
  const number = /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (!(number >= minimum && number <= maximum) || (whole && !Number.isInteger(number))) {
    const kind = whole ? 'a whole number' : what;
    throw new Error(`--${option}=${describe(value)}: expected ${kind} from ${minimum} to ${maximum}`);
  }
  return number;
}

function describe(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** A name stands for a workload, or for all workloads of an app; without any, for those that are measured by default. */
function chooseWorkloads(wanted: Overrides['workloads'], known: readonly Workload[]): readonly Workload[] {
  if (wanted === undefined) {
    const byDefault = known.filter((workload) => workload.byDefault !== false);
    return byDefault.length === 0 ? known : byDefault;
  }
  const apps = new Set(known.map(({ name }) => appOf(name)));
  const names = (typeof wanted === 'string' ? wanted.split(',') : wanted).map((name) => name.trim());
  const spelled = names.flatMap((name) =>
    apps.has(name) && !known.some((each) => each.name === name)
      ? known.filter((each) => appOf(each.name) === name).map((each) => each.name)
      : [name],
  );
  return choose('workloads', spelled, known);
}

function choose<T extends { readonly name: string }>(
  option: string,
  wanted: string | readonly string[] | undefined,
  known: readonly T[],
): readonly T[] {
  if (wanted === undefined) return known;
  const names = (typeof wanted === 'string' ? wanted.split(',') : wanted)
    .map((name) => name.trim())
    .filter(Boolean);
  const list = known.map(({ name }) => name).join(', ');
  if (names.length === 0) throw new Error(`--${option} is empty: expected some of ${list}`);
  return [...new Set(names)].map((name) => {
    const found = known.find((each) => each.name === name);
    if (found === undefined)
      throw new Error(`--${option}=${names.join(',')}: "${name}" is unknown, expected some of ${list}`);
    return found;
  });
}

function chooseBaseline(
  wanted: string | undefined,
  configured: string,
  environments: readonly { readonly name: string }[],
): string {
  const names = environments.map(({ name }) => name);
  if (wanted !== undefined && !names.includes(wanted)) {
    throw new Error(
      `--baseline=${wanted}: expected one of the environments of this run: ${names.join(', ')}`,
    );
  }
  const baseline = wanted ?? configured;
  // an environment left out on the command line cannot be the baseline; then the first one is
  return names.includes(baseline) ? baseline : (names[0] ?? baseline);
}

function setParameter(workloads: readonly Workload[], name: string, value: number): readonly Workload[] {
  if (!workloads.some(({ parameters }) => parameters?.[name] !== undefined)) {
    throw new Error(`--${name}=${value}: no workload of this run has a parameter ${name}`);
  }
  const set = (parameters: Parameters | undefined): Parameters | undefined =>
    parameters?.[name] === undefined ? parameters : { ...parameters, [name]: value };
  return workloads.map((workload) => {
    const parameters = set(workload.parameters);
    return parameters === undefined ? workload : { ...workload, parameters };
  });
}

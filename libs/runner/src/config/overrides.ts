import { number, readOptions, type About } from '@tare/options';
import { z } from 'zod';
import { runOptions, type ResolvedConfig, type Settings } from './bench-config.ts';
import { environmentsOf, namesIn, parseConfig, resolveSettings } from './resolve-config.ts';
import { appOf, type Workload } from './workload.ts';

type Flag = keyof typeof runOptions;
type FlagValue<F extends Flag> = Exclude<z.output<(typeof runOptions)[F]['schema']>, undefined>;

/** What the command line may change about a run; undefined leaves the configuration as it is. Numbers may be texts. */
export type Overrides = { readonly [F in Flag]?: FlagValue<F> | string | undefined };

/**
 * The options of a run as the command line takes them, by flag: without defaults, for what bench.config.ts says applies, and
 * times in seconds.
 */
export const runFlags = Object.fromEntries(
  Object.entries(runOptions).map(([flag, option]) => [flag, flagOf(option)]),
) as unknown as { readonly [F in Flag]: z.ZodOptional<z.ZodType<FlagValue<F>>> };

// an executor has options of its own beside them
export const overridesSchema = z.object(runFlags);

function flagOf(option: (typeof runOptions)[Flag]): z.ZodType {
  const { schema } = option;
  const leaf = 'unwrap' in schema ? schema.unwrap() : schema;
  const perFlag = 'perFlag' in option ? option.perFlag : 1;
  const usual = schema instanceof z.ZodDefault ? schema.def.defaultValue : undefined;
  const known = leaf.meta() as About;
  const about = {
    ...known,
    ...(usual !== undefined && { otherwise: String(typeof usual === 'number' ? usual / perFlag : usual) }),
    ...('formerly' in option && { formerly: option.formerly }),
  };
  if (perFlag === 1 || !(leaf instanceof z.ZodNumber)) return leaf.meta(about).optional();
  const { minValue, maxValue } = leaf;
  return number({
    ...about,
    min: (minValue ?? 0) / perFlag,
    max: (maxValue ?? 0) / perFlag,
    unit: 'seconds',
  }).optional();
}

/**
 * Applies the command line to the settings of a `bench.config.ts`.
 * @throws Error with one line that names the option, its value and what was expected.
 */
export function applyOverrides(settings: Settings, overrides: Overrides): ResolvedConfig {
  const flags = readOptions(overridesSchema, overrides);
  if (flags.duration !== undefined && flags.requests !== undefined) {
    throw new Error(
      '--duration and --requests are both given, expected one of them: either ends the load window',
    );
  }
  if (flags.rate !== undefined && flags.openDuration === 0) {
    throw new Error(`--rate=${flags.rate}: there is no open-loop window with --openDuration=0`);
  }
  const environments = chooseEnvironments(flags.environments, settings);
  const workloads = chooseWorkloads(flags.workloads, settings.workloads);
  const changed = Object.entries(runOptions).reduce<unknown>(
    (all, [flag, option]) => {
      const value = flags[flag as Flag];
      if (value === undefined || !('member' in option)) return all;
      const scaled = typeof value === 'number' && 'perFlag' in option ? value * option.perFlag : value;
      return withMember(all, option.member.split('.'), scaled);
    },
    withoutOtherEnd(settings, flags),
  );
  const read = parseConfig(changed, 'the command line');
  if (flags.budget !== undefined && typeof read.rounds === 'number') {
    throw new Error(
      `--budget=${flags.budget}: the number of rounds is fixed at ${read.rounds}, expected one of --rounds and --budget`,
    );
  }
  if (flags.until !== undefined && flags.until !== 'rounds' && typeof read.rounds === 'number') {
    throw new Error(
      `--until=${flags.until}: the number of rounds is fixed at ${read.rounds}, expected one of --rounds and --until`,
    );
  }
  const resolved = {
    ...read,
    environments,
    workloads: flags.n === undefined ? workloads : setParameter(workloads, 'n', flags.n),
    baseline: chooseBaseline(flags.baseline, settings.baseline, environments),
  };
  return resolveSettings(resolved, namesIn(flags.allowRemote ?? ''));
}

/** The window ends after a time or a number of requests: one that is given takes the place of the other. */
function withoutOtherEnd(settings: Settings, { duration, requests }: Overrides): Settings {
  if (duration === undefined && requests === undefined) return settings;
  return { ...settings, load: { ...settings.load, durationMs: undefined, requests: undefined } };
}

function withMember(settings: unknown, [first, ...others]: readonly string[], value: unknown): unknown {
  if (first === undefined) return value;
  const members = typeof settings === 'object' && settings !== null ? settings : {};
  return { ...members, [first]: withMember(Reflect.get(members, first), others, value) };
}

/** A name stands for a workload, or for all workloads of an app; without any, for those that are measured by default. */
function chooseWorkloads(wanted: string | undefined, known: readonly Workload[]): readonly Workload[] {
  if (wanted === undefined) {
    const byDefault = known.filter((workload) => workload.byDefault !== false);
    return byDefault.length === 0 ? known : byDefault;
  }
  const apps = new Set(known.map(({ name }) => appOf(name)));
  const spelled = namesIn(wanted).flatMap((name) =>
    apps.has(name) && !known.some((each) => each.name === name)
      ? known.filter((each) => appOf(each.name) === name).map((each) => each.name)
      : [name],
  );
  return choose('workloads', spelled.join(','), known);
}

const everyEnvironment = 'all';

function chooseEnvironments(wanted: string | undefined, settings: Settings): Settings['environments'] {
  if (wanted === undefined) return settings.environments;
  const known = environmentsOf(settings);
  return wanted.trim() === everyEnvironment ? known : choose('environments', wanted, known);
}

function choose<T extends { readonly name: string }>(
  option: string,
  wanted: string | undefined,
  known: readonly T[],
): readonly T[] {
  if (wanted === undefined) return known;
  const names = namesIn(wanted);
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
  configured: string | undefined,
  environments: readonly { readonly name: string }[],
): string {
  const names = environments.map(({ name }) => name);
  if (wanted !== undefined && !names.includes(wanted)) {
    throw new Error(
      `--baseline=${wanted}: expected one of the environments of this run: ${names.join(', ')}`,
    );
  }
  const baseline = wanted ?? configured ?? '';
  // an environment left out on the command line cannot be the baseline; then the first one is
  return names.includes(baseline) ? baseline : (names[0] ?? baseline);
}

function setParameter(workloads: readonly Workload[], name: string, value: number): readonly Workload[] {
  if (!workloads.some(({ parameters }) => parameters?.[name] !== undefined)) {
    throw new Error(`--${name}=${value}: no workload of this run has a parameter ${name}`);
  }
  return workloads.map((workload) =>
    workload.parameters?.[name] === undefined
      ? workload
      : { ...workload, parameters: { ...workload.parameters, [name]: value } },
  );
}

import { isThisHost, type Environment } from '@tare/environment';
import { plainText } from '@tare/metrics';
import type { z } from 'zod';
import { benchConfigSchema, most, runOptions, type ResolvedConfig, type Settings } from './bench-config.ts';
import type { Workload } from './workload.ts';

const usual = { durationMs: 1500, openDurationMs: 4000, starts: 3 };
const msPerMinute = 60_000;

/**
 * Checks what a `bench.config.ts` exports and fills in its defaults.
 * @param source what to call it in messages: the path of the file.
 * @throws Error with one line: which member, its value, what was expected.
 */
export function parseConfig(config: unknown, source: string): Settings {
  const parsed = benchConfigSchema.safeParse(withListedWorkloads(config));
  if (!parsed.success) throw refusal(source, problem(parsed.error.issues[0], config));
  // zod's optional members may be undefined, ours are absent: same at run time
  const workloads = parsed.data.workloads as readonly Workload[];
  const baseline = parsed.data.baseline ?? parsed.data.environments[0]?.name ?? '';
  const settings = { ...parsed.data, workloads, baseline };
  refuseTwice(environmentsOf(settings), 'environments', source);
  refuseTwice(settings.workloads, 'workloads', source);
  if (settings.load.durationMs !== undefined && settings.load.requests !== undefined) {
    throw refusal(source, 'load has durationMs and requests, expected one of them');
  }
  if (typeof settings.rounds !== 'number') requireLooks(settings.rounds, source);
  return settings;
}

/** All environments of a configuration, those of its ladder too. */
export function environmentsOf({
  environments,
  ladder,
}: Pick<Settings, 'environments' | 'ladder'>): Settings['environments'] {
  return [...environments, ...ladder];
}

/** One line, whatever names a configuration has in it. */
function refusal(source: string, problem: string): Error {
  return new Error(`${source}: ${problem}`.replaceAll(/\s+/g, ' '));
}

/** Workloads that are given by name, as a list. */
function withListedWorkloads(config: unknown): unknown {
  const byName = workloadsByName(config);
  if (byName === undefined) return config;
  const workloads = Object.entries(byName).map(([name, given]) =>
    typeof given === 'object' ? { ...given, name } : given,
  );
  return { ...(config as object), workloads };
}

/** The place of a workload in a list as the place that it has in the configuration: "workloads.api" for "workloads.0". */
function asWritten([first, second, ...others]: readonly string[], config: unknown): readonly string[] {
  const path = [first, second, ...others].filter((each) => each !== undefined);
  const byName = workloadsByName(config);
  if (first !== 'workloads' || second === undefined || byName === undefined) return path;
  return [first, Object.keys(byName)[Number(second)] ?? second, ...others];
}

function workloadsByName(config: unknown): Readonly<Record<string, unknown>> | undefined {
  const workloads = memberOf(config, ['workloads']);
  const isByName = typeof workloads === 'object' && workloads !== null && !Array.isArray(workloads);
  return isByName ? (workloads as Readonly<Record<string, unknown>>) : undefined;
}

function requireLooks(
  { looks = [], max, calm = max }: Exclude<Settings['rounds'], number>,
  source: string,
): void {
  if (calm > max)
    throw new Error(`${source}: rounds.calm: ${calm}: expected at most ${max}, the most rounds`);
  for (const [place, look] of looks.entries()) {
    if (look > max) {
      throw new Error(`${source}: rounds.looks.${place}: ${look}: expected at most ${max}, the most rounds`);
    }
    if (place > 0 && look <= (looks[place - 1] ?? 0)) {
      throw new Error(`${source}: rounds.looks.${place}: ${look}: expected more than the look before`);
    }
  }
}

/** Checks a configuration and makes that of a run of it, with nothing said on the command line. */
export function resolveConfig(config: unknown, source: string): ResolvedConfig {
  return resolveSettings(parseConfig(config, source));
}

/** Only a run that ends with its verdicts makes fewer rounds where the host is calm. */
function lookedRounds(
  { looks, max, calm }: Exclude<Settings['rounds'], number>,
  until: Settings['until'],
): ResolvedConfig['rounds'] {
  return {
    kind: 'looks',
    looks,
    max: until === 'budget' ? most.rounds : max,
    ...(until === 'decided' && calm !== undefined && { calm }),
    until,
  };
}

/**
 * @param allowRemote names of the other hosts that the run may load.
 * @returns the configuration of a run with these settings.
 * @throws Error in one line for an environment that would load another host.
 */
export function resolveSettings(settings: Settings, allowRemote: readonly string[] = []): ResolvedConfig {
  requireAllowed(settings.environments, allowRemote);
  const { ladder: _, rounds, budgetMinutes, until, load, guards, ...rest } = settings;
  const { durationMs, requests, open, sliceMs, ...restOfLoad } = load;
  const openDurationMs = open === false ? 0 : (open.durationMs ?? usual.openDurationMs);
  return {
    ...rest,
    rounds: typeof rounds === 'number' ? { kind: 'fixed', rounds } : lookedRounds(rounds, until),
    budgetMs: budgetMinutes * msPerMinute,
    load: {
      ...restOfLoad,
      warmupMs: load.warmupMs,
      window:
        requests === undefined
          ? { kind: 'duration', durationMs: durationMs ?? usual.durationMs }
          : { kind: 'requests', requests },
      open:
        open === false || openDurationMs === 0
          ? undefined
          : { rateRps: open.rateRps, arrivals: open.arrivals, durationMs: openDurationMs },
      sliceMs: sliceMs === 0 ? undefined : sliceMs,
    },
    starts: settings.starts ?? usual.starts,
    chosen: {
      duration: durationMs === undefined && requests === undefined,
      openDuration: open !== false && open.durationMs === undefined,
      starts: settings.starts === undefined,
    },
    guards,
    seed: settings.seed,
    allowRemote,
    options: {
      ...optionsOf(settings),
      ...(allowRemote.length > 0 && { allowRemote: allowRemote.join(',') }),
    },
  };
}

/**
 * Whoever starts a run says again which hosts it may load: a configuration may be somebody else's, or old.
 * @throws Error in one line for an environment that would load another host.
 */
export function requireAllowed(
  environments: readonly Pick<Environment, 'name' | 'deployedAt'>[],
  allowRemote: readonly string[],
): void {
  const allowed = allowRemote.map((name) => name.toLowerCase());
  for (const { name, deployedAt } of environments) {
    if (deployedAt === undefined || isThisHost(deployedAt) || allowed.includes(deployedAt.hostname)) continue;
    const { hostname } = deployedAt;
    throw new Error(
      `${name} would load ${hostname}, which is not this host: expected --allow-remote=${hostname} from whoever may do so${allowed.length === 0 ? '' : `; allowed is ${allowed.join(', ')}`}`,
    );
  }
}

/** The names in a list that is separated by commas. */
export function namesIn(list: string): readonly string[] {
  return list
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean);
}

/** The options of the command line that give these settings, by the table. */
function optionsOf(settings: Settings): ResolvedConfig['options'] {
  const ns = new Set(settings.workloads.flatMap(({ parameters }) => parameters?.n ?? []));
  const [n] = ns;
  const given = Object.entries(runOptions).flatMap<[string, string | number | boolean]>(([flag, option]) => {
    // a number of rounds is an end of its own
    if (flag === 'until' && typeof settings.rounds === 'number') return [];
    const value = 'member' in option ? memberOf(settings, option.member.split('.')) : undefined;
    if (typeof value === 'number') return [[flag, 'perFlag' in option ? value / option.perFlag : value]];
    return typeof value === 'string' || typeof value === 'boolean' ? [[flag, value]] : [];
  });
  return {
    environments: settings.environments.map(({ name }) => name).join(','),
    workloads: settings.workloads.map(({ name }) => name).join(','),
    ...Object.fromEntries(given),
    ...(settings.load.open === false && { openDuration: 0 }),
    ...(n !== undefined && ns.size === 1 && { n }),
  };
}

function memberOf(settings: unknown, [first, ...others]: readonly string[]): unknown {
  if (first === undefined) return settings;
  if (typeof settings !== 'object' || settings === null) return undefined;
  return memberOf(Reflect.get(settings, first), others);
}

/** The first problem in one line: "load.open.rateRps: 0: expected a number of requests per second from 0.1 to 1000000". */
function problem(first: z.core.$ZodIssue | undefined, config: unknown): string {
  if (first === undefined) return 'not valid';
  const issue = closest(first, withListedWorkloads(config));
  const path = asWritten(issue.path.map(String), config).map((part) => shortened(part));
  if (issue.code === 'unrecognized_keys') return unknownMember([...path, shortened(issue.keys[0] ?? '')]);
  const place = path.length === 0 ? 'the configuration' : path.join('.');
  const value = memberOf(withListedWorkloads(config), issue.path.map(String));
  const isShown = ['string', 'number', 'boolean'].includes(typeof value);
  return `${place}: ${isShown ? `${shortened(JSON.stringify(value))}: ` : ''}${issue.message}`;
}

/** Where a value may be given in several ways, what is wrong with a member that it has, by the way that has it. */
function closest(issue: z.core.$ZodIssue, config: unknown): z.core.$ZodIssue {
  if (issue.code !== 'invalid_union') return issue;
  const inner = issue.errors
    .flatMap(([first]) => (first === undefined ? [] : [{ ...first, path: [...issue.path, ...first.path] }]))
    .find(({ path }) => path.length > issue.path.length && memberOf(config, path.map(String)) !== undefined);
  return inner === undefined ? issue : closest(inner, config);
}

const mostShown = 80;

/** A text of any length, with whatever is in it, for a message of one line. */
function shortened(given: string): string {
  const text = plainText(given);
  return text.length <= mostShown ? text : `${text.slice(0, mostShown)}… (${text.length} characters)`;
}

function unknownMember(path: readonly string[]): string {
  const renamed = Object.values(runOptions).find(
    (option) =>
      'formerly' in option &&
      [...option.member.split('.').slice(0, -1), option.formerly].join() === path.join(),
  );
  const place = path.join('.');
  return renamed !== undefined && 'member' in renamed
    ? `${place} is now called ${renamed.member}`
    : `${place}: unknown member`;
}

function refuseTwice(named: readonly { readonly name: string }[], what: string, source: string): void {
  const names = named.map((each) => each.name);
  const twice = names.find((each, index) => names.indexOf(each) !== index);
  if (twice !== undefined)
    throw refusal(source, `${what} has the name "${shortened(twice)}" twice, expected unique names`);
}

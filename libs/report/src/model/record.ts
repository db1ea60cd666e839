import { type EnvironmentResult, latencyWindowOf, type RunFile } from '@tare/results';
import { counted, dateText, listed, secondsText } from './words.ts';

/** Text, or text that is shown as code. */
export type Words = readonly (string | { readonly code: string })[];

/** A name and what it is: "Seed", "42". */
export type Fact = readonly [name: string, value: Words];

/** Which run it was, on what, and how to do it again. */
export type RunRecord = {
  readonly hostFacts: readonly Fact[];
  /** Which run it is, and what was asked for. */
  readonly settings: readonly Fact[];
  /** What was the same for every environment by construction. */
  readonly equal: readonly Fact[];
  readonly fairness: FairFacts;
  /** What each environment states about itself: environment, fact, value. */
  readonly facts: readonly (readonly [string, string, string])[];
  /** "closed loop, 8 connections, 2 s warm-up, then 5 s in slices of 25 ms; open loop, 5 s". */
  readonly load: string;
  readonly guardLimits: readonly (readonly [guard: string, limit: string])[];
  readonly repeatCommand: string;
};

/** What a run file records of the run itself, without its figures. */
export function recordOf(run: RunFile): RunRecord {
  const { environments, config } = run;
  return {
    hostFacts: hostFacts(run),
    settings: settingsOf(run),
    equal: equalOf(run),
    fairness: fairFacts(environments.filter(({ name }) => name !== config.control)),
    facts: environments.flatMap(({ name, facts }) =>
      Object.entries(facts).map(([fact, value]) => [name, factWords(fact), String(value)] as const),
    ),
    load: loadText(run),
    guardLimits: guardLimits(run),
    repeatCommand: repeatCommand(run),
  };
}

function hostFacts({ host }: RunFile): readonly Fact[] {
  return [
    ['Processor', [`${host.cpuModel}, ${counted(host.cores, 'core')}`]],
    ['Memory', [`${Math.round(host.memoryMiB)} MiB`]],
    ['System', [`${host.os}, kernel ${host.kernel}`]],
    ['Virtualised', [host.virtualised]],
    ['Node', [host.node]],
  ];
}

function settingsOf(run: RunFile): readonly Fact[] {
  const { config, environments, plan } = run;
  const { baseline, control, rounds, retries, workloads } = config;
  const names = environments.flatMap(({ name }) => (name === control ? [] : [name]));
  const roles = `baseline ${baseline}${control === null ? '' : `, A/A control ${control}`}`;
  const repeats = `a round may be repeated ${counted(retries, 'time')}`;
  return [
    ['Run', [{ code: run.id }]],
    ['Seed', [String(run.seed)]],
    ['Started', [dateText(run.startedAt)]],
    ['Finished', [dateText(run.finishedAt)]],
    ['Environments', [`${names.join(', ')}; ${roles}`]],
    ['Rounds', [`${plan.rounds} of at most ${rounds}, each in random order; ${repeats}`]],
    ...workloads.map(({ name, requestPath, healthPath, parameters }): Fact => {
      const values = Object.entries(parameters).map(([key, value]) => `, ${key} = ${value}`);
      const ready =
        healthPath === 'tcp'
          ? [`, ready when it accepts a connection${values.join('')}`]
          : [', ready when ', { code: healthPath }, ` answers 2xx${values.join('')}`];
      return [`Workload ${name}`, ['requests ', { code: requestPath }, ...ready]];
    }),
  ];
}

/** The environments that asked what ran already. */
export function deployedIn({ trials }: Pick<RunFile, 'trials'>): readonly string[] {
  const found = trials.filter(({ startup }) => startup === undefined);
  return [...new Set(found.map(({ environment }) => environment))];
}

function equalOf(run: RunFile): readonly Fact[] {
  const { artifacts, config } = run;
  const deployed = deployedIn(run);
  const { cpus, memoryMiB, serverCpus, generatorCpus, nodeArguments } = config.resources;
  const pinned = (list: readonly number[] | null) =>
    list === null ? 'not pinned' : `CPU ${list.join(', ')}`;
  return [
    ...Object.entries(artifacts).map(([name, { sha256, bytes }]): Fact => [
      `Artifact of ${name}`,
      [`${counted(bytes, 'byte')}, sha256 `, { code: sha256 }],
    ]),
    ['Load', [loadText(run)]],
    ['Budget of an instance', [`${counted(cpus, 'CPU')}, ${memoryMiB} MiB`]],
    ['Server', [pinned(serverCpus)]],
    ['Load generator', [pinned(generatorCpus)]],
    ...(nodeArguments.length === 0
      ? []
      : [['Arguments of Node', [{ code: nodeArguments.join(' ') }]] as const]),
    ...(deployed.length === 0
      ? []
      : [
          [
            'Except',
            [`${listed(deployed)} ran before: of all this only the load is the same there`],
          ] as const,
        ]),
  ];
}

function loadText({ config, trials, diagnostics }: RunFile): string {
  const { connections, warmupMs, durationMs, requests, openDurationMs, sliceMs } = config.load;
  const sliced = new Set(
    trials.filter(({ load }) => load.slices !== undefined).map(({ workload }) => workload),
  );
  const which = sliced.size === config.workloads.length ? '' : ` (${[...sliced].join(', ')})`;
  const slices = sliceMs === undefined || sliced.size === 0 ? '' : ` in slices of ${sliceMs} ms${which}`;
  // the rounds chose how long: another line of the report says why
  const isChosen = diagnostics.some(({ code }) => code === 'window');
  const lengthText = (ms: number, each: readonly number[]): string =>
    isChosen && each.length > 0 ? secondsOfAll(each) : secondsText(ms);
  const closedMs = trials.map(({ load }) => load.durationMs);
  const openMs = trials.flatMap(({ open }) => open?.durationMs ?? []);
  const window =
    durationMs === null ? counted(requests ?? 0, 'request') : `${lengthText(durationMs, closedMs)}${slices}`;
  const open = openDurationMs === null ? '' : `; open loop, ${lengthText(openDurationMs, openMs)}`;
  return `closed loop, ${counted(connections, 'connection')}, ${secondsText(warmupMs)} warm-up, then ${window}${open}`;
}

/** @returns "0.8 to 2.1 s" */
function secondsOfAll(lengthsMs: readonly number[]): string {
  const tenths = (ms: number): number => Math.round(ms / 100) / 10;
  const [least, most] = [tenths(Math.min(...lengthsMs)), tenths(Math.max(...lengthsMs))];
  return least === most ? `${most} s` : `${least} to ${most} s`;
}

function guardLimits({ config: { guards } }: RunFile): readonly (readonly [string, string])[] {
  return [
    ['Other programs', counted(guards.foreignCpus, 'CPU')],
    ['Stolen by the hypervisor', `${guards.stealPercent} % of CPU time`],
    ['Throttled by a quota', `${guards.throttledMs} ms`],
    ['Drift of the clock', `${guards.clockDriftPercent} %`],
    ['CPU of the load generator', `${guards.generatorCpuPercent} %`],
    ['Requests sent late', `${guards.lateSendsPercent} %`],
    ['Errors', `${guards.errorsPercent} % of requests`],
  ];
}

/** A fact that more than one environment states. */
type ComparedFact = { readonly fact: string; readonly values: readonly (string | undefined)[] };

type FairFacts = {
  readonly environments: readonly string[];
  /** Stated alike by every environment. */
  readonly equal: readonly { readonly fact: string; readonly value: string }[];
  /** Stated by several, not alike; a value per environment. */
  readonly different: readonly ComparedFact[];
  /** What an environment says itself of what could not be made equal. */
  readonly confessed: readonly { readonly environment: string; readonly text: string }[];
};

const confession = 'notEqual';
/** What an environment that does not state it lacks: the processor itself, the kernel of the host. */
const always = ['accelerator', 'guestKernel', 'acceleratorReason'];

/** What the measured environments state about themselves, compared. */
export function fairFacts(environments: readonly EnvironmentResult[]): FairFacts {
  const measured = environments.filter(({ status }) => status === 'measured');
  const names = [...new Set(measured.flatMap(({ facts }) => Object.keys(facts)))].filter(
    (fact) => fact !== confession,
  );
  const compared = names.map((fact): ComparedFact => ({
    fact,
    values: measured.map(({ facts }) => textOf(facts[fact])),
  }));
  const isEqual = ({ values }: ComparedFact) =>
    values.every((value) => value !== undefined && value === values[0]);
  const stated = ({ values }: ComparedFact) => values.filter((value) => value !== undefined).length;
  return {
    environments: measured.map(({ name }) => name),
    equal: compared.filter(isEqual).map(({ fact, values }) => ({ fact, value: values[0] ?? '' })),
    different: compared.filter((each) => !isEqual(each) && (stated(each) > 1 || always.includes(each.fact))),
    confessed: measured.flatMap(({ name, facts }) => {
      const text = textOf(facts[confession]);
      return text === undefined ? [] : [{ environment: name, text }];
    }),
  };
}

function textOf(value: string | number | boolean | undefined): string | undefined {
  return value === undefined ? undefined : String(value);
}

/** "memoryLimit" as "memory limit". */
export function factWords(fact: string): string {
  return fact.replace(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

const needsNoQuotes = /^[\w.,:/@%+=-]+$/;

/**
 * The command that repeats a run on the same workspace: the options that the run file has, the same seed, and as many rounds as
 * there were, whatever decided their number. A file of an earlier version lists no options: its load is not repeated.
 */
export function repeatCommand(run: RunFile): string {
  const { config, plan, seed } = run;
  // a budget goes with a pilot only
  const { budget, ...options } = config.options ?? {};
  const all = {
    seed,
    environments: config.environments.join(','),
    workloads: config.workloads.map(({ name }) => name).join(','),
    baseline: config.baseline,
    ...options,
    rounds: plan.rounds,
    rate: onlyRate(run),
  };
  const given = Object.entries(all).flatMap(([name, value]) =>
    value === null ? [] : [quoted(`--${name}=${value}`)],
  );
  return ['npx nx run bench:compare', ...given].join(' ');
}

/** The rate that all trials had; null where workloads or environments had rates of their own, which cannot be asked for. */
function onlyRate({ trials }: RunFile): number | null {
  const [rate = null, ...others] = new Set(
    trials.filter((trial) => latencyWindowOf(trial) !== undefined).map(({ open }) => open?.rateRps ?? null),
  );
  return others.length === 0 ? rate : null;
}

function quoted(argument: string): string {
  return needsNoQuotes.test(argument) ? argument : `'${argument.replaceAll("'", `'\\''`)}'`;
}

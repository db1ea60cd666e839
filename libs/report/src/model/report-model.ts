import { isEmulated } from '@tare/results';
import type { Comparison, Diagnostic, EnvironmentResult, HostFacts, RunFile } from '@tare/results';
import { caveatsOf, controlComparisons } from './caveats.ts';
import type { CalibrationSummary, Caveat } from './caveats.ts';
import { comparisonWarnings } from './diagnostics.ts';
import { fairFacts, factWords } from './fairness.ts';
import type { FairFacts } from './fairness.ts';
import { counted, dateText, secondsText, withPlainText } from './plain-text.ts';
import { repeatCommand } from './repeat-command.ts';
import { metricOf } from './shown-metrics.ts';
import { workloadModels } from './workload-model.ts';
import { roundsIn } from './subjects.ts';
import type { WorkloadModel } from './workload-model.ts';

/** Text, or text that is shown as code. */
export type Words = readonly (string | { readonly code: string })[];

/** A name and what it is: "Seed", "42". */
export type Fact = readonly [name: string, value: Words];

/** An environment without a full set of figures, and what to do about it. */
export type MissingEnvironment = {
  readonly name: string;
  readonly status: 'unavailable' | 'failed';
  /** "unavailable", "failed", "failed after 3 rounds". */
  readonly statusText: string;
  readonly reason: string;
  readonly remedy: string | undefined;
};

/** A comparison with a verdict; `isFailure`: worse, or any difference of the A/A control. */
export type JudgedComparison = Comparison & { readonly isFailure: boolean };

/** Everything that a report shows of a run, computed once for all views. Plain text: a view only escapes for its format. */
export type ReportModel = {
  readonly id: string;
  readonly seed: number;
  /** ISO date. */
  readonly startedAt: string;
  /** "2026-03-01 10:00 UTC". */
  readonly started: string;
  readonly host: HostFacts;
  readonly baseline: string;
  /** Name of the A/A control; null for a run without. */
  readonly control: string | null;
  readonly rounds: number;
  /** "closed loop, 8 connections, 2 s warm-up, then 5 s in slices of 25 ms; open loop, 5 s". */
  readonly load: string;
  readonly warmUp: string;
  readonly workloadNames: readonly string[];
  readonly workloads: readonly WorkloadModel[];
  /** In the order of the run. One that is said to be measured but has no figures is among them, as failed. */
  readonly missing: readonly MissingEnvironment[];
  readonly emulated: readonly string[];
  readonly caveats: readonly Caveat[];
  /** The judged comparisons of the A/A control. */
  readonly controlComparisons: readonly Comparison[];
  readonly verdicts: readonly JudgedComparison[];
  readonly repeats: RunFile['repeats'];
  readonly guardLimits: readonly (readonly [guard: string, limit: string])[];
  readonly diagnostics: readonly Diagnostic[];
  /** What the comparisons warn about: all of them, and those that get a verdict. */
  readonly warnings: { readonly all: readonly string[]; readonly judged: readonly string[] };
  readonly hostFacts: readonly Fact[];
  /** Which run it is, and what was asked for. */
  readonly settings: readonly Fact[];
  /** What was the same for every environment by construction. */
  readonly equal: readonly Fact[];
  readonly fairness: FairFacts;
  /** What each environment states about itself: environment, fact, value. */
  readonly facts: readonly (readonly [string, string, string])[];
  readonly trials: RunFile['trials'];
  readonly repeatCommand: string;
};

export type ReportOptions = {
  /** The latest calibration of the machine; without one nothing is said of it. */
  readonly calibration?: CalibrationSummary | undefined;
};

/** Computes what a report shows. The same run and options give the same model. */
export function reportModel(file: RunFile, { calibration }: ReportOptions = {}): ReportModel {
  const run = withPlainText(file);
  const { config, environments } = run;
  const emulated = environments.filter(isEmulated).map(({ name }) => name);
  const failed = environments.filter(({ status }) => status === 'failed').map(({ name }) => name);
  const { control } = run.config;
  const isAllUnjudged = failed.includes(config.baseline);
  const getsVerdict = ({ candidate, metric }: Comparison) =>
    metricOf(metric)?.judged === true && !isAllUnjudged && ![...emulated, ...failed].includes(candidate);
  const judged = run.comparisons.filter(getsVerdict);
  return {
    id: run.id,
    seed: run.seed,
    startedAt: run.startedAt,
    started: dateText(run.startedAt),
    host: run.host,
    baseline: config.baseline,
    control,
    rounds: run.plan.rounds,
    load: loadText(run),
    warmUp: secondsText(config.load.warmupMs),
    workloadNames: config.workloads.map(({ name }) => name),
    workloads: workloadModels(run),
    missing: environments.flatMap((environment) => missingOf(run, environment) ?? []),
    emulated,
    caveats: caveatsOf(run, [...emulated, ...failed], calibration),
    controlComparisons: controlComparisons(run),
    verdicts: judged
      .filter(({ verdict }) => verdict !== null)
      .map((comparison) => ({
        ...comparison,
        isFailure:
          comparison.verdict === 'worse' || (comparison.verdict === 'better' && comparison.candidate === control),
      })),
    repeats: run.repeats,
    guardLimits: guardLimits(run),
    diagnostics: run.diagnostics,
    warnings: {
      all: comparisonWarnings(run.comparisons),
      judged: comparisonWarnings(judged.filter(({ candidate }) => candidate !== control)),
    },
    hostFacts: hostFacts(run),
    settings: settingsOf(run),
    equal: equalOf(run),
    fairness: fairFacts(environments.filter(({ name }) => name !== control)),
    facts: environments.flatMap(({ name, facts }) =>
      Object.entries(facts).map(([fact, value]) => [name, factWords(fact), String(value)] as const),
    ),
    trials: run.trials,
    repeatCommand: repeatCommand(run),
  };
} // prettier-ignore

function missingOf(run: RunFile, environment: EnvironmentResult): MissingEnvironment | null {
  const { name, status } = environment;
  const rounds = roundsIn(run.trials.filter((trial) => trial.environment === name));
  if (status !== 'measured') {
    return {
      name,
      status,
      statusText: rounds === 0 ? status : `${status} after ${counted(rounds, 'round')}`,
      reason: environment.reason,
      remedy: environment.remedy,
    };
  }
  if (Object.values(run.summary).some((of) => name in of)) return null;
  const reason = 'The run file has no trial of it.';
  return { name, status: 'failed', statusText: 'failed', reason, remedy: undefined };
}

function loadText({ config, trials }: Pick<RunFile, 'config' | 'trials'>): string {
  const { connections, warmupMs, durationMs, requests, openDurationMs } = config.load;
  const { sliceMs } = config.load;
  const sliced = new Set(
    trials.filter(({ load }) => load.slices !== undefined).map(({ workload }) => workload),
  );
  const which = sliced.size === config.workloads.length ? '' : ` (${[...sliced].join(', ')})`;
  const slices = sliceMs === undefined || sliced.size === 0 ? '' : ` in slices of ${sliceMs} ms${which}`;
  const window = durationMs === null ? `${requests ?? 0} requests` : `${secondsText(durationMs)}${slices}`;
  const open = openDurationMs === null ? '' : `; open loop, ${secondsText(openDurationMs)}`;
  return `closed loop, ${counted(connections, 'connection')}, ${secondsText(warmupMs)} warm-up, then ${window}${open}`;
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
  const { control } = run.config;
  const names = environments.flatMap(({ name }) => (name === control ? [] : [name]));
  return [
    ['Run', [{ code: run.id }]],
    ['Seed', [String(run.seed)]],
    ['Started', [dateText(run.startedAt)]],
    ['Finished', [dateText(run.finishedAt)]],
    [
      'Environments',
      [
        `${names.join(', ')}; baseline ${config.baseline}${control === null ? '' : `, A/A control ${control}`}`,
      ],
    ],
    [
      'Rounds',
      [
        `${plan.rounds} of at most ${config.rounds}, each in random order; a round may be repeated ${counted(config.retries, 'time')}`,
      ],
    ],
    ...config.workloads.map(({ name, requestPath, healthPath, parameters }): Fact => {
      const values = Object.entries(parameters).map(([key, value]) => `, ${key} = ${value}`);
      const ready = [', ready when ', { code: healthPath }, ` answers 200${values.join('')}`];
      return [`Workload ${name}`, ['requests ', { code: requestPath }, ...ready]];
    }),
  ];
}

function equalOf({ artifacts, config, trials }: RunFile): readonly Fact[] {
  const { cpus, memoryMiB, serverCpus, generatorCpus, nodeArguments } = config.resources;
  const pinned = (list: readonly number[] | null) =>
    list === null ? 'not pinned' : `CPU ${list.join(', ')}`;
  return [
    ...Object.entries(artifacts).map(([name, { sha256, bytes }]): Fact => [
      `Artifact of ${name}`,
      [`${bytes} bytes, sha256 `, { code: sha256 }],
    ]),
    ['Load', [loadText({ config, trials })]],
    ['Budget of an instance', [`${counted(cpus, 'CPU')}, ${memoryMiB} MiB`]],
    ['Server', [pinned(serverCpus)]],
    ['Load generator', [pinned(generatorCpus)]],
    ...(nodeArguments.length === 0
      ? []
      : [['Arguments of Node', [{ code: nodeArguments.join(' ') }]] as const]),
  ];
}

function guardLimits({ config: { guards } }: RunFile): readonly (readonly [string, string])[] {
  return [
    ['Other programs', `${guards.foreignCpus} CPUs`],
    ['Stolen by the hypervisor', `${guards.stealPercent} % of CPU time`],
    ['Throttled by a quota', `${guards.throttledMs} ms`],
    ['Drift of the clock', `${guards.clockDriftPercent} %`],
    ['CPU of the load generator', `${guards.generatorCpuPercent} %`],
    ['Requests sent late', `${guards.lateSendsPercent} %`],
    ['Errors', `${guards.errorsPercent} % of requests`],
  ];
}

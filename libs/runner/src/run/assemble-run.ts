import {
  compare,
  type Diagnostic,
  type EnvironmentResult,
  type JournalHeader,
  type Margins,
  type Repeat,
  type RoundPlan,
  type RunFile,
  summarise,
  type Trial,
  type WarmUp,
} from '@tare/results';
import { runDiagnostics, trialDiagnostics } from './diagnostics.ts';
import type { Unusable, Usable } from './prepare-environments.ts';

/** An environment that failed for good in the middle of a run. */
export type LostEnvironment = {
  readonly name: string;
  /** In which it failed; it is measured no more. */
  readonly round: number;
  readonly reason: string;
};

export type RunParts = {
  readonly header: JournalHeader;
  readonly finishedAt: string;
  readonly trials: readonly Trial[];
  readonly repeats: readonly Repeat[];
  readonly plan: RoundPlan;
  readonly margins: Margins;
  /** Environments that get no verdict. */
  readonly unjudged: readonly string[];
  readonly measured: readonly Usable[];
  readonly unusable: readonly Unusable[];
  /** Of the measured ones, those that failed for good: they keep the trials that they have, and get no verdict. */
  readonly lost: readonly LostEnvironment[];
  /** Observed before the first round; undefined where the warm-up was given. */
  readonly warmUps: readonly WarmUp[] | undefined;
  readonly diagnostics: readonly Diagnostic[];
  /** Names of the environments in the order of the configuration. */
  readonly configuredOrder: readonly string[];
};

/** Puts the run file together: a pure function of what was measured. */
export function assembleRun({ header, trials, measured, unusable, lost, ...parts }: RunParts): RunFile {
  const { baseline, twin } = header.config;
  // the twin is in no configuration: it comes last
  const place = (name: string): number =>
    name === twin ? parts.configuredOrder.length : parts.configuredOrder.indexOf(name);
  const comparisons = compare(trials, {
    baseline,
    twin: twin ?? undefined,
    unjudged: [...parts.unjudged, ...withoutVerdict(lost, baseline, trials)],
    margins: parts.margins,
    seed: header.seed,
  });
  const environments: EnvironmentResult[] = [
    ...measured.map(({ environment: { name, kind }, facts }): EnvironmentResult => {
      const reason = lost.find((each) => each.name === name)?.reason;
      return reason === undefined
        ? { name, kind, facts, status: 'measured' }
        : { name, kind, facts, status: 'failed', reason };
    }),
    ...unusable,
  ].toSorted((one, other) => place(one.name) - place(other.name));
  return {
    ...header,
    finishedAt: parts.finishedAt,
    environments,
    ...(parts.warmUps !== undefined && { warmUps: [...parts.warmUps] }),
    plan: parts.plan,
    trials: [...trials],
    repeats: [...parts.repeats],
    summary: summarise(trials),
    comparisons,
    diagnostics: [
      ...parts.diagnostics,
      ...failureDiagnostics(baseline, unusable, lost),
      ...runDiagnostics(header, measured, trials, comparisons),
      ...parts.repeats.map(repeatDiagnostic),
      ...trials.flatMap((trial) => trialDiagnostics(trial)),
    ],
  };
}

/** What is lost is not judged; without its baseline, nothing is. */
function withoutVerdict(
  lost: readonly LostEnvironment[],
  baseline: string,
  trials: readonly Trial[],
): readonly string[] {
  const names = lost.map(({ name }) => name);
  return names.includes(baseline) ? trials.map(({ environment }) => environment) : names;
}

function failureDiagnostics(
  baseline: string,
  unusable: readonly Unusable[],
  lost: readonly LostEnvironment[],
): readonly Diagnostic[] {
  const error = (code: string, message: string): Diagnostic => ({ level: 'error', code, message });
  const noBaseline = `${baseline} is the baseline: without it there are no verdicts`;
  return [
    ...unusable
      .filter(({ name }) => name === baseline)
      .map(({ reason }) =>
        error('no-baseline', `${noBaseline}, nor ratios; it was not measured: ${firstLine(reason)}`),
      ),
    ...lost.map(({ name, round, reason }) =>
      error(
        'environment-lost',
        `${name} failed in round ${round} and was measured no more: ${firstLine(reason)}${name === baseline ? `; ${noBaseline}` : ''}`,
      ),
    ),
  ];
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? '';
}

function repeatDiagnostic({ round, workload, environment, cause, reason }: Repeat): Diagnostic {
  const what = cause === 'failure' ? 'failed' : 'violated a guard';
  const message = `round ${round} was repeated: ${workload} in ${environment} ${what}: ${firstLine(reason)}`;
  return { level: 'warning', code: 'round-repeated', message };
}

import {
  compare,
  type Diagnostic,
  type EnvironmentResult,
  type Repeat,
  type RunFile,
  summarise,
  type Trial,
} from '@tare/results';
import { runDiagnostics, trialDiagnostics } from './diagnostics.ts';
import { looksOf } from './round-plan.ts';
import type { LostEnvironment, RunParts, Unusable } from './run-events.ts';

/** Puts the run file together: a pure function of what was measured. */
export function assembleRun({ header, trials, measured, unusable, lost, ...parts }: RunParts): RunFile {
  const { baseline, control } = header.config;
  // the control is in no configuration: it comes last
  const place = (name: string): number =>
    name === control ? parts.configuredOrder.length : parts.configuredOrder.indexOf(name);
  const comparisons = compare(trials, {
    baseline,
    control,
    unjudged: [...parts.unjudged, ...withoutVerdict(lost, baseline, trials)],
    margins: parts.margins,
    seed: header.seed,
    looks: looksOf(parts.plan),
  });
  const environments: EnvironmentResult[] = [
    ...measured.map(({ environment: { name, kind }, facts, isolation: found }): EnvironmentResult => {
      const isolation = found && { ...found, namespaces: [...found.namespaces] };
      const known = { name, kind, facts, ...(isolation && { isolation }) };
      const reason = lost.find((each) => each.name === name)?.reason;
      return reason === undefined ? { ...known, status: 'measured' } : { ...known, status: 'failed', reason };
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

/** A lost environment is not judged; if the baseline is lost, none is. */
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

import {
  compare,
  summarise,
  type Diagnostic,
  type EnvironmentResult,
  type JournalHeader,
  type Margins,
  type Repeat,
  type RoundPlan,
  type RunFile,
  type Trial,
  type WarmUp,
} from '@tare/results';
import { runDiagnostics } from './run-diagnostics.ts';
import { trialDiagnostics } from './trial-diagnostics.ts';
import type { Unusable, Usable } from './usable-environments.ts';

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
  /** Observed before the first round; undefined where the warm-up was given. */
  readonly warmUps: readonly WarmUp[] | undefined;
  readonly diagnostics: readonly Diagnostic[];
  /** Names of the environments in the order of the configuration. */
  readonly configuredOrder: readonly string[];
};

/** Puts the run file together: a pure function of what was measured. */
export function assembleRun({ header, trials, measured, unusable, ...parts }: RunParts): RunFile {
  const { baseline, twin } = header.config;
  // the twin is in no configuration: it comes last
  const place = (name: string): number =>
    name === twin ? parts.configuredOrder.length : parts.configuredOrder.indexOf(name);
  const comparisons = compare(trials, {
    baseline,
    twin: twin ?? undefined,
    unjudged: parts.unjudged,
    margins: parts.margins,
    seed: header.seed,
  });
  const environments: EnvironmentResult[] = [
    ...measured.map(({ environment: { name, kind }, facts }) => ({
      name,
      kind,
      facts,
      status: 'measured' as const,
    })),
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
      ...runDiagnostics(header, measured, trials, comparisons),
      ...parts.repeats.map(repeatDiagnostic),
      ...trials.flatMap((trial) => trialDiagnostics(trial)),
    ],
  };
}

function repeatDiagnostic({ round, workload, environment, cause, reason }: Repeat): Diagnostic {
  const what = cause === 'failure' ? 'failed' : 'violated a guard';
  const message = `round ${round} was repeated: ${workload} in ${environment} ${what}: ${reason.split('\n')[0] ?? ''}`;
  return { level: 'warning', code: 'round-repeated', message };
}

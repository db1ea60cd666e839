import { counted } from '@tare/statistics';
import { compare, type Looks } from './compare.ts';
import { roundsIn, type JournalContent, type JournalHeader } from './journal.ts';
import { runDiagnostics, trialDiagnostics } from './run-diagnostics.ts';
import type { Diagnostic, EnvironmentResult, Repeat, RoundPlan, RunFile, Trial } from './run-file.ts';
import { summarise } from './summarise.ts';

/** An environment that failed for good in the middle of a run. */
export type LostEnvironment = {
  readonly name: string;
  /** The round in which it failed; it is not measured after that. */
  readonly round: number;
  readonly reason: string;
};

/** What a run file is made of. */
export type RunParts = {
  readonly header: JournalHeader;
  readonly finishedAt: string;
  /** Why it is not complete; undefined for a complete run. */
  readonly partial?: string | undefined;
  /** Of the last attempt of every round. */
  readonly trials: readonly Trial[];
  readonly repeats: readonly Repeat[];
  readonly plan: RoundPlan;
  /** Measured environments that failed for good: they keep their trials, and get no verdict. */
  readonly lost: readonly LostEnvironment[];
  /** In addition to those of the header. */
  readonly diagnostics: readonly Diagnostic[];
};

/** Puts the run file together: a pure function of what was measured. */
export function assembleRun({ header, trials, lost, ...parts }: RunParts): RunFile {
  const { asks, wanted, margins, unjudged, rates, requests, diagnostics, ...ofTheFile } = header;
  const { baseline, control } = header.config;
  const comparisons = compare(trials, {
    baseline,
    control,
    unjudged: [...unjudged, ...withoutVerdict(lost, baseline, trials)],
    margins,
    seed: header.seed,
    looks: looksOf(parts.plan),
  });
  const measured = header.environments.filter(({ status }) => status === 'measured');
  return {
    ...ofTheFile,
    finishedAt: parts.finishedAt,
    ...(parts.partial !== undefined && { partial: parts.partial }),
    environments: header.environments.map((environment): EnvironmentResult => {
      const reason = lost.find(({ name }) => name === environment.name)?.reason;
      return reason === undefined ? environment : { ...environment, status: 'failed', reason };
    }),
    plan: parts.plan,
    trials: [...trials],
    repeats: [...parts.repeats],
    summary: summarise(trials),
    comparisons,
    diagnostics: [
      ...diagnostics,
      ...parts.diagnostics,
      ...failureDiagnostics(header, lost),
      ...runDiagnostics(header, measured, trials, comparisons),
      ...parts.repeats.map(repeatDiagnostic),
      ...trials.flatMap((trial) => trialDiagnostics(trial)),
    ],
  };
}

/** The looks at which the comparisons of a run were made; undefined if the number of rounds was given. */
export function looksOf(plan: RoundPlan): Looks | undefined {
  if (plan.kind !== 'looks') return undefined;
  const { mostRounds, looks, rounds, endedBy } = plan;
  const isCutShort = rounds < mostRounds && (endedBy === 'budget' || endedBy === 'interrupted');
  return { mostRounds, rounds: looks, ...(isCutShort && { end: endedBy }) };
}

/**
 * The run file of a journal, complete or not: a run that did not end is marked as partial, and judged like an interrupted one.
 * @throws Error, one line, without a trial: there is nothing to sum up.
 */
export function runOfJournal({ header, lines, diagnostics }: JournalContent): RunFile {
  const rounds = roundsIn(lines);
  const trials = rounds.flatMap((each) => each.trials);
  if (trials.length === 0)
    throw new Error(`run ${header.id} has no finished trial yet: there is nothing to report`);
  const done = rounds.filter(({ isWhole }) => isWhole).length;
  const decisions = rounds.flatMap((each) => each.decisions);
  const end = lines.at(-1);
  const ended = end?.kind === 'ended' ? end.plan : undefined;
  const plans = decisions.flatMap(({ plan }) => (plan?.kind === 'looks' ? [plan] : []));
  return assembleRun({
    header,
    finishedAt: end?.at ?? header.startedAt,
    partial: ended === undefined ? partialWords(header, done) : undefined,
    trials,
    repeats: rounds.flatMap(({ repeats }) => repeats),
    lost: rounds.flatMap(({ lost }) => lost),
    plan: ended ?? planSoFar(header, Math.max(...trials.map(({ round }) => round)), plans.at(-1)),
    diagnostics: [
      ...diagnostics,
      ...rounds.flatMap(({ told }) => told.map(toldDiagnostic)),
      ...decisions.flatMap(({ diagnostic }) => diagnostic ?? []),
      ...resumedDiagnostics(lines),
    ],
  });
}

function partialWords({ id, wanted }: JournalHeader, done: number): string {
  const most =
    wanted.kind === 'fixed' ? counted(wanted.rounds, 'round') : `at most ${counted(wanted.max, 'round')}`;
  return `the run has not ended: ${done} of ${most} done; if it was interrupted, --resume=${id} continues it`;
}

/** Judged like a run that somebody ended: at the looks that it had, and at one that came too early. */
function planSoFar(
  { wanted }: JournalHeader,
  rounds: number,
  last: Extract<RoundPlan, { kind: 'looks' }> | undefined,
): RoundPlan {
  const mostRounds = last?.mostRounds ?? (wanted.kind === 'fixed' ? wanted.rounds : wanted.max);
  const looks = last?.looks ?? [];
  return { kind: 'looks', looks, mostRounds, rounds, endedBy: 'interrupted', roundMs: last?.roundMs ?? 0 };
}

/** A message from an environment. */
export function toldDiagnostic(message: string): Diagnostic {
  return { level: 'warning', code: 'environment', message };
}

/** Says that a run was interrupted and resumed, once for each time. */
export function resumedDiagnostics(lines: JournalContent['lines']): readonly Diagnostic[] {
  return lines.flatMap((line, place) => {
    if (line.kind !== 'resumed') return [];
    const before = lines.slice(0, place);
    const done = roundsIn(before).filter(({ isWhole }) => isWhole).length;
    const until = before.at(-1)?.at;
    const message = `the run was interrupted after ${counted(done, 'round')}${until === undefined ? '' : ` (${until})`} and went on at ${line.at}`;
    return [{ level: 'info', code: 'resumed', message }];
  });
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
  { environments, config: { baseline } }: JournalHeader,
  lost: readonly LostEnvironment[],
): readonly Diagnostic[] {
  const error = (code: string, message: string): Diagnostic => ({ level: 'error', code, message });
  const noBaseline = `${baseline} is the baseline: without it there are no verdicts`;
  return [
    ...environments.flatMap((each) =>
      each.name === baseline && each.status !== 'measured'
        ? [error('no-baseline', `${noBaseline}, nor ratios; it was not measured: ${firstLine(each.reason)}`)]
        : [],
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

import type { Diagnostic, Repeat, RoundPlan, RunFile, Trial } from '@tare/results';
import { assembleRun, type LostEnvironment, type RunParts } from '../run/assemble-run.ts';

/** What is known of a run before its first trial. */
export type RunOutset = Omit<RunParts, 'finishedAt' | 'trials' | 'repeats' | 'plan' | 'lost'>;

export type SoFar = {
  readonly outset: RunOutset;
  /** Of whole rounds, at least one. */
  readonly trials: readonly Trial[];
  readonly repeats: readonly Repeat[];
  readonly lost: readonly LostEnvironment[];
  /** Undefined as long as a pilot is to decide. */
  readonly plan: RoundPlan | undefined;
  /** When these trials were all, as an ISO date. */
  readonly at: string;
};

/**
 * The run file of a run that goes on: what it would be if the run had ended here, with a warning that it has not.
 * @throws RangeError without a trial: there is nothing to sum up.
 */
export function runSoFar({ outset, trials, repeats, lost, plan, at }: SoFar): RunFile {
  if (trials.length === 0) throw new RangeError('a run without a trial has nothing to show');
  const done = Math.max(...trials.map(({ round }) => round));
  const run = assembleRun({
    ...outset,
    finishedAt: at,
    trials,
    repeats,
    lost,
    plan: plan ?? { kind: 'fixed', rounds: done },
  });
  const underWay: Diagnostic = {
    level: 'warning',
    code: 'run-under-way',
    message: `the run is under way: ${roundsDone(done, plan)}; figures and verdicts may still change`,
  };
  return { ...run, diagnostics: [underWay, ...run.diagnostics] };
}

function roundsDone(done: number, plan: RoundPlan | undefined): string {
  if (plan !== undefined) return `${done} of ${plan.rounds} rounds done`;
  return `${done === 1 ? '1 round' : `${done} rounds`} of the pilot done`;
}

import {
  assembleRun,
  type JournalHeader,
  type LostEnvironment,
  type Repeat,
  type RoundPlan,
  type RunFile,
  type Trial,
} from '@tare/results';
import { counted } from '@tare/statistics';
import { afterEvent, beforeRun, type Listener } from './run-events.ts';

export type SoFar = {
  readonly header: JournalHeader;
  /** Of whole rounds, at least one. */
  readonly trials: readonly Trial[];
  readonly repeats: readonly Repeat[];
  readonly lost: readonly LostEnvironment[];
  /** Undefined before the first look. */
  readonly plan: RoundPlan | undefined;
  /** The time at which these were all the trials, as an ISO date. */
  readonly at: string;
};

/**
 * The run file of a run that goes on: what it would be if the run had ended here, marked as partial.
 * @throws RangeError without a trial: there is nothing to sum up.
 */
export function runSoFar({ header, trials, repeats, lost, plan, at }: SoFar): RunFile {
  if (trials.length === 0) throw new RangeError('a run without a trial has nothing to show');
  const done = Math.max(...trials.map(({ round }) => round));
  return assembleRun({
    header,
    finishedAt: at,
    partial: `the run is under way: ${roundsDone(done, plan)}; figures and verdicts may still change`,
    trials,
    repeats,
    lost,
    plan: plan ?? { kind: 'fixed', rounds: done },
    diagnostics: [],
  });
}

function roundsDone(done: number, plan: RoundPlan | undefined): string {
  if (plan === undefined) return `${counted(done, 'round')} done`;
  return plan.kind === 'looks'
    ? `${done} of at most ${counted(plan.mostRounds, 'round')} done`
    : `${done} of ${counted(plan.rounds, 'round')} done`;
}

/** The next run file is made no sooner than after this many times what the last one took: a tenth of the run at most. */
const restTimes = 10;

/**
 * Makes a run file after whole rounds except the last, which has the final run file: after each of them while that is quick,
 * then more seldom, because it takes longer with every trial. `tell` is called between two trials, when the first of the next
 * round is about to begin: whatever `tell` does before it returns disturbs no measurement.
 * @param clock monotonic, in milliseconds.
 */
export function followRun(
  tell: (run: RunFile) => void,
  now: () => Date = () => new Date(),
  clock: () => number = () => performance.now(),
): Listener {
  let state = beforeRun;
  let begun = 0;
  let dueAt = -Infinity;
  return (event) => {
    state = afterEvent(state, event);
    if (event.kind !== 'trial-started' || state.header === undefined) return;
    const { header, trials, repeats, lost, plan } = state;
    const whole = event.place.round - 1;
    if (whole <= begun) return;
    begun = whole;
    const startedAt = clock();
    if (startedAt < dueAt) return;
    tell(runSoFar({ header, trials, repeats, lost, plan, at: now().toISOString() }));
    const endedAt = clock();
    dueAt = endedAt + restTimes * (endedAt - startedAt);
  };
}

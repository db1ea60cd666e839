import type { Repeat, RoundPlan, Trial } from '@tare/results';
import type { RunEvent, TrialPlace } from './run-event.ts';
import type { LostEnvironment } from '../run/assemble-run.ts';
import type { RunOutset } from './run-so-far.ts';

/** A run as far as its events have told it. */
export type RunState = {
  readonly outset: RunOutset | undefined;
  /** Undefined before the run has begun, and as long as a pilot is to decide. */
  readonly plan: RoundPlan | undefined;
  /** Of the last attempt of every round. */
  readonly trials: readonly Trial[];
  readonly repeats: readonly Repeat[];
  /** Failed for good since the rounds began. */
  readonly lost: readonly LostEnvironment[];
  /** The trial that began last. */
  readonly latest: TrialPlace | undefined;
  /** Whether that trial goes on. */
  readonly isUnderWay: boolean;
};

export const beforeRun: RunState = {
  outset: undefined,
  plan: undefined,
  trials: [],
  repeats: [],
  lost: [],
  latest: undefined,
  isUnderWay: false,
};

/** The state of a run after one event more. Pure. */
export function afterEvent(state: RunState, event: RunEvent): RunState {
  switch (event.kind) {
    case 'environments-ready':
      return { ...state, outset: event.outset };
    case 'run-started':
      return event.rounds === undefined ? state : { ...state, plan: { kind: 'fixed', rounds: event.rounds } };
    case 'rounds-decided':
      return { ...state, plan: event.plan };
    case 'trial-started':
      return { ...state, latest: event.place, isUnderWay: true };
    case 'trial-finished':
      return {
        ...state,
        latest: event.place,
        isUnderWay: false,
        trials: [...state.trials, event.trial],
      };
    case 'round-repeated':
      return {
        ...state,
        isUnderWay: false,
        trials: state.trials.filter(({ round }) => round !== event.repeat.round),
        repeats: [...state.repeats, event.repeat],
      };
    case 'failed': {
      const { environment: name, round, reason } = event;
      return round === undefined ? state : { ...state, lost: [...state.lost, { name, round, reason }] };
    }
    case 'reaped':
    case 'told':
    case 'probed':
    case 'preparing':
    case 'checking':
    case 'warming-up':
    case 'warm-up-chosen':
    case 'preflight':
    case 'run-finished':
      return state;
  }
}

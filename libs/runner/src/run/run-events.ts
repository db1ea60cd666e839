import type { Availability, Environment, Facts, Isolation, StartKind } from '@tare/environment';
import type {
  Comparison,
  EnvironmentResult,
  JournalHeader,
  LostEnvironment,
  Repeat,
  RoundPlan,
  Trial,
} from '@tare/results';

export type Usable = {
  readonly environment: Environment;
  readonly facts: Facts;
  /** Undefined where its environment does not say. */
  readonly isolation?: Isolation | undefined;
  /** How it started when nothing told it to start from nothing; undefined before it was checked. */
  readonly startKind?: StartKind;
};
export type Unusable = Exclude<EnvironmentResult, { status: 'measured' }>;

/** The events of a run, emitted as they happen. Showing them is up to the listener. */
export type RunEvent =
  | { readonly kind: 'reaped'; readonly what: string }
  /** A message from an environment that is no reason to stop. */
  | { readonly kind: 'told'; readonly message: string }
  | { readonly kind: 'probed'; readonly environment: string; readonly availability: Availability }
  | { readonly kind: 'preparing'; readonly environment: string }
  | { readonly kind: 'checking'; readonly environment: string; readonly workload: string }
  | { readonly kind: 'warming-up'; readonly environment: string; readonly workload: string }
  | { readonly kind: 'warm-up-chosen'; readonly message: string }
  /** Of the closed loop, in the rounds to come. */
  | { readonly kind: 'sizes-chosen'; readonly message: string }
  | {
      readonly kind: 'failed';
      readonly environment: string;
      readonly reason: string;
      /** In which it failed for good; undefined before the first. */
      readonly round?: number;
    }
  | { readonly kind: 'environments-ready'; readonly header: JournalHeader }
  /** What an interrupted run has measured is kept. */
  | {
      readonly kind: 'resumed';
      /** Whole ones. */
      readonly rounds: number;
      readonly trials: readonly Trial[];
      readonly repeats: readonly Repeat[];
      readonly lost: readonly LostEnvironment[];
    }
  | {
      readonly kind: 'run-started';
      readonly runId: string;
      readonly seed: number;
      /** How many there are; undefined when they end with the last decision. */
      readonly rounds: number | undefined;
      readonly journal: string;
    }
  | { readonly kind: 'preflight'; readonly message: string }
  | {
      readonly kind: 'looked';
      /** How many rounds there are so far. */
      readonly round: number;
      /** The comparisons that the run is about. */
      readonly judged: readonly Comparison[];
      /** Those of them that are not decided. */
      readonly open: readonly Comparison[];
      /** Those of them that this look decided. */
      readonly decided: readonly Comparison[];
      /** The environments that the next rounds are made of; none where this look ends the run. */
      readonly goesOn: readonly string[];
      /** The rest of the run takes so long at most. */
      readonly leftMs: number;
      readonly plan: RoundPlan;
    }
  /** Somebody asked for an end of the run: it comes after the round that is under way. */
  | { readonly kind: 'ending'; readonly round: number }
  /** The starts in turn before the trials of a workload. */
  | { readonly kind: 'starting'; readonly place: BurstPlace }
  | { readonly kind: 'trial-started'; readonly place: TrialPlace }
  | { readonly kind: 'trial-finished'; readonly place: TrialPlace; readonly trial: Trial }
  | { readonly kind: 'round-repeated'; readonly repeat: Repeat }
  | { readonly kind: 'run-finished'; readonly trials: number; readonly elapsedMs: number };

export type TrialPlace = {
  readonly round: number;
  readonly rounds: number;
  /** Number of the trial in the run, from 1. */
  readonly trial: number;
  /** How many there are in all, as far as it is known. */
  readonly trials: number;
  readonly environment: string;
  readonly workload: string;
  /** Estimate of the time that the rest of the run takes, this trial included. */
  readonly leftMs: number;
};

/** Where a run is while environments are started in turn. */
export type BurstPlace = Omit<TrialPlace, 'environment'> & {
  readonly environments: readonly string[];
  /** Of each. */
  readonly starts: number;
};

export type Listener = (event: RunEvent) => void;

/** The state of a run as known from its events. */
export type RunState = {
  /** What was known before the first trial. */
  readonly header: JournalHeader | undefined;
  /** Undefined before the run has begun, and before the first look. */
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
  /** The starts that go on, if that is what the run does now. */
  readonly burst: BurstPlace | undefined;
  /** What the last look found; undefined before the first. */
  readonly look: Extract<RunEvent, { kind: 'looked' }> | undefined;
};

export const beforeRun: RunState = {
  header: undefined,
  plan: undefined,
  trials: [],
  repeats: [],
  lost: [],
  latest: undefined,
  isUnderWay: false,
  burst: undefined,
  look: undefined,
};

/** The state of a run after one more event. Pure. */
export function afterEvent(state: RunState, event: RunEvent): RunState {
  switch (event.kind) {
    case 'environments-ready':
      return { ...state, header: event.header };
    case 'resumed':
      return { ...state, trials: event.trials, repeats: event.repeats, lost: event.lost };
    case 'run-started':
      return event.rounds === undefined ? state : { ...state, plan: { kind: 'fixed', rounds: event.rounds } };
    case 'looked':
      return { ...state, plan: event.plan, look: event };
    case 'starting':
      return { ...state, isUnderWay: false, burst: event.place };
    case 'trial-started':
      return { ...state, latest: event.place, isUnderWay: true, burst: undefined };
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
        burst: undefined,
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
    case 'sizes-chosen':
    case 'preflight':
    case 'ending':
    case 'run-finished':
      return state;
  }
}

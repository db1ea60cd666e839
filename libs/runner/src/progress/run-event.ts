import type { Availability } from '@tare/environment';
import type { Repeat, RoundPlan, Trial } from '@tare/results';
import type { RunOutset } from './run-so-far.ts';

/** What happens in a run, told as it happens. Showing it is somebody else's work. */
export type RunEvent =
  | { readonly kind: 'reaped'; readonly what: string }
  /** What an environment has to say, and what is no reason to stop. */
  | { readonly kind: 'told'; readonly message: string }
  | { readonly kind: 'probed'; readonly environment: string; readonly availability: Availability }
  | { readonly kind: 'preparing'; readonly environment: string }
  | { readonly kind: 'checking'; readonly environment: string; readonly workload: string }
  | { readonly kind: 'warming-up'; readonly environment: string; readonly workload: string }
  | { readonly kind: 'warm-up-chosen'; readonly message: string }
  | {
      readonly kind: 'failed';
      readonly environment: string;
      readonly reason: string;
      /** In which it failed for good; undefined before the first. */
      readonly round?: number;
    }
  | { readonly kind: 'environments-ready'; readonly outset: RunOutset }
  | {
      readonly kind: 'run-started';
      readonly runId: string;
      readonly seed: number;
      /** So many; undefined when a pilot decides. */
      readonly rounds: number | undefined;
      readonly journal: string;
    }
  | { readonly kind: 'preflight'; readonly message: string }
  | { readonly kind: 'rounds-decided'; readonly plan: RoundPlan }
  | { readonly kind: 'trial-started'; readonly place: TrialPlace }
  | { readonly kind: 'trial-finished'; readonly place: TrialPlace; readonly trial: Trial }
  | { readonly kind: 'round-repeated'; readonly repeat: Repeat }
  | { readonly kind: 'run-finished'; readonly trials: number; readonly elapsedMs: number };

export type TrialPlace = {
  readonly round: number;
  readonly rounds: number;
  /** Number of the trial in the run, from 1. */
  readonly trial: number;
  /** So many in all, as far as it is known. */
  readonly trials: number;
  readonly environment: string;
  readonly workload: string;
  /** Estimate of the time that the rest of the run takes, this trial included. */
  readonly leftMs: number;
};

export type Listener = (event: RunEvent) => void;

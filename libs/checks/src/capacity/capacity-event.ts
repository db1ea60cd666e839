import type { CapacityStep, PassCapacity } from '@tare/results';
import type { RunEvent } from '@tare/runner';

/** What happens in a search for capacities alone. */
export type SearchEvent =
  | {
      readonly kind: 'capacity-started';
      readonly runId: string;
      readonly seed: number;
      readonly searches: number;
      readonly journal: string;
    }
  | { readonly kind: 'generator-proving' }
  | { readonly kind: 'generator-proven'; readonly generatorRps: number }
  | { readonly kind: 'search-started'; readonly place: SearchPlace }
  | { readonly kind: 'step-finished'; readonly place: SearchPlace; readonly step: CapacityStep }
  | { readonly kind: 'search-finished'; readonly place: SearchPlace; readonly found: PassCapacity }
  | { readonly kind: 'capacity-finished'; readonly steps: number; readonly elapsedMs: number };

/** What happens in a search for capacities, told as it happens, with what happens in every run. */
export type CapacityEvent = RunEvent | SearchEvent;

export type SearchPlace = {
  /** Number of the search, from 1. */
  readonly search: number;
  readonly searches: number;
  readonly pass: number;
  readonly workload: string;
  readonly environment: string;
};

export type CapacityListener = (event: CapacityEvent) => void;

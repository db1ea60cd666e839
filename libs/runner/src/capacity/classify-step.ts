import type { Slo, StepOutcome } from '@tare/results';

/** The figures of a step that decide about it. */
export type StepFigures = {
  readonly planned: number;
  readonly requests: number;
  readonly errors: number;
  readonly timeouts: number;
  readonly lateSends: number;
  /** The quantile that the objective names. */
  readonly sloLatencyMs: number;
  readonly generatorCpuPercent: number;
};

// the guards of the house: what a load generator may be without being the limit itself
const lateSendsShare = 0.01;
const generatorCpuLimitPercent = 80;
const errorsShare = 0.001;

/**
 * Says whether a step meets an objective. A generator that is late or busy makes the step say nothing. Errors and
 * timeouts above 0.1 % miss the objective, and so does a step without any reply. Pure.
 */
export function classifyStep(figures: StepFigures, slo: Slo): StepOutcome {
  const { planned, requests, errors, timeouts, lateSends, sloLatencyMs, generatorCpuPercent } = figures;
  if (lateSends > planned * lateSendsShare || generatorCpuPercent > generatorCpuLimitPercent) {
    return 'generator-limited';
  }
  if (requests === 0 || errors + timeouts > planned * errorsShare) return 'misses';
  return sloLatencyMs <= slo.limitMs ? 'meets' : 'misses';
}

import type { Guards, Slo, StepOutcome } from '@tare/results';

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

/** The guards of a run that a step must hold to, in percent. */
export type StepGuards = Pick<Guards, 'lateSendsPercent' | 'generatorCpuPercent' | 'errorsPercent'>;

/**
 * Says whether a step meets an objective. Latency counts from the planned time of sending, so a generator that is late or
 * busy can only make it longer: a step that meets the objective all the same has met it, and one that misses it says nothing.
 * Too many errors and timeouts miss the objective, and so does a step without any reply. Pure.
 */
export function classifyStep(figures: StepFigures, slo: Slo, guards: StepGuards): StepOutcome {
  const { planned, requests, errors, timeouts, lateSends, sloLatencyMs, generatorCpuPercent } = figures;
  const percentOfPlanned = (count: number): number => (count / planned) * 100;
  const failed = requests === 0 || percentOfPlanned(errors + timeouts) > guards.errorsPercent;
  if (!failed && sloLatencyMs <= slo.limitMs) return 'meets';
  // the generator has one thread: more CPUs do not help it
  const isLimited =
    percentOfPlanned(lateSends) > guards.lateSendsPercent || generatorCpuPercent > guards.generatorCpuPercent;
  return isLimited ? 'generator-limited' : 'misses';
}

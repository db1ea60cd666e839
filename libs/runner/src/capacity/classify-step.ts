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
 * Says whether a step meets an objective. A generator that is late or busy makes the step say nothing. Too many
 * errors and timeouts miss the objective, and so does a step without any reply. Pure.
 */
export function classifyStep(figures: StepFigures, slo: Slo, guards: StepGuards): StepOutcome {
  const { planned, requests, errors, timeouts, lateSends, sloLatencyMs, generatorCpuPercent } = figures;
  const percentOfPlanned = (count: number): number => (count / planned) * 100;
  if (percentOfPlanned(lateSends) > guards.lateSendsPercent) return 'generator-limited';
  // the generator has one thread: more CPUs do not help it
  if (generatorCpuPercent > guards.generatorCpuPercent) return 'generator-limited';
  if (requests === 0 || percentOfPlanned(errors + timeouts) > guards.errorsPercent) return 'misses';
  return sloLatencyMs <= slo.limitMs ? 'meets' : 'misses';
}

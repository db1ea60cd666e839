import type { Trial } from '@tare/results';
import { medianOf } from './figure-text.ts';

/** A stage of a start: from the milestone before to its own. */
export type StartupStage = {
  readonly name: string;
  /** Medians over the trials, since the start command was spawned. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly fastestMs: number;
  readonly slowestMs: number;
  readonly n: number;
};

/** The stages of the cold starts of an environment, in the order of time; a milestone that fewer than half of them have is left out. */
export function startupStages(trials: readonly Trial[]): readonly StartupStage[] {
  const cold = trials.filter(({ startup }) => startup.kind === 'cold');
  const milestones = cold.flatMap(({ startup }) => startup.milestones);
  const reached = [...Map.groupBy(milestones, ({ name }) => name)]
    .map(([name, all]) => ({ name, times: all.map(({ atMs }) => atMs) }))
    .filter(({ times }) => times.length * 2 >= cold.length)
    .map(({ name, times }) => ({ name, times, toMs: Math.max(0, medianOf(times)) }))
    .toSorted((a, b) => a.toMs - b.toMs);
  return reached.map(({ name, times, toMs }, place) => ({
    name,
    fromMs: reached[place - 1]?.toMs ?? 0,
    toMs,
    fastestMs: Math.min(...times),
    slowestMs: Math.max(...times),
    n: times.length,
  }));
}

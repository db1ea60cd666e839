import type { RunFile } from '@tare/results';
import type { Listener } from './run-event.ts';
import { runSoFar } from './run-so-far.ts';
import { afterEvent, beforeRun } from './run-state.ts';

/**
 * Makes a run file of every whole round but the last, whose run file is that of the run. It is told between two trials,
 * when the first of the next round is about to begin: whatever `tell` does before it returns disturbs no measurement.
 */
export function followRun(tell: (run: RunFile) => void, now: () => Date = () => new Date()): Listener {
  let state = beforeRun;
  let told = 0;
  return (event) => {
    state = afterEvent(state, event);
    if (event.kind !== 'trial-started' || state.outset === undefined) return;
    const { outset, trials, repeats, lost, plan } = state;
    const whole = event.place.round - 1;
    if (whole <= told) return;
    told = whole;
    tell(runSoFar({ outset, trials, repeats, lost, plan, at: now().toISOString() }));
  };
}

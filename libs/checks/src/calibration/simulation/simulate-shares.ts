import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Share } from '../result/calibration-file.ts';
import { shareOf } from '../result/share.ts';
import { designText, simulateRun, type Design } from './simulate-run.ts';

export type Simulation = {
  readonly design: Design;
  readonly slowdownPercent: number;
  /** Relative difference that does not matter, as a share. */
  readonly margin: number;
  readonly runs: number;
  readonly seed: number;
  readonly signal: AbortSignal;
};

/** Runs in a row between two looks at the signal. */
const batch = 20;
/** So far apart are the runs of one seed from those of the next. */
const seedStride = 1_000_000;

/**
 * Simulates runs and counts how often a difference was found: in A/A (no slowdown) any difference, in A/B the right one.
 * @returns the share of significant ones, and that of verdicts.
 */
export async function simulateShares(simulation: Simulation): Promise<readonly [Share, Share]> {
  const { design, slowdownPercent, margin, runs, seed, signal } = simulation;
  const slowdown = slowdownPercent / 100;
  let [significant, verdicts] = [0, 0];
  for (let run = 0; run < runs; run += 1) {
    if (run % batch === 0) {
      await nextTurn();
      signal.throwIfAborted();
    }
    const result = simulateRun({ design, slowdown, margin, seed: seed * seedStride + run });
    if (slowdown === 0 ? result.significant : result.slowerFound) significant += 1;
    if (result.verdict === 'worse' || (slowdown === 0 && result.verdict === 'better')) verdicts += 1;
  }
  const counted = {
    part: slowdown === 0 ? 'aa' : 'ab',
    source: 'simulated',
    design: designText(design),
    slowdownPercent,
    metric: 'throughputRps',
    runs,
  } as const;
  return [
    shareOf({ ...counted, outcome: 'significant', hits: significant }),
    shareOf({ ...counted, outcome: 'verdict', hits: verdicts }),
  ];
}

import type { ComparisonSizes } from './comparisons/comparison-config.ts';

/** How much of everything a calibration makes. */
export type CalibrationSizes = {
  readonly latencyWindowMs: number;
  readonly latencyRepetitions: number;
  /** Of the stalling server in a window; whole. */
  readonly stalls: number;
  readonly dutyPercents: readonly number[];
  readonly cpuWindowMs: number;
  readonly allocationsMiB: readonly number[];
  readonly delaysMs: readonly number[];
  readonly startupRepetitions: number;
  readonly simulatedRuns: number;
  /** With a pilot: each takes some ten times as long. */
  readonly simulatedPilotRuns: number;
  readonly slowdownPercents: readonly number[];
  readonly comparison: ComparisonSizes;
};

/** Beside the real comparisons, which take the rest of the budget, they take less than two minutes. */
export const defaultSizes: CalibrationSizes = {
  latencyWindowMs: 3000,
  latencyRepetitions: 3,
  stalls: 3,
  dutyPercents: [30, 60, 90],
  cpuWindowMs: 4000,
  allocationsMiB: [64, 256],
  delaysMs: [0, 50, 200],
  startupRepetitions: 15,
  simulatedRuns: 2000,
  simulatedPilotRuns: 1000,
  slowdownPercents: [2, 5, 10],
  comparison: { rounds: 12, warmupMs: 300, windowMs: 700 },
};

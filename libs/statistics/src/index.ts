export { changePoints, fewestForChangePoint } from './change-points.ts';
export {
  counted,
  describe,
  maximum,
  mean,
  median,
  minimum,
  quantile,
  sampleStandardDeviation,
} from './estimates.ts';
export type { Interval } from './estimates.ts';
export { decideGuarded, planGuardedLooks } from './guarded-decision.ts';
export type { GuardedDecision, GuardedPlan, GuardedRound } from './guarded-decision.ts';
export { comparePaired } from './paired-comparison.ts';
export type { PairedComparison } from './paired-comparison.ts';
export {
  logRatioLessDisturbance,
  logRatioOfTotals,
  logRatiosOfSlices,
  slicesPerLaunch,
  slowRequestsLogRatio,
  trimmedMean,
  typicalLogRatio,
  typicalStartLogRatio,
  spreadOfRequests,
  typicalRequestLogRatio,
  typicalTailLogRatio,
  variationOfSlices,
} from './paired-slices.ts';
export type { PairedSlices, Slice, VariationOfSlices } from './paired-slices.ts';
export { minimumDetectableDifference, pairedPower } from './power.ts';
export { roundOrders, roundsFor, roundsMoreToDecide } from './rounds.ts';
export { seededRandom } from './seeded-random.ts';
export type { SeededRandom } from './seeded-random.ts';
export { decideSequentially, decisionOf, planLooks } from './sequential-decision.ts';
export type { Look, LookPlan, PlannedLook, SequentialDecision } from './sequential-decision.ts';
export { fewestRounds, fewestRoundsFor } from './sign-flip.ts';
export { steadyState } from './steady-state.ts';
export { holmAdjusted, marginBounds, verdictOf } from './verdict.ts';
export type { Direction, Verdict } from './verdict.ts';

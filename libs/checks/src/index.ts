export { calibrate, checkLine, type CalibrationOptions } from './calibration/calibrate.ts';
export { defaultSizes, type CalibrationSizes } from './calibration/calibration-sizes.ts';
export {
  calibrationParts,
  calibrationSchema,
  calibrationSchemaVersion,
  type Calibration,
  type CalibrationPart,
  type Check,
  type CheckItem,
  type Share,
  type Spread,
} from './calibration/result/calibration-file.ts';
export { calibrationMarkdown } from './calibration/result/calibration-markdown.ts';
export {
  isGood,
  summariseCalibration,
  type CalibrationSummary,
} from './calibration/result/calibration-summary.ts';
export { readCalibration } from './calibration/result/read-calibration.ts';
export { calibrationPath, writeCalibration } from './calibration/result/write-calibration.ts';
export type { CapacityEvent, CapacityListener } from './capacity/show-capacity-progress.ts';
export {
  capacityOptions,
  parseCapacityPlan,
  type CapacityOptions,
  type CapacityPlan,
} from './capacity/capacity-plan.ts';
export { performCapacity, type CapacityRun, type CapacityRunOptions } from './capacity/perform-capacity.ts';
export { showCapacityProgress } from './capacity/show-capacity-progress.ts';
export type { DoctorLine } from './doctor/doctor-line.ts';
export { examineHost, type HostExamination } from './doctor/examine-host.ts';
export { gateOptions, planGate, type GateOptions, type GatePlan } from './gate/gate-plan.ts';
export { gitIn } from './gate/choose-commits.ts';
export { performGate, type GateOutcome, type GateRequest } from './gate/perform-gate.ts';

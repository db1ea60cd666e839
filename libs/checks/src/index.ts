export { calibrate, type CalibrationOptions } from './calibration/calibrate.ts';
export {
  calibrationParts,
  calibrationSchema,
  isGood,
  usualParts,
  type Calibration,
  type CalibrationPart,
} from '@tare/results/calibration';
export { writeCalibration } from './calibration/write-calibration.ts';
export {
  capacityOptions,
  parseCapacityPlan,
  type CapacityOptions,
  type CapacityPlan,
} from './capacity/capacity-plan.ts';
export {
  performCapacity,
  type CapacityEvent,
  type CapacityListener,
  type CapacityRun,
  type CapacityRunOptions,
  type SearchEvent,
} from './capacity/perform-capacity.ts';
export type { DoctorLine } from './doctor/doctor-line.ts';
export { examineHost, type HostExamination } from './doctor/examine-host.ts';
export { gitIn } from './gate/choose-commits.ts';
export { gateOptions, planGate, type GateOptions, type GatePlan } from './gate/gate-plan.ts';
export { performGate, type GateOutcome, type GateRequest } from './gate/perform-gate.ts';

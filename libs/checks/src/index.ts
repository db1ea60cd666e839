export type { CapacityEvent, CapacityListener } from './capacity/capacity-event.ts';
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
export { gitIn } from './gate/git.ts';
export { performGate, type GateOutcome, type GateRequest } from './gate/perform-gate.ts';

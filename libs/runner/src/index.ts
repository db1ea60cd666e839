export type { CapacityEvent, CapacityListener } from './capacity/capacity-event.ts';
export {
  capacityOptions,
  parseCapacityPlan,
  type CapacityOptions,
  type CapacityPlan,
} from './capacity/capacity-plan.ts';
export { performCapacity, type CapacityRun, type CapacityRunOptions } from './capacity/perform-capacity.ts';
export { showCapacityProgress } from './capacity/show-capacity-progress.ts';
export {
  benchConfigSchema,
  defineBench,
  runOptions,
  type BenchConfig,
  type ResolvedConfig,
  type Settings,
} from './config/bench-config.ts';
export { loadConfig } from './config/load-config.ts';
export { applyOverrides, runFlags, type Overrides } from './config/overrides.ts';
export { resolveConfig } from './config/resolve-config.ts';
export { appOf } from './config/workload.ts';
export type {
  ConformanceCheck,
  Parameters,
  SetUpContext,
  WeightedRequest,
  Workload,
  WorkloadRequest,
} from './config/workload.ts';
export type { DoctorLine } from './doctor/doctor-line.ts';
export { examineHost, type HostExamination } from './doctor/examine-host.ts';
export { requireRoomFor } from './guards/before-run.ts';
export { defaultGuards } from './guards/default-guards.ts';
export { gateOptions, planGate, type GateOptions, type GatePlan } from './gate/gate-plan.ts';
export { gitIn } from './gate/git.ts';
export { performGate, type GateOutcome, type GateRequest } from './gate/perform-gate.ts';
export type { Listener, RunEvent, TrialPlace } from './progress/run-event.ts';
export { followRun } from './progress/follow-run.ts';
export { runSoFar, type RunOutset, type SoFar } from './progress/run-so-far.ts';
export { showProgress, type Output, type Progress } from './progress/show-progress.ts';
export { hostFacts } from './run/host-facts.ts';
export { performRun, type RunResult } from './run/perform-run.ts';

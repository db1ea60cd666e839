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
export { parseConfig, resolveConfig } from './config/resolve-config.ts';
export { appOf } from './config/workload.ts';
export type {
  ConformanceCheck,
  Parameters,
  SetUpContext,
  WeightedRequest,
  Workload,
  WorkloadRequest,
} from './config/workload.ts';
export { requireRoomFor } from './guards/before-run.ts';
export { defaultGuards } from './guards/default-guards.ts';
export { nameProcesses, preflight, type Preflight } from './guards/preflight.ts';
export type { Listener, RunEvent, TrialPlace } from './progress/run-event.ts';
export { followRun } from './progress/follow-run.ts';
export { runSoFar, type RunOutset, type SoFar } from './progress/run-so-far.ts';
export { clock, showProgress, type Output, type Progress } from './progress/show-progress.ts';
export { describeConfig } from './run/describe-config.ts';
export { hostFacts } from './run/host-facts.ts';
export { lockHost } from './run/host-lock.ts';
export { launchOf, mixOf, setUpData, type Preparation } from './run/launch-workload.ts';
export { performRun, requireReady, type RunResult } from './run/perform-run.ts';
export { withPreparedHost, type HostOptions, type PreparedHost } from './run/prepared-host.ts';
export { readArtifact } from './run/read-artifact.ts';
export type { Unusable, Usable } from './run/usable-environments.ts';
export type { LearnedLoad } from './trial/conformance.ts';
export { startReady } from './trial/ready-instance.ts';
export type { PreparedLoad } from './trial/trial.ts';

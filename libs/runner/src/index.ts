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
export { environmentsOf, parseConfig, requireAllowed, resolveConfig } from './config/resolve-config.ts';
export {
  files,
  node,
  project,
  projectOf,
  type AskedFiles,
  type CommandWords,
  type ProjectResolver,
} from './config/apps.ts';
export { appOf } from './config/workload.ts';
export type {
  Asked,
  AskedApp,
  ConformanceCheck,
  Parameters,
  SetUpContext,
  WeightedRequest,
  Workload,
  WorkloadInput,
  WorkloadRequest,
} from './config/workload.ts';
export { requireRoomFor } from './guards/preflight.ts';
export { defaultGuards } from './guards/violations.ts';
export { nameProcesses, preflight, type Preflight } from './guards/preflight.ts';
export {
  afterEvent,
  beforeRun,
  type BurstPlace,
  type Listener,
  type RunEvent,
  type RunState,
  type TrialPlace,
  type Unusable,
  type Usable,
} from './run/run-events.ts';
export { followRun, runSoFar, type SoFar } from './run/run-so-far.ts';
export { describeConfig, hostFacts } from './run/describe-config.ts';
export { comparisonTitle, environmentsAfterFirstLook, type Found, type JudgeLook } from './run/round-plan.ts';
export { lockHost, runsUnderWay } from './run/host-lock.ts';
export { launchOf, mixOf, obstacleTo, setUpData, type Preparation } from './run/launch-workload.ts';
export { performRun, requireReady, type RunResult } from './run/perform-run.ts';
export { findInterrupted, overridesOf } from './run/resume.ts';
export { readArtifact } from './run/read-artifact.ts';
export { prepareHost, type HostOptions, type PreparedHost } from './run/prepared-host.ts';
export type { LearnedLoad } from './trial/conformance.ts';
export { startReady, withLog } from './trial/ready-instance.ts';
export type { PreparedLoad } from './trial/trial.ts';

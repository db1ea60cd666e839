export { defineBench, resolveConfig, type BenchConfig, type ResolvedConfig } from './config/bench-config.ts';
export { loadConfig } from './config/load-config.ts';
export { applyOverrides, type Overrides } from './config/overrides.ts';
export type { ConformanceCheck, Parameters, Workload, WorkloadRequest } from './config/workload.ts';
export type { Listener, RunEvent, TrialPlace } from './progress/run-event.ts';
export { showProgress, type Output } from './progress/show-progress.ts';
export { performRun, type RunOptions, type RunResult } from './run/perform-run.ts';

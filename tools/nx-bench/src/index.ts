export { defineBench } from '@tare/runner';
export type { BenchConfig, ConformanceCheck, Parameters, Workload, WorkloadRequest } from '@tare/runner';

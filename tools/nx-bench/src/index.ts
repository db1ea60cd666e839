export { defineBench } from '@tare/runner';
export type {
  BenchConfig,
  ConformanceCheck,
  Parameters,
  SetUpContext,
  WeightedRequest,
  Workload,
  WorkloadRequest,
} from '@tare/runner';

export { defineBench, files, node, project } from '@tare/runner';
export type {
  Asked,
  AskedApp,
  BenchConfig,
  ConformanceCheck,
  Parameters,
  SetUpContext,
  WeightedRequest,
  WorkloadInput as Workload,
  WorkloadRequest,
} from '@tare/runner';

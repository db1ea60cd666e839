export { bubblewrap, namespace, native, nspawn } from '@tare/environment';
export type { Artifact, Environment, Instance, Launch, RunContext } from '@tare/environment';
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

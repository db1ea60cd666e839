export { allowedCpus, parseCpuList } from './affinity/cpu-list.ts';
export { findProgram, pinned, pinRunning, planCpus, type Command, type CpuPlan } from './affinity/pin.ts';
export { findCgroupFolders, openCgroup, type Cgroup, type CgroupFolders } from './cgroup.ts';
export {
  createLatencyHistogram,
  encodeHistogram,
  latencyQuantiles,
  mergeHistograms,
  recordLatency,
  type LatencyQuantiles,
} from './load/latency-histogram.ts';
export { generateLoad, type GeneratorOptions } from './load/load-generator.ts';
export type { LoadOrder, LoadOutcome } from './load/load-order.ts';
export type { Meter, MeterReading } from './meter.ts';
export { parseStat, type ProcessStat } from './proc/parse-stat.ts';
export { descendants, findProcess, listProcesses, processesWithVariable } from './proc/process-table.ts';
export { processMeter } from './process-meter.ts';
export type { ProcessScope } from './process-scope.ts';
export { pidusageMeter } from './pidusage-meter.ts';
export { waitForHttp, type HttpWait, type Readiness } from './startup/wait-for-http.ts';
export { sumMeter } from './sum-meter.ts';

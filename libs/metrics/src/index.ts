export { allowedCpus, parseCpuList } from './affinity/cpu-list.ts';
export { findProgram, pinned, pinRunning, planCpus, type Command, type CpuPlan } from './affinity/pin.ts';
export { findCgroupFolders, openCgroup, type Cgroup, type CgroupFolders } from './cgroup.ts';
export { readClockMHz } from './host/clock-mhz.ts';
export { hostActivity, type HostActivity } from './host/host-activity.ts';
export { parseHostStat, type CpuTimes, type HostStat } from './host/parse-host-stat.ts';
export { readHost, readHostStat, type HostReading } from './host/read-host.ts';
export {
  createLatencyHistogram,
  encodeHistogram,
  latencyQuantiles,
  mergeHistograms,
  recordLatency,
  type LatencyQuantiles,
} from './load/latency-histogram.ts';
export {
  startKnownLatencyServer,
  type KnownLatencyOptions,
  type KnownLatencyServer,
  type ServedRequest,
} from './load/known-latency-server.ts';
export { trueMeanMs, trueQuantileMs, type LatencyProfile } from './load/latency-profile.ts';
export {
  generateLoad,
  generateOpenLoad,
  generateSlices,
  requireOpenFiles,
  type GeneratorOptions,
} from './load/load-generator.ts';
export {
  GeneratorError,
  SideError,
  type Counts,
  type LatencySummary,
  type LoadOutcome,
  type LoadRequest,
  type LoadSide,
  type LoadSpec,
  type Moment,
  type OpenOutcome,
  type OpenSpec,
  type OpenWindow,
  type Slice,
} from './load/load-spec.ts';
export { connectionsBeforehand } from './load/open-loop.ts';
export {
  learnReply,
  wrongReply,
  type Reply,
  type ReplyExpectation,
  type ReplyMatcher,
} from './load/reply-check.ts';
export { failuresText } from './load/tally.ts';
export type { Meter, MeterReading } from './meter.ts';
export { parseStat, type ProcessStat } from './proc/parse-stat.ts';
export {
  descendants,
  findProcess,
  listProcesses,
  namespacedPid,
  ownProcesses,
  processesWithVariable,
} from './proc/process-table.ts';
export { plainText } from './program/plain-text.ts';
export { processMeter } from './process-meter.ts';
export type { ProcessScope } from './process-scope.ts';
export { pidusageMeter } from './pidusage-meter.ts';
export { waitForHttp, type HttpWait, type Readiness } from './startup/wait-for-http.ts';
export { sumMeter } from './sum-meter.ts';

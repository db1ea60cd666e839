export {
  allowedCpus,
  parseCpuList,
  pinned,
  pinRunning,
  planCpus,
  type Command,
  type CpuPlan,
} from './affinity/pin.ts';
export {
  hostActivity,
  type HostActivity,
  parseHostStat,
  readClockMHz,
  readHost,
  readHostStat,
  type CpuTimes,
  type HostReading,
  type HostStat,
} from './host/host-stat.ts';
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
  openFilesLimit,
  type GeneratorOptions,
} from './load/load-generator.ts';
export {
  GeneratorError,
  SideError,
  type Arrivals,
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
export { connectionsBeforehand } from './load/open-sender.ts';
export {
  learnReply,
  wrongReply,
  type Reply,
  type ReplyExpectation,
  type ReplyMatcher,
} from './load/reply-check.ts';
export { windowSchedule, type SendSchedule } from './load/send-clock.ts';
export { failuresText } from './load/tally.ts';
export { findCgroupFolders, openCgroup, type Cgroup, type CgroupFolders } from './meters/cgroup.ts';
export { sumMeter, type Meter, type MeterReading, type ProcessScope } from './meters/meter.ts';
export type { FilesOfProcess, FilesReader, ProcessFiles } from './meters/process-files.ts';
export { filesMeter, pidusageMeter, processMeter } from './meters/process-meter.ts';
export {
  commandLineOf,
  descendants,
  findProcess,
  listProcesses,
  namespacedPid,
  ownProcesses,
  processesInReach,
  parseStat,
  processesWithVariable,
  socketsOf,
  textIfThere,
  type ProcessStat,
} from './meters/process-table.ts';
export { childEnvironment, type Variables } from './program/child-environment.ts';
export { startHelper, type HelperProcess } from './program/helper-process.ts';
export { plainText } from './program/plain-text.ts';
export {
  awaitProgram,
  findProgram,
  lastLines,
  runProgram,
  type ProgramOptions,
  type ProgramResult,
} from './program/run-program.ts';
export { postStandBy, standBy, type StandBy } from './program/stand-by.ts';
export { waitForConnection, waitForHttp, type Readiness, type ReadyWait } from './startup/wait-for-http.ts';

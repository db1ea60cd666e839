export { assembleRun, looksOf, resumedDiagnostics, runOfJournal, toldDiagnostic } from './assemble-run.ts';
export type { LostEnvironment, RunParts } from './assemble-run.ts';
export {
  appendCapacityStep,
  capacityFileSchema,
  capacityFileSchemaVersion,
  parseCapacityFile,
  writeCapacityFile,
} from './capacity-file.ts';
export type {
  Capacity,
  CapacityConfig,
  CapacityFile,
  CapacityLimit,
  CapacityStep,
  PassCapacity,
  Slo,
  StepOutcome,
} from './capacity-file.ts';
export { asDecided, compare, isByTare, robustRound, sameRequests } from './compare.ts';
export type { Looks, Margins } from './compare.ts';
export * from './gate-result.ts';
export { historyLine, hostFingerprint } from './history-line.ts';
export type { CommitFacts, HistoryLine } from './history-line.ts';
export { appendHistory, readHistory } from './history.ts';
export { openJournal, readJournal, roundsIn } from './journal.ts';
export type { Journal, JournalContent, JournalHeader, JournalLine, JournalRound } from './journal.ts';
export {
  burstOf,
  isLatency,
  isNotMeasured,
  latencyWindowOf,
  metricCatalogue,
  requestsForP99,
  startMsOf,
  tareOf,
} from './metric-catalogue.ts';
export type { Metric, MetricKey } from './metric-catalogue.ts';
export * from './run-file.ts';
export { marginDiagnostics } from './run-diagnostics.ts';
export { isWhole, listRuns, pruneRuns } from './run-list.ts';
export type { ListedRun } from './run-list.ts';
export { counted } from '@tare/statistics';
export { summarise } from './summarise.ts';
export { parseFile } from './parse-file.ts';
export {
  errorCode,
  fileProblem,
  makeFolder,
  replaceFiles,
  requireWritable,
  writeAside,
  writeJson,
} from './write-aside.ts';
export type { FileText } from './write-aside.ts';

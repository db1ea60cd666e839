export { choosePort } from './choose-port.ts';
export type {
  Artifact,
  Availability,
  Environment,
  Facts,
  Instance,
  Launch,
  Milestone,
  PreparingTarget,
  Resources,
  RunContext,
  StartKind,
} from './contract.ts';
export { logTail, type LogTail } from './log-tail.ts';
export { namespace } from './namespace.ts';
export { native } from './native.ts';
export { reapProcesses } from './reap-processes.ts';
export {
  environmentVariable,
  findRunner,
  isRunnerGone,
  runMarks,
  runnerPattern,
  runnerVariable,
  runVariable,
  thisRunner,
} from './run-marks.ts';
export { requiredKinds } from './required-kinds.ts';

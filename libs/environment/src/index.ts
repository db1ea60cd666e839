export { choosePort } from './choose-port.ts';
export { requiredKinds } from './contract.ts';
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
export { namespace } from './namespace.ts';
export { native } from './native.ts';
export { reapProcesses } from './reap-processes.ts';
export {
  findRunner,
  isRunnerGone,
  runMarks,
  runnerPattern,
  runnerVariable,
  runVariable,
  thisRunner,
} from './run-marks.ts';

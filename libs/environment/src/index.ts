export { hashFile, hashFolder } from './app-digest.ts';
export { startAppProcess, type AppProcess } from './app-process.ts';
export type {
  AppSource,
  Artifact,
  Base,
  FilesArtifact,
  FilesSource,
  ImageArtifact,
  ImageConfig,
  ImageSource,
  NodeArtifact,
  NodeSource,
  ProjectSource,
} from './app.ts';
export { bubblewrap } from './bubblewrap.ts';
export { choosePort } from './choose-port.ts';
export { requiredKinds } from './contract.ts';
export type {
  Availability,
  Environment,
  Facts,
  Instance,
  Isolation,
  Launch,
  Meters,
  Milestone,
  Obstacle,
  PreparingTarget,
  Resources,
  RunContext,
  StartKind,
} from './contract.ts';
export { reapDataFolders, withDataFolder } from './data-folder.ts';
export {
  architectureOf,
  hostCommand,
  hostObstacle,
  prepareOnHost,
  withPort,
  type HostCommand,
} from './host-command.ts';
export { namespace } from './namespace.ts';
export { native } from './native.ts';
export { nspawn } from './nspawn.ts';
export { endProcesses, reapProcesses } from './reap-processes.ts';
export {
  environmentVariable,
  findRunner,
  isLeft,
  isRunnerGone,
  runMarks,
  runnerPattern,
  runnerVariable,
  runVariable,
  thisRunner,
} from './run-marks.ts';
export { isThisHost, url, type UrlOptions } from './url.ts';
export { type Listening, parseListening, type WantedPort, whyUnreachable, wrongPort } from './wrong-port.ts';

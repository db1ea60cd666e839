export { hostArchitecture, isDebianFamily } from './host.ts';
export { readRecord, sha256OfFile, writeRecord } from './json-record.ts';
export { abortOnSignals, messageOf, reportFailure } from './task.ts';
export { lockedNode, projectName } from './workspace.ts';

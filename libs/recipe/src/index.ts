export { abortOnSignals } from './abort-on-signals.ts';
export { readRecord, sha256OfFile, writeRecord } from './json-record.ts';
export { lockedNode } from './locked-node.ts';
export { projectName } from './project-name.ts';
export { messageOf, reportFailure } from './report-failure.ts';

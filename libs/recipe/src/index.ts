export { abortOnSignals } from './abort-on-signals.ts';
export { readRecord, writeRecord } from './json-record.ts';
export { lockedNode } from './locked-node.ts';
export { reportFailure } from './report-failure.ts';

export { cacheFolder, madeOnce } from './cache-folder.ts';
export { hostArchitecture, isDebianFamily } from './host.ts';
export { parsedJson, readRecord, sha256OfFile, sha256Schema, writeRecord } from './json-record.ts';
export { lockedNode } from './locked-node.ts';
export { missingShape, skipWithout, tellMissing, type Missing } from './missing.ts';
export { abortOnSignals, executor, messageOf, reportFailure } from './task.ts';

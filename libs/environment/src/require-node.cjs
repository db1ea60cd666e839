// Plain JavaScript: a Node that is too old for the rest of the suite must still be able to read this and say so.
'use strict';

const oldestMajor = 24;

/**
 * Throws one clear line when this Node is too old.
 * @param {string} version as in process.version
 */
exports.requireNode = (version) => {
  const major = Number(/^v(\d+)\./.exec(version)?.[1]);
  if (major >= oldestMajor) return;
  throw new Error(
    `this is Node ${version}, Tare needs Node ${oldestMajor} or newer: start it by "npx nx …" or "npm run …", which use the Node of node_modules`,
  );
};

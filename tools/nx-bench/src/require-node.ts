const oldestMajor = 24;

/** @throws Error with one line when this Node is too old. @param version as in `process.version`. */
export function requireNode(version: string): void {
  const major = Number(/^v(\d+)\./.exec(version)?.[1]);
  if (major >= oldestMajor) return;
  throw new Error(
    `this is Node ${version}, Tare needs Node ${oldestMajor} or newer: start it by "npx nx …" or "npm run …", which use the Node of node_modules`,
  );
}

import { createRequire } from 'node:module';
import { expect, it } from 'vitest';

const { requireNode } = createRequire(import.meta.url)('./require-node.cjs') as {
  requireNode: (version: string) => void;
};

it('accepts the Node that the workspace locks, and newer ones', () => {
  for (const version of [process.version, 'v24.21.0', 'v26.1.0']) {
    expect(() => {
      requireNode(version);
    }).not.toThrow();
  }
});

it('says how to start with the right Node when an older one slips through', () => {
  expect(() => {
    requireNode('v20.20.2');
  }).toThrow(/^this is Node v20\.20\.2, Tare needs Node 24 or newer: start it by "npx nx …"/);
});

import { expect, it } from 'vitest';
import { requireNode } from './require-node.ts';

it('accepts the Node that the workspace locks, and newer ones', () => {
  expect(() => {
    requireNode('v24.21.0');
    requireNode('v26.1.0');
  }).not.toThrow();
});

it('says how to start with the right Node when an older one slips through', () => {
  expect(() => {
    requireNode('v20.20.2');
  }).toThrow(/^this is Node v20\.20\.2, Tare needs Node 24 or newer: start it by "npx nx …"/);
});

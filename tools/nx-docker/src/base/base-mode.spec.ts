import { expect, test } from 'vitest';
import { likelyBaseMode } from './base-mode.ts';

test('a host that can unpack packages for the engine does so', () => {
  expect(likelyBaseMode('amd64', 'amd64', true).mode).toBe('rootfs');
});

test('another architecture, or a host without the tools, takes an image of a registry and says why', () => {
  expect(likelyBaseMode('arm64', 'amd64', true)).toEqual({
    mode: 'registry',
    reason: 'the engine runs arm64 and this host is amd64',
  });
  expect(likelyBaseMode('amd64', 'amd64', false).reason).toContain('mmdebstrap');
});

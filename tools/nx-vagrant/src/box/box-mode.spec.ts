import { expect, test } from 'vitest';
import { likelyBoxMode, whyNotBuilt, type BuildTraits } from './box-mode.ts';

const debian: BuildTraits = {
  provider: 'libvirt',
  architecture: 'amd64',
  debianFamily: true,
  root: true,
  missing: [],
};

test('root on Debian with libvirt builds its box', () => {
  expect(likelyBoxMode(debian).mode).toBe('built');
});

test.each([
  [{ provider: 'virtualbox' }, 'the built box is for libvirt'],
  [{ architecture: 'arm64' }, 'the built box is for amd64, and this host is arm64'],
  [{ debianFamily: false }, 'this host is not Debian'],
  [{ root: false }, 'building it takes root'],
  [{ missing: ['mmdebstrap', 'mke2fs'] }, 'mmdebstrap and mke2fs is not installed'],
] as const)('another host takes the public box, and says why: %j', (trait, reason) => {
  expect(likelyBoxMode({ ...debian, ...trait })).toEqual({ mode: 'public', reason });
  expect(whyNotBuilt({ ...debian, ...trait })).toBe(reason);
});

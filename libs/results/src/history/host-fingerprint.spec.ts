import { expect, it } from 'vitest';
import { exampleHeader } from '../../fixtures/example-run.ts';
import { hostFingerprint } from './host-fingerprint.ts';

it('stands for what of a host matters, and for no more', () => {
  const host = { ...exampleHeader().host, kernel: 'Linux 6.18.1-generic', memoryMiB: 8000 };
  const fingerprint = hostFingerprint(host);
  expect(fingerprint).toMatch(/^[0-9a-f]{12}$/);
  expect(hostFingerprint({ ...host, kernel: 'Linux 6.18.2', memoryMiB: 8190, os: 'Other' })).toBe(
    fingerprint,
  );
  expect(hostFingerprint({ ...host, kernel: 'Linux 6.19.1' })).not.toBe(fingerprint);
  expect(hostFingerprint({ ...host, node: 'v99.0.0' })).not.toBe(fingerprint);
});

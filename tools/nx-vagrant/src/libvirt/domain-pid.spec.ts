import { expect, test } from 'vitest';
import { domainPid, runsDomain } from './domain-pid.ts';

const uuid = '2f1f4a4e-6a5b-4b7e-9a51-3a4b8f1f2c11';
const qemu = [
  '/usr/bin/qemu-system-x86_64',
  '-name',
  'guest=tare_0123abcd_default,debug-threads=on',
  '-S',
  '-uuid',
  uuid,
  '',
];

test('a domain is known by its name and by its UUID', () => {
  expect(runsDomain(qemu, 'tare_0123abcd_default')).toBe(true);
  expect(runsDomain(qemu, uuid)).toBe(true);
});

test('a domain whose name begins alike is another one', () => {
  expect(runsDomain(qemu, 'tare_0123abcd')).toBe(false);
});

test('a program that names the domain is not the hypervisor', () => {
  expect(runsDomain(['virsh', 'start', 'tare_0123abcd_default'], 'tare_0123abcd_default')).toBe(false);
});

test('a domain that does not run has no pid', () => {
  expect(domainPid('tare-no-such-domain')).toBeUndefined();
});

import { expect, it } from 'vitest';
import { guestMilestones } from './guest-milestones.ts';

const offset = { offsetNs: 100_000_000_000n, errorNs: 500_000n };
const service = new Map([
  ['ConditionTimestampMonotonic', '7000000'],
  ['ExecMainStartTimestampMonotonic', '7050000'],
]);
const journal = [
  { atUs: 3_000_000, message: 'listening on http://0.0.0.0:8000' },
  { atUs: 7_060_000, message: 'Started tare@primes.service' },
  { atUs: 9_000_000, message: 'listening on http://0.0.0.0:8000' },
];

it('the moments of a boot lie on the host’s clock, from the power on', () => {
  const boot = {
    manager: new Map([['UserspaceTimestampMonotonic', '2700000']]),
    ssh: new Map([['ActiveEnterTimestampMonotonic', '6200000']]),
  };
  const milestones = guestMilestones(
    { service, journal, boot },
    { spawnedAt: 95_000_000_000n, offset, powerOnNs: 99_000_000_000n },
  );
  expect(milestones).toEqual([
    { name: 'power on', atMs: 4000 },
    { name: 'kernel', atMs: 5000 },
    { name: 'userspace', atMs: 7700 },
    { name: 'sshd', atMs: 11_200 },
    { name: 'service start', atMs: 12_000 },
    { name: 'process', atMs: 12_050 },
    { name: 'listening', atMs: 14_000 },
  ]);
});

it('a restart has the moments of its service only, and not the lines of the one before', () => {
  const milestones = guestMilestones({ service, journal }, { spawnedAt: 106_900_000_000n, offset });
  expect(milestones).toEqual([
    { name: 'service start', atMs: 100 },
    { name: 'process', atMs: 150 },
    { name: 'listening', atMs: 2100 },
  ]);
});

it('moments that systemd does not have are left out', () => {
  expect(guestMilestones({ service: new Map(), journal: [] }, { spawnedAt: 0n, offset })).toEqual([]);
});

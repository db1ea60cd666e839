import { expect, it } from 'vitest';
import {
  clockOffset,
  guestMilestones,
  parseJournal,
  parseUnitProperties,
  toHostNs,
  unitMomentUs,
} from './guest-account.ts';

// recorded from a guest under TCG, in nanoseconds; the second was the quickest
const exchanges = [
  { sentNs: 5_000_000_000n, guestNs: 1_004_000_000n, receivedNs: 5_009_000_000n },
  { sentNs: 5_010_000_000n, guestNs: 1_011_000_000n, receivedNs: 5_012_000_000n },
  { sentNs: 5_020_000_000n, guestNs: 1_023_500_000n, receivedNs: 5_024_000_000n },
];

it('the exchange with the shortest round trip gives the offset, and half of it the error', () => {
  expect(clockOffset(exchanges)).toEqual({ offsetNs: 4_000_000_000n, errorNs: 1_000_000n });
});

it('without an exchange there is no offset', () => {
  expect(() => clockOffset([])).toThrow('the clock of the VM was not asked');
});

it('a reading of the guest becomes a moment of the host', () => {
  const exchange = { sentNs: 6_000_000_000n, guestNs: 2_001_000_000n, receivedNs: 6_003_000_000n };
  expect(toHostNs(exchange, clockOffset(exchanges))).toBe(6_001_000_000n);
});

it('a guest’s clock that has drifted does not put a reading outside of its exchange', () => {
  const offset = clockOffset(exchanges);
  const sentNs = 6_000_000_000n;
  const receivedNs = 6_003_000_000n;
  expect(toHostNs({ sentNs, guestNs: 1_900_000_000n, receivedNs }, offset)).toBe(sentNs);
  expect(toHostNs({ sentNs, guestNs: 2_100_000_000n, receivedNs }, offset)).toBe(receivedNs);
});

// recorded from systemd 252
const reply = `Id=ssh.service
ActiveEnterTimestampMonotonic=6246664

Id=tare@primes.service
ActiveEnterTimestampMonotonic=0
CPUUsageNSec=[not set]
`;

it('each unit is a block of its own', () => {
  const [ssh, service, ...more] = parseUnitProperties(reply);
  expect(ssh?.get('Id')).toBe('ssh.service');
  expect(service?.get('CPUUsageNSec')).toBe('[not set]');
  expect(more).toEqual([]);
});

it('a moment that never was is undefined', () => {
  const [ssh, service] = parseUnitProperties(reply);
  expect(unitMomentUs(ssh, 'ActiveEnterTimestampMonotonic')).toBe(6_246_664);
  expect(unitMomentUs(service, 'ActiveEnterTimestampMonotonic')).toBeUndefined();
  expect(unitMomentUs(service, 'None')).toBeUndefined();
});

// recorded from systemd 252
const recorded = `{"__MONOTONIC_TIMESTAMP":"156244397","_BOOT_ID":"f9af1c7dd66d40ddbb9a9c8801a741dc","MESSAGE":"Started tare@primes.service - Tare workload primes.","__REALTIME_TIMESTAMP":"1795295538599979"}
{"__MONOTONIC_TIMESTAMP":"159214015","_BOOT_ID":"f9af1c7dd66d40ddbb9a9c8801a741dc","MESSAGE":"listening on http://0.0.0.0:8000","__REALTIME_TIMESTAMP":"1795295541569594"}
`;

it('reads each entry with its monotonic time', () => {
  expect(parseJournal(recorded)).toEqual([
    { atUs: 156_244_397, message: 'Started tare@primes.service - Tare workload primes.' },
    { atUs: 159_214_015, message: 'listening on http://0.0.0.0:8000' },
  ]);
});

it('a message that is not text is read byte by byte', () => {
  expect(parseJournal('{"__MONOTONIC_TIMESTAMP":"5","MESSAGE":[104,105]}')).toEqual([
    { atUs: 5, message: 'hi' },
  ]);
});

it('an empty journal has no lines', () => {
  expect(parseJournal('-- No entries --\n')).toEqual([]);
});

it('a broken entry is refused and shown', () => {
  expect(() => parseJournal('{"MESSAGE":"x"}')).toThrow('not an entry of the journal: "{"MESSAGE":"x"}"');
});

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

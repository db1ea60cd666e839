import { expect, it } from 'vitest';
import { clockOffset, toHostNs } from './clock-offset.ts';

// of a guest under TCG, in nanoseconds; the second was the quickest
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

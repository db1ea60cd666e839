import { expect, it } from 'vitest';
import { parseUnitProperties, unitMomentUs } from './unit-properties.ts';

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

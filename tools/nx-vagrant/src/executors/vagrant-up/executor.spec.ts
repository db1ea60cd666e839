import { expect, test } from 'vitest';
import { givenPort } from './executor.ts';

test('TARE_PORT is the port of the first workload', () => {
  expect(givenPort({})).toBeUndefined();
  expect(givenPort({ TARE_PORT: '8011' })).toBe(8011);
});

test.each(['', '0', '65536', '80a'])('TARE_PORT %j is refused', (port) => {
  expect(() => givenPort({ TARE_PORT: port })).toThrow(
    `TARE_PORT is "${port}"; expected a port from 1 to 65535`,
  );
});

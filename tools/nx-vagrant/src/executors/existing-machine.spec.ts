import { expect, test } from 'vitest';
import { forwardedPort } from './existing-machine.ts';

test('the port is 8001 unless TARE_PORT names another or TARE_FORWARD is 0', () => {
  expect(forwardedPort({})).toBe(8001);
  expect(forwardedPort({ TARE_PORT: '8011' })).toBe(8011);
  expect(forwardedPort({ TARE_PORT: '8011', TARE_FORWARD: '0' })).toBeUndefined();
});

test.each(['', '0', '65536', '80a'])('TARE_PORT %j is refused', (port) => {
  expect(() => forwardedPort({ TARE_PORT: port })).toThrow(
    `TARE_PORT is "${port}"; expected a port from 1 to 65535`,
  );
});

import { expect, it } from 'vitest';
import { listenAddress, urlOf } from './listen-address.ts';

it('listens on 127.0.0.1:5000 when nothing is said', () => {
  expect(listenAddress({})).toEqual({ host: '127.0.0.1', port: 5000 });
});

it('takes HOST and PORT', () => {
  expect(listenAddress({ HOST: '::1', PORT: '65535' })).toEqual({ host: '::1', port: 65_535 });
});

it.each(['', 'http', '-1', '65536', '80.5', '1e3', ' 80'])('refuses PORT=%j', (port) => {
  expect(() => listenAddress({ PORT: port })).toThrow(
    `PORT is ${JSON.stringify(port)}; expected a whole number from 0 to 65535`,
  );
});

it('refuses an empty HOST, which would mean every address', () => {
  expect(() => listenAddress({ HOST: '' })).toThrow('HOST is ""; expected an address or a host name');
});

it('writes an IPv6 address in brackets', () => {
  expect(urlOf({ host: '::1', port: 80 })).toBe('http://[::1]:80');
});

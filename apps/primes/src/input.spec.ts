import { describe, expect, it } from 'vitest';
import { listenAddress, shown, urlOf, wholeNumber } from './input.ts';

describe('wholeNumber', () => {
  it.each([
    ['0', 0],
    ['7', 7],
    ['007', 7],
    ['0000000001', 1],
    ['250', 250],
  ])('reads %j as %i', (text, value) => {
    expect(wholeNumber(text, 250)).toBe(value);
  });

  it.each(['', ' ', ' 7', '7 ', '7\n', '-1', '+5', '1.5', '1e3', '0x10', '٣', '251', 'NaN', '9'.repeat(400)])(
    'refuses %j',
    (text) => {
      expect(wholeNumber(text, 250)).toBeUndefined();
    },
  );
});

describe('shown', () => {
  it('quotes a value and escapes what would break the line', () => {
    expect(shown('a"\n')).toBe('"a\\"\\n"');
  });

  it('cuts a long value and says how long it was', () => {
    expect(shown('9'.repeat(400))).toBe(`"${'9'.repeat(40)}"… (400 characters)`);
  });
});

describe('listenAddress', () => {
  it('listens on 127.0.0.1:8000 when nothing is said', () => {
    expect(listenAddress({})).toEqual({ host: '127.0.0.1', port: 8000 });
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
});

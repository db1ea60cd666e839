import { expect, it } from 'vitest';
import { isSameOrigin } from './same-origin.ts';

it.each([
  [{}, true],
  [{ 'sec-fetch-site': 'same-origin' }, true],
  [{ 'sec-fetch-site': 'none' }, true],
  [{ 'sec-fetch-site': 'same-site' }, false],
  [{ 'sec-fetch-site': 'cross-site', origin: 'http://gallery:5000', host: 'gallery:5000' }, false],
  [{ origin: 'http://gallery:5000', host: 'gallery:5000' }, true],
  [{ origin: 'http://gallery:5001', host: 'gallery:5000' }, false],
  [{ origin: 'null', host: 'gallery:5000' }, false],
])('%j: %s', (headers, expected) => {
  expect(isSameOrigin(headers)).toBe(expected);
});

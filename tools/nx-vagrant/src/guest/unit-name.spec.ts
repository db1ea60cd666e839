import { expect, test } from 'vitest';
import { unitName } from './unit-name.ts';

test('a plain name stays as it is', () => {
  expect(unitName('primes')).toBe('primes');
  expect(unitName('gallery-2')).toBe('gallery-2');
});

test('any name becomes one that units, folders and shells take', () => {
  const names = [
    '@shop/api',
    'api:cold',
    'two words',
    "it's %i $HOME",
    '7',
    '-',
    'Ünïcode',
    '../up',
    'A'.repeat(300),
  ];
  for (const name of names) expect(unitName(name)).toMatch(/^[a-z][a-z0-9-]{0,40}-[0-9a-f]{8}$/);
  expect(unitName('@shop/api')).toMatch(/^shop-api-[0-9a-f]{8}$/);
});

test('two workloads never have the same', () => {
  const names = [
    'shop-api',
    '@shop/api',
    'shop/api',
    'shop:api',
    'Shop-Api',
    unitName('@shop/api'),
    `${'a'.repeat(60)}b`,
    `${'a'.repeat(60)}c`,
  ];
  expect(new Set(names.map(unitName)).size).toBe(names.length);
});

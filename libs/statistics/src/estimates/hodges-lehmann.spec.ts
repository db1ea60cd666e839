import { expect, test } from 'vitest';
import { expectCloseToR } from '../../fixtures/expect-close-to-r.ts';
import reference from '../../fixtures/reference.json' with { type: 'json' };
import { hodgesLehmann } from './hodges-lehmann.ts';

test.each(reference.hodgesLehmann)('gives the centre of $values as R does', ({ values, centre }) => {
  expectCloseToR(hodgesLehmann(values), centre, 'centre');
});

test('does not overflow', () => {
  expect(hodgesLehmann([1e308, 1.2e308, 1.4e308])).toBeCloseTo(1.2e308, -294);
});

test('refuses no values', () => {
  expect(() => hodgesLehmann([])).toThrow(new RangeError('hodgesLehmann: needs at least 1 value, got 0'));
});

import type { Diagnostic } from '@tare/results';
import { expect, test } from 'vitest';
import { summedUp } from './diagnostics.ts';

const warning = (code: string, message: string): Diagnostic => ({ level: 'warning', code, message });

test('many of a kind become one, with the largest of them', () => {
  const many = [9.5, 10.25, 9.1].map((figure, index) =>
    warning('law', `primes, round ${index + 1}, vm:control: ${figure} under way, but there were 8`),
  );
  expect(summedUp([...many, warning('other', 'once')])).toEqual([
    warning(
      'law',
      'law: 3 trials, the largest: primes, round 2, vm:control: 10.25 under way, but there were 8; all in summary.md',
    ),
    warning('other', 'once'),
  ]);
});

test('two of a kind are shown in full, and levels are not mixed', () => {
  const two = [warning('a', 'x 1'), warning('a', 'x 2')];
  const error: Diagnostic = { level: 'error', code: 'a', message: 'x 3' };
  expect(summedUp([...two, error])).toEqual([...two, error]);
});

test('where texts are not alike the first is the example', () => {
  expect(summedUp([warning('a', 'p 1'), warning('a', 'q 2'), warning('a', 'r 3')])).toEqual([
    warning('a', 'a: 3 times, the first: p 1; all in summary.md'),
  ]);
});

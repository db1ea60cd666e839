import { expect, it } from 'vitest';
import { shown } from './shown.ts';

it('quotes a value and escapes what would break the line', () => {
  expect(shown('a"\n')).toBe('"a\\"\\n"');
});

it('cuts a long value and says how long it was', () => {
  expect(shown('9'.repeat(400))).toBe(`"${'9'.repeat(40)}"… (400 characters)`);
});

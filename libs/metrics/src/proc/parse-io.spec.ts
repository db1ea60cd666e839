import { expect, it } from 'vitest';
import { parseWrittenBytes } from './parse-io.ts';

it('reads the bytes that were sent to storage, not those that were cancelled', () => {
  const text =
    'rchar: 1\nwchar: 900\nsyscr: 2\nsyscw: 3\nread_bytes: 4\nwrite_bytes: 8192\ncancelled_write_bytes: 4096\n';
  expect(parseWrittenBytes(text)).toBe(8192n);
});

it('another text tells nothing', () => {
  expect(parseWrittenBytes('')).toBeUndefined();
  expect(parseWrittenBytes('cancelled_write_bytes: 4096\n')).toBeUndefined();
});

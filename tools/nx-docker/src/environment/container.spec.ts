import { expect, test } from 'vitest';
import { demultiplex, parseLine } from './container.ts';

const frame = (stream: number, text: string): Buffer => {
  const head = Buffer.alloc(8);
  head.writeUInt8(stream, 0);
  head.writeUInt32BE(Buffer.byteLength(text), 4);
  return Buffer.concat([head, Buffer.from(text)]);
};

test('frames of stdout and stderr are joined in their order', () => {
  const long = 'ü'.repeat(200);
  expect(demultiplex(Buffer.concat([frame(1, 'out\n'), frame(2, `${long}\n`), frame(1, 'end')]))).toBe(
    `out\n${long}\nend`,
  );
});

test('a line’s time keeps its fraction of a millisecond', () => {
  const { atMs, text } = parseLine('1970-01-01T00:00:01.250500000Z listening on 8080');
  expect(atMs).toBeCloseTo(1250.5, 6);
  expect(text).toBe('listening on 8080');
});

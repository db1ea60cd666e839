import { expect, test } from 'vitest';
import { traceLines } from './buildkit-trace.ts';

/** A length-delimited field of protobuf; short enough for a length of one byte. */
const field = (number: number, content: string | Buffer): Buffer =>
  Buffer.concat([Buffer.from([number * 8 + 2, content.length]), Buffer.from(content)]);

test('lines of output and errors are found among other fields', () => {
  const log = Buffer.concat([field(1, 'sha256:a'), Buffer.from([3 * 8, 1]), field(4, 'one\ntwo\n')]);
  const vertex = Buffer.concat([field(3, 'RUN x'), Buffer.from([4 * 8, 0]), field(7, 'exit code: 3')]);
  const message = Buffer.concat([field(1, vertex), field(3, log)]);
  expect(traceLines(message.toString('base64'))).toEqual(['one', 'two', 'exit code: 3']);
});

test('a message that is cut off gives what could be read', () => {
  expect(traceLines(field(3, field(4, 'whole')).subarray(0, 3).toString('base64'))).toEqual([]);
});

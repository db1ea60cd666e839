import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { frames } from './run-image.ts';

const frame = (stream: number, text: string): Buffer => {
  const head = Buffer.alloc(8);
  head[0] = stream;
  head.writeUInt32BE(Buffer.byteLength(text), 4);
  return Buffer.concat([head, Buffer.from(text)]);
};

test.each([1, 7, 8, 9, 1000])(
  'a log is read frame by frame, however its bytes come: %s at a time',
  async (size) => {
    const log = Buffer.concat([frame(1, 'out\n'), frame(2, 'größer\n'), frame(1, '')]);
    const chunks = Array.from({ length: Math.ceil(log.length / size) }, (_, index) =>
      log.subarray(index * size, (index + 1) * size),
    );
    const read: string[] = [];
    for await (const { isError, bytes } of frames(Readable.from(chunks)))
      read.push(`${isError ? 'err' : 'out'} ${bytes.toString()}`);
    expect(read).toEqual(['out out\n', 'err größer\n', 'out ']);
  },
);

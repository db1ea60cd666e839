import { crc32 } from 'node:zlib';

const signatureBytes = 8;
const headerChunkBytes = 25;
const mark = 'Software\0tare-report';

/**
 * A PNG with a text chunk that tells our own pictures from others in the same folder.
 * Chunks: length, type, data, CRC-32 of type and data (PNG specification, section 5.3); text: 11.3.4.3.
 */
export function markedPng(png: Uint8Array): Uint8Array {
  const content = Buffer.from(`tEXt${mark}`, 'latin1');
  const chunk = Buffer.alloc(content.length + 8);
  chunk.writeUInt32BE(mark.length, 0);
  content.copy(chunk, 4);
  chunk.writeUInt32BE(crc32(content), content.length + 4);
  // right behind the first chunk, which is the header of the picture
  const place = signatureBytes + headerChunkBytes;
  return Buffer.concat([png.subarray(0, place), chunk, png.subarray(place)]);
}

/** Whether a PNG is one of ours. */
export function isMarkedPng(png: Uint8Array): boolean {
  const start = signatureBytes + headerChunkBytes + 8;
  return Buffer.from(png.subarray(start, start + mark.length)).toString('latin1') === mark;
}

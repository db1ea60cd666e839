import { crc32, deflateSync } from 'node:zlib';
import { seededRandom } from '@tare/statistics';

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const channels = 3;
const noiseLevels = 24;
// a prime: the noise of no two rows is in step
const noiseLength = 8191;

/**
 * A PNG image (RGB, 8 bits) of colour gradients with some noise, so that it compresses about as a photograph does. The same
 * seed gives the same bytes; other seeds give other images.
 * @param width in pixels.
 * @param height in pixels.
 */
export function pngImage(seed: number, width: number, height: number): Buffer {
  const random = seededRandom(seed);
  const slopes = Array.from(
    { length: channels },
    () => [random.below(200) + 20, random.below(200) + 20] as const,
  );
  const noise = Array.from({ length: noiseLength }, () => random.below(noiseLevels));
  const stride = 1 + width * channels;
  const pixels = Buffer.alloc(stride * height);
  for (let y = 0; y < height; y += 1) {
    // the first byte of a row is its filter: 0 is none
    let place = y * stride + 1;
    for (let x = 0; x < width; x += 1) {
      for (const [across, down] of slopes) {
        const level = (across * x) / width + (down * y) / height + (noise[(place * 31) % noise.length] ?? 0);
        pixels[place] = level & 0xff;
        place += 1;
      }
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  // 8 bits a channel, colour type 2 (RGB)
  header.set([8, 2], 8);
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(pixels, { level: 1 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

const headerBytes = 25;

/**
 * @returns a PNG image with a number in its background colour (PNG, 11.3.4.1): other bytes, the same picture. A comment would
 * not do: the gallery takes comments away.
 */
export function withNumber(png: Buffer, number: number): Buffer {
  const start = signature.length + headerBytes;
  // of each channel the second byte counts
  const colour = Buffer.from([0, number & 0xff, 0, (number >> 8) & 0xff, 0, (number >> 16) & 0xff]);
  return Buffer.concat([png.subarray(0, start), chunk('bKGD', colour), png.subarray(start)]);
}

/** Length, type, data and checksum of type and data: PNG (third edition), 5.3. */
function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  checksum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, checksum]);
}

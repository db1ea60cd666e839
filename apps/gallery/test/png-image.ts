import { crc32, deflateSync } from 'node:zlib';
import { seededRandom } from './seeded-random.ts';

export type PngHeader = {
  readonly width: number;
  readonly height: number;
  /** 8 unless given. */
  readonly bitDepth?: number;
  /** 0 is grey, 2 RGB, 3 a palette (of two colours), 4 grey with alpha, 6 RGB with alpha. */
  readonly colourType?: number;
  readonly interlaced?: boolean;
};

const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');

/** A picture with soft bands of colour, the same for the same seed, as PNG in RGB. */
export function pngImage(seed: number, width = 64, height = 48): Buffer {
  const random = seededRandom(seed);
  const [red, green, blue, slope] = Array.from({ length: 4 }, () => random());
  const rows = Buffer.alloc(height * (1 + width * 3));
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const at = y * (1 + width * 3) + 1 + x * 3;
      const along = (x + y * (slope ?? 0) * 2) / (width + height);
      [red, green, blue].forEach((phase, band) => {
        rows[at + band] = Math.round(
          127.5 + 127.5 * Math.sin(6.283 * ((phase ?? 0) + along * (1 + band * 0.4))),
        );
      });
    }
  }
  return pngOf({ width, height }, deflateSync(rows, { level: 6 }));
}

/** A grey PNG whose pixels are these bytes, which stand in it as they are, 1,000 in a row. */
export function pngOfPixels(pixels: Uint8Array): Buffer {
  const [width, height] = [1000, Math.ceil(pixels.length / 1000)];
  const rows = Buffer.alloc(height * (1 + width));
  for (let y = 0; y < height; y += 1)
    rows.set(pixels.subarray(y * width, (y + 1) * width), y * (1 + width) + 1);
  return pngOf({ width, height, colourType: 0 }, deflateSync(rows, { level: 0 }));
}

/** A PNG of this header and these compressed rows, which need not agree. */
export function pngOf(header: PngHeader, compressedRows: Uint8Array): Buffer {
  const { width, height, bitDepth = 8, colourType = 2, interlaced = false } = header;
  const ihdr = Buffer.alloc(13);
  ihdr.writeUInt32BE(width, 0);
  ihdr.writeUInt32BE(height, 4);
  ihdr.set([bitDepth, colourType, 0, 0, interlaced ? 1 : 0], 8);
  return Buffer.concat([
    signature,
    pngChunk('IHDR', ihdr),
    ...(colourType === 3 ? [pngChunk('PLTE', Buffer.from([255, 0, 0, 0, 0, 255]))] : []),
    pngChunk('IDAT', compressedRows),
    pngChunk('IEND', Buffer.alloc(0)),
  ]);
}

/** A chunk of a PNG. */
export function pngChunk(type: string, data: Uint8Array): Buffer {
  const typed = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const out = Buffer.alloc(typed.length + 8);
  out.writeUInt32BE(data.length, 0);
  typed.copy(out, 4);
  out.writeUInt32BE(crc32(typed), typed.length + 4);
  return out;
}

import { constants, deflateRawSync } from 'node:zlib';
import { everyFormat } from './image-maker.ts';
import type { ImageMaker } from './image-maker.ts';
import { pngChunk, pngOf } from './png-image.ts';

/** A file that is made to cost much, and the statuses that answer it rightly. */
export type HostileImage = {
  readonly kind: string;
  readonly bytes: Buffer;
  readonly right: readonly number[];
};

const maxSide = 30_000;
const taken = [200, 201];
const refused = [422];
const either = [...taken, ...refused];

/** Width and height: very wide, very high, square; the first five beyond what is taken, the others just within. */
const shapes = [
  { width: 1, height: 40_000_000 },
  { width: 40_000_000, height: 1 },
  { width: 10_000_000, height: 4 },
  { width: 5_000_000, height: 8 },
  { width: 200, height: 200_000 },
  { width: maxSide, height: 1333 },
  { width: 1333, height: maxSide },
  { width: 6300, height: 6300 },
  { width: 8000, height: 5000 },
  { width: 1, height: maxSide },
  { width: maxSide, height: 1 },
  { width: 16_384, height: 2441 },
];

/** Bit depths and the colour types that have them (PNG specification, 11.2.1). */
const pngKinds = [
  ...[1, 8, 16].map((bitDepth) => ({ bitDepth, colourType: 0 })),
  ...[1, 8].map((bitDepth) => ({ bitDepth, colourType: 3 })),
  ...[2, 4, 6].flatMap((colourType) => [8, 16].map((bitDepth) => ({ bitDepth, colourType }))),
];

/**
 * Images of every format in every depth, layout and shape, each whole where a whole one is cheap to make: what is refused must be
 * refused by its header, and what is decoded must fit into memory.
 */
export function hostileImages(maker: ImageMaker): readonly (() => HostileImage)[] {
  const formats = everyFormat(maker, 4);
  const of = (type: string) => formats[type] ?? Buffer.alloc(0);
  const png = pngKinds.flatMap((kind) =>
    shapes.flatMap((shape) =>
      [false, true].map((interlaced) => () => {
        const header = { ...kind, ...shape, interlaced };
        return {
          kind: `PNG ${JSON.stringify(header)}`,
          bytes: pngOf(header, zeros(pngRowBytes(header))),
          right: Math.max(shape.width, shape.height) > maxSide ? refused : either,
        };
      }),
    ),
  );
  const rgb = maker.encoded(of('image/png'), '.png');
  const jpegs = [true, false].flatMap((interlace) =>
    ['on', 'off'].map((subsample_mode) => maker.encoded(rgb, '.jpg', { interlace, subsample_mode })),
  );
  const largest = ({ width, height }: (typeof shapes)[number]) =>
    [Math.min(width, 65_500), Math.min(height, 65_500)] as const;
  const stated = shapes.map(largest).flatMap(([width, height]) => [
    ...jpegs.map((jpeg, at) => () => ({
      kind: `JPEG ${at} of ${width} × ${height}`,
      bytes: withJpegSize(jpeg, width, height),
      right: Math.max(width, height) > maxSide ? refused : either,
    })),
    () => ({ kind: `GIF of ${width} × ${height}`, bytes: gifOf(width, height, 1), right: either }),
    () => ({
      kind: `WebP of ${width} × ${height}`,
      bytes: withWebpSize(of('image/webp'), width, height),
      right: refused,
    }),
    () => ({
      kind: `AVIF that says ${width} × ${height}`,
      bytes: withAvifSize(of('image/avif'), width, height),
      right: either,
    }),
  ]);
  return [...png, ...stated, ...heaviest(maker), ...padded(of('image/png')), ...manyScans(jpegs)];
}

/** Small files that need about as much memory for decoding as there is, in every format that needs much; some need more. */
function heaviest(maker: ImageMaker): readonly (() => HostileImage)[] {
  const black = (width: number, height: number, bitDepth = 8, colourType = 2) => {
    const header = { width, height, bitDepth, colourType };
    return pngOf(header, zeros(pngRowBytes(header)));
  };
  const made: readonly (readonly [string, readonly number[], () => Buffer])[] = [
    ['WebP', taken, () => maker.encoded(black(8000, 5000), '.webp', { effort: 0 })],
    ['WebP with alpha', taken, () => maker.encoded(black(8000, 5000, 8, 6), '.webp', { effort: 0 })],
    ['lossless WebP', taken, () => maker.encoded(black(8000, 5000), '.webp', { effort: 0, lossless: true })],
    ['progressive JPEG', taken, () => maker.encoded(black(8000, 5000), '.jpg', { interlace: true })],
    ['JPEG', taken, () => maker.encoded(black(8000, 5000), '.jpg', { interlace: false })],
    [
      'progressive JPEG 4:4:4',
      taken,
      () => maker.encoded(black(6500, 5000), '.jpg', { interlace: true, subsample_mode: 'off' }),
    ],
    ['GIF', taken, () => maker.encoded(black(6000, 4100), '.gif', { effort: 1 })],
    ['AVIF', taken, () => maker.encoded(black(3500, 3400), '.avif', { effort: 0 })],
    [
      'AVIF 4:4:4',
      either,
      () => maker.encoded(black(3500, 3400), '.avif', { effort: 0, subsample_mode: 'off' }),
    ],
    ['AVIF with alpha', either, () => maker.encoded(black(3500, 3400, 8, 6), '.avif', { effort: 0 })],
    [
      'AVIF of 12 bits',
      taken,
      () => maker.encoded(black(2450, 2400, 16), '.avif', { effort: 0, bitdepth: 12 }),
    ],
    [
      'AVIF that says it is small',
      refused,
      () => withAvifSize(maker.encoded(black(3500, 3400), '.avif', { effort: 0 }), 64, 64),
    ],
  ];
  return made.map(([kind, right, make]) => () => ({
    kind: `as heavy as is taken: ${kind}`,
    right,
    bytes: make(),
  }));
}

/** A good PNG with much beside its pixels. */
function padded(png: Buffer): readonly (() => HostileImage)[] {
  const beforeRows = png.indexOf('IDAT') - 4;
  const withChunks = (kind: string, ...chunks: readonly Buffer[]) => ({
    kind: `PNG with ${kind}`,
    bytes: Buffer.concat([png.subarray(0, beforeRows), ...chunks, png.subarray(beforeRows)]),
    right: either,
  });
  const packed = (name: string) => Buffer.concat([Buffer.from(`${name}\0\0`), zeros(400 * 2 ** 20)]);
  return [
    () => withChunks('a text of 400 MiB', pngChunk('zTXt', packed('a'))),
    () => withChunks('a profile of 400 MiB', pngChunk('iCCP', packed('icc'))),
    () =>
      withChunks('many texts of 400 MiB', ...Array.from({ length: 3 }, () => pngChunk('zTXt', packed('b')))),
    () =>
      withChunks(
        'many chunks',
        ...Array.from({ length: 20_000 }, (_, at) => pngChunk('tEXt', Buffer.from(`k\0${at}`))),
      ),
  ];
}

/** JPEGs with the last of their scans many times over. */
function manyScans(jpegs: readonly Buffer[]): readonly (() => HostileImage)[] {
  return jpegs.map((jpeg, at) => () => {
    const scan = jpeg.subarray(jpeg.lastIndexOf(Buffer.from([0xff, 0xda])), -2);
    const times = Math.floor(400_000 / scan.length);
    const scans = Array.from({ length: times }, () => scan);
    return {
      kind: `JPEG ${at} of ${times} scans`,
      bytes: Buffer.concat([withJpegSize(jpeg, 6000, 6000).subarray(0, -2), ...scans, jpeg.subarray(-2)]),
      right: either,
    };
  });
}

/** How many bytes the rows of a PNG have before they are compressed (PNG specification, 7.2 and 8.2). */
function pngRowBytes(header: {
  readonly width: number;
  readonly height: number;
  readonly bitDepth: number;
  readonly colourType: number;
  readonly interlaced?: boolean;
}): number {
  const samples = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 }[header.colourType] ?? 1;
  const bytesOf = (width: number, height: number) =>
    width > 0 ? height * (1 + Math.ceil((width * samples * header.bitDepth) / 8)) : 0;
  if (header.interlaced !== true) return bytesOf(header.width, header.height);
  return [
    [0, 0, 8, 8],
    [4, 0, 8, 8],
    [0, 4, 4, 8],
    [2, 0, 4, 4],
    [0, 2, 2, 4],
    [1, 0, 2, 2],
    [0, 1, 1, 2],
  ].reduce((sum, [left = 0, top = 0, across = 1, down = 1]) => {
    const [width, height] = [header.width - left, header.height - top];
    return sum + bytesOf(Math.max(0, Math.ceil(width / across)), Math.max(0, Math.ceil(height / down)));
  }, 0);
}

const zerosAtOnce = 2 ** 20;
let packedZeros: Buffer | undefined;

/** The given number of zeros, compressed (RFC 1950). The same block is repeated, which takes no time. */
export function zeros(length: number): Buffer {
  packedZeros ??= deflateRawSync(Buffer.alloc(zerosAtOnce), { finishFlush: constants.Z_FULL_FLUSH });
  const block = packedZeros;
  const times = Math.floor(length / zerosAtOnce);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE((((length % 65_521) << 16) | 1) >>> 0);
  return Buffer.concat([
    Buffer.from([0x78, 0x9c]),
    ...Array.from({ length: times }, () => block),
    deflateRawSync(Buffer.alloc(length % zerosAtOnce)),
    checksum,
  ]);
}

/** A JPEG that says it is of another size. */
function withJpegSize(jpeg: Buffer, width: number, height: number): Buffer {
  const copy = Buffer.from(jpeg);
  const frame =
    [0xc0, 0xc1, 0xc2].map((kind) => copy.indexOf(Buffer.from([0xff, kind]))).find((at) => at > 0) ?? 0;
  copy.writeUInt16BE(height, frame + 5);
  copy.writeUInt16BE(width, frame + 7);
  return copy;
}

/** A lossy WebP (RFC 9649, 2.5) that says it is of another size. */
function withWebpSize(webp: Buffer, width: number, height: number): Buffer {
  const copy = Buffer.from(webp);
  const frame = copy.indexOf(Buffer.from([0x9d, 0x01, 0x2a]));
  copy.writeUInt16LE(Math.min(width, 16_383), frame + 3);
  copy.writeUInt16LE(Math.min(height, 16_383), frame + 5);
  return copy;
}

/** An AVIF whose container says it is of another size than its pictures are (ISO/IEC 23008-12, 6.5.3). */
function withAvifSize(avif: Buffer, width: number, height: number): Buffer {
  const copy = Buffer.from(avif);
  for (let at = copy.indexOf('ispe'); at > 0; at = copy.indexOf('ispe', at + 4)) {
    copy.writeUInt32BE(width, at + 8);
    copy.writeUInt32BE(height, at + 12);
  }
  return copy;
}

/** A GIF with the given number of frames. Each claims the given size and holds a single pixel. */
export function gifOf(width: number, height: number, frames: number): Buffer {
  const size = Buffer.alloc(4);
  size.writeUInt16LE(width, 0);
  size.writeUInt16LE(height, 2);
  const head = Buffer.concat([Buffer.from('GIF89a'), size, Buffer.from('800000000000ffffff', 'hex')]);
  const frame = Buffer.concat([
    Buffer.from('21f90400000000002c00000000', 'hex'),
    size,
    Buffer.from('0002024401' + '00', 'hex'),
  ]);
  return Buffer.concat([head, ...Array.from({ length: frames }, () => frame), Buffer.from([0x3b])]);
}

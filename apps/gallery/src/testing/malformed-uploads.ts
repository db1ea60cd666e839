import { deflateSync } from 'node:zlib';
import { setTimeout as wait } from 'node:timers/promises';
import { everyFormat } from './image-maker.ts';
import type { ImageMaker } from './image-maker.ts';
import { pngOf } from './png-image.ts';
import { seededRandom } from './seeded-random.ts';
import { formOf } from './send.ts';
import type { Sent } from './send.ts';

/** A request that is wrong in some way, and the statuses that answer it rightly. */
export type MalformedUpload = {
  readonly kind: string;
  readonly sent: Sent;
  readonly right: readonly number[];
};

export type FuzzLimits = {
  readonly maxUploadBytes: number;
  readonly maxFilesPerRequest: number;
  readonly bodyTimeoutMs: number;
};

const traversals = [
  '../../../../tmp/gallery-escaped.png',
  '..\\..\\gallery-escaped.png',
  '/tmp/gallery-escaped.png',
  'C:\\gallery-escaped.png',
  '....//....//gallery-escaped.png',
  '%2e%2e%2fgallery-escaped.png',
  'images/../../gallery-escaped.png',
  'nul\u0000.png',
  `${'a'.repeat(5000)}.png`,
  '.incoming',
  '',
];

const otherTypes = [
  '<!doctype html><script>alert(1)</script>',
  '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
  '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg>&x;</svg>',
  '%PDF-1.7\n',
  'PK\u0003\u0004',
  'BM\u0000\u0000\u0000\u0000',
  'II*\u0000\u0008\u0000\u0000\u0000',
  '\u0000\u0000\u0000\u0018ftypheic\u0000\u0000\u0000\u0000mif1heic',
  '#!/bin/sh\n',
  ' GIF89a',
];

/** As many malformed uploads as wanted, the same for the same seed. */
export function malformedUploads(
  seed: number,
  count: number,
  limits: FuzzLimits,
  maker: ImageMaker,
): readonly MalformedUpload[] {
  const random = seededRandom(seed);
  const whole = (most: number) => Math.floor(random() * most);
  const noise = (length: number) => Buffer.from(Uint8Array.from({ length }, () => whole(256)));
  const images = [1, 2, 3].flatMap((each) => Object.values(everyFormat(maker, each)));
  const image = () => images[whole(images.length)] ?? Buffer.alloc(0);
  const cut = (bytes: Uint8Array) => bytes.subarray(0, Math.floor(bytes.length * (0.15 + random() * 0.6)));
  const jpeg = everyFormat(maker, 4)['image/jpeg'] ?? Buffer.alloc(0);
  const webp = everyFormat(maker, 4)['image/webp'] ?? Buffer.alloc(0);
  const body = (bytes: Uint8Array): Sent => ({
    method: 'POST',
    body: bytes,
    headers: { 'content-type': 'image/png' },
  });
  const chunked = (bytes: Uint8Array): Sent => ({
    method: 'POST',
    write: (send) => Promise.resolve(send(bytes)),
  });
  const form = (bytes: Uint8Array, boundary = 'tare-boundary'): Sent => ({
    method: 'POST',
    headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
    body: bytes,
  });
  const formWith = (fileName: string, content: Uint8Array) => formOf([{ fileName, content }]).body;

  const kinds: readonly (() => MalformedUpload)[] = [
    () => ({ kind: 'empty', sent: body(Buffer.alloc(0)), right: [400] }),
    () => ({ kind: 'cut off', sent: body(cut(image())), right: [422] }),
    () => ({ kind: 'cut off in a form', sent: form(formWith('a.png', cut(image()))), right: [422] }),
    () => ({
      kind: 'a header and noise',
      sent: body(Buffer.concat([image().subarray(0, 40), noise(500)])),
      right: [422],
    }),
    () => ({ kind: 'some bytes changed', sent: body(changed(image(), whole)), right: [200, 201, 415, 422] }),
    () => ({
      kind: 'noise',
      sent: body(Buffer.concat([Buffer.from([0]), noise(1 + whole(3000))])),
      right: [415],
    }),
    () => {
      const text = otherTypes[whole(otherTypes.length)] ?? '';
      return { kind: 'another type', sent: body(Buffer.from(text, 'latin1')), right: [415] };
    },
    () => {
      const text = otherTypes[whole(otherTypes.length)] ?? '';
      return {
        kind: 'another type in a form',
        sent: form(formWith('cat.png', Buffer.from(text))),
        right: [415],
      };
    },
    () => {
      const header = {
        width: 1 + whole(2 ** 31 - 2),
        height: 20_000 + whole(100_000),
        interlaced: random() < 0.5,
      };
      const wide = { ...header, width: Math.max(header.width, 10_000) };
      return { kind: 'a huge PNG', sent: body(pngOf(wide, deflateSync(Buffer.alloc(5000)))), right: [422] };
    },
    () => {
      const costly = { width: 6000, height: 6000, bitDepth: 16, colourType: 6, interlaced: true };
      return {
        kind: 'a costly PNG',
        sent: body(pngOf(costly, deflateSync(Buffer.alloc(5000)))),
        right: [422],
      };
    },
    () => ({
      kind: 'a huge JPEG',
      sent: body(withJpegSize(jpeg, 65_000, 65_000 - whole(9000))),
      right: [422],
    }),
    () => ({
      kind: 'a huge WebP',
      sent: body(withWebpSize(webp, 16_383, 16_383 - whole(9000))),
      right: [422],
    }),
    () => ({ kind: 'a huge GIF', sent: body(gifOf(65_000 - whole(9000), 65_000, 1)), right: [422] }),
    () => ({ kind: 'a GIF of many frames', sent: body(gifOf(1, 1, 1000 + whole(2000))), right: [200, 201] }),
    () => {
      const name = traversals[whole(traversals.length)] ?? '';
      return { kind: 'a name that is a path', sent: form(formWith(name, image())), right: [200, 201] };
    },
    () => ({
      kind: 'too large',
      sent: body(Buffer.alloc(limits.maxUploadBytes + 1 + whole(50_000), 'GIF89a')),
      right: [413],
    }),
    () => ({
      kind: 'too large, in chunks',
      sent: chunked(Buffer.alloc(limits.maxUploadBytes + 50_000, 1)),
      right: [413],
    }),
    () => ({
      kind: 'too large, in a form',
      sent: form(formWith('a', Buffer.alloc(limits.maxUploadBytes + 1))),
      right: [413],
    }),
    () => {
      const parts = Array.from({ length: limits.maxFilesPerRequest + 1 + whole(5) }, () => ({
        fileName: 'a',
        content: 'a',
      }));
      return { kind: 'too many files', sent: form(formOf(parts).body), right: [413] };
    },
    () => ({ kind: 'a form of noise', sent: form(noise(whole(2000))), right: [400] }),
    () => ({ kind: 'a form cut off', sent: form(cut(formWith('a.png', image()))), right: [400] }),
    () => ({
      kind: 'a form with another boundary',
      sent: form(formWith('a.png', image()), 'other'),
      right: [400],
    }),
    () => ({
      kind: 'a form without boundary',
      sent: { ...form(image()), headers: { 'content-type': 'multipart/form-data' } },
      right: [400],
    }),
    () => ({ kind: 'a form without files', sent: form(formOf([{ content: 'a' }]).body), right: [400] }),
    () => {
      const header = `--tare-boundary\r\nContent-Disposition: form-data; name="a"; filename="${'a'.repeat(100_000)}"\r\n\r\n`;
      return { kind: 'a form with a huge header', sent: form(Buffer.from(header)), right: [400] };
    },
  ];
  const slow = (): MalformedUpload => {
    const write = async (send: (bytes: Uint8Array) => void) => {
      send(image().subarray(0, 50));
      await wait(limits.bodyTimeoutMs * 2);
    };
    const headers = random() < 0.5 ? {} : { 'content-type': 'multipart/form-data; boundary=tare-boundary' };
    return { kind: 'slow', sent: { method: 'POST', headers, write }, right: [408] };
  };
  return Array.from({ length: count }, (_, at) => {
    if (at % 200 === 0) return slow();
    if (at % 200 === 100) {
      return {
        kind: 'as heavy as is taken',
        sent: body(heavyImage(maker, Math.floor(at / 200))),
        right: [201],
      };
    }
    return kinds[whole(kinds.length)]?.() ?? slow();
  });
}

/**
 * A small file that needs about as much memory for decoding as is allowed, in one after the other of the formats that need much;
 * each a little narrower than the one before, and so another image.
 */
function heavyImage(maker: ImageMaker, which: number): Buffer {
  const black = (width: number, height: number, interlaced: boolean) =>
    pngOf({ width, height, interlaced }, deflateSync(Buffer.alloc((width * 3 + 8) * (height + 8) * 1.01)));
  const formats = [
    () => black(8000 - which, 5000, true),
    () => maker.encoded(black(8000 - which, 5000, false), '.webp', { effort: 0 }),
    () => maker.encoded(black(8000 - which, 5000, false), '.jpg', { interlace: true }),
    () => maker.encoded(black(3500 - which, 3400, false), '.avif', { effort: 0 }),
  ];
  return formats[which % formats.length]?.() ?? Buffer.alloc(0);
}

/** Bytes with a few of them changed, but not the first, which say the type. */
function changed(bytes: Buffer, whole: (most: number) => number): Buffer {
  const copy = Buffer.from(bytes);
  for (let times = 1 + whole(10); times > 0; times -= 1) copy[40 + whole(copy.length - 40)] = whole(256);
  return copy;
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
  copy.writeUInt16LE(width, frame + 3);
  copy.writeUInt16LE(height, frame + 5);
  return copy;
}

/** A GIF of so many frames, each of which says it is of this size, and holds a single pixel. */
function gifOf(width: number, height: number, frames: number): Buffer {
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

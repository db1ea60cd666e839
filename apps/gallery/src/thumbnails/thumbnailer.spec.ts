import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ImageType } from '../images/image-type.ts';
import { Refusal } from '../refusal.ts';
import { createImageMaker, everyFormat } from '../../test/image-maker.ts';
import type { ImageMaker } from '../../test/image-maker.ts';
import { pngImage, pngOf } from '../../test/png-image.ts';
import { createThumbnailer } from './thumbnailer.ts';

const folder = mkdtempSync(join(tmpdir(), 'gallery-thumbnails-'));
const script = new URL('../main.ts', import.meta.url);
const limits = { maxPixels: 1_000_000, maxSidePixels: 30_000, maxDecodeBytes: 4_000_000, maxWaiting: 10 };
const sender = { client: '127.0.0.1', gone: new AbortController().signal };
const usual = { script, limits, jobCpuMs: 15_000, maxWaitMs: 20_000, silenceMs: 30_000, idleMs: 60_000 };
const thumbnailer = createThumbnailer(usual);
let maker: ImageMaker;

beforeAll(async () => (maker = await createImageMaker()));
afterAll(async () => {
  await thumbnailer.close();
  rmSync(folder, { recursive: true, force: true });
});

function thumbnailOf(bytes: Uint8Array, type: ImageType) {
  const path = join(folder, 'image');
  writeFileSync(path, bytes);
  return thumbnailer.thumbnail(path, type, sender);
}

describe('a thumbnail', () => {
  it.each(['image/png', 'image/jpeg', 'image/webp', 'image/gif', 'image/avif'] as const)(
    'is made of %s',
    async (type) => {
      const { width, height, thumbnail } = await thumbnailOf(
        everyFormat(maker, 1)[type] ?? Buffer.alloc(0),
        type,
      );
      expect({ width, height }).toEqual({ width: 96, height: 64 });
      expect(maker.decoded(thumbnail.webp)).toEqual({ width: 96, height: 64 });
    },
  );

  it('has a longer side of 320 pixels', async () => {
    const { width, height, thumbnail } = await thumbnailOf(pngImage(2, 300, 900), 'image/png');
    expect({ width, height }).toEqual({ width: 300, height: 900 });
    expect(maker.decoded(thumbnail.webp)).toEqual({ width: 107, height: 320 });
    expect(thumbnail).toMatchObject({ width: 107, height: 320 });
  });

  it('is turned as the image says', async () => {
    const jpeg = maker.encoded(pngImage(3, 400, 200), '.jpg');
    // An Exif segment with one entry, orientation (0x112), of 6: the top of the picture is on its right.
    const tiff = '49492a0008000000' + '0100' + '1201' + '0300' + '01000000' + '06000000' + '00000000';
    const exif = Buffer.concat([Buffer.from('Exif\0\0'), Buffer.from(tiff, 'hex')]);
    const length = Buffer.from([0, exif.length + 2]);
    const rest = jpeg.subarray(2);
    const turned = Buffer.concat([jpeg.subarray(0, 2), Buffer.from([0xff, 0xe1]), length, exif, rest]);
    const { width, height, thumbnail } = await thumbnailOf(turned, 'image/jpeg');
    expect({ width, height }).toEqual({ width: 200, height: 400 });
    expect(maker.decoded(thumbnail.webp)).toEqual({ width: 160, height: 320 });
  });
});

describe('an image is refused', () => {
  it.each([
    [
      'with too many pixels',
      pngOf({ width: 30_000, height: 30_000 }, deflateSync('')),
      /30000 × 30000 pixels; at most 1 mega/,
    ],
    [
      'whose decoder needs too much memory',
      pngOf({ width: 999, height: 999, bitDepth: 16, colourType: 6, interlaced: true }, deflateSync('')),
      /may need 7.61 MiB of memory, and 3.81 MiB are allowed/,
    ],
    ['that is cut off', pngImage(4).subarray(0, 500), /cannot be decoded: it is damaged, cut off/],
    ['that is nothing', Buffer.from('GIF89a'), /cannot be decoded: it is damaged, cut off/],
    [
      'of a kind that is not taken',
      Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'),
      /cannot be decoded/,
    ],
  ])('%s', async (_, bytes, detail) => {
    const refusal: unknown = await thumbnailOf(bytes, 'image/png').catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(Refusal);
    expect(refusal).toMatchObject({ status: 422, message: expect.stringMatching(detail) as unknown });
  });
});

it('starts another thread after one that took too long', async () => {
  const hasty = createThumbnailer({ ...usual, jobCpuMs: 1 });
  const path = join(folder, 'hasty.png');
  writeFileSync(path, pngImage(5, 900, 900));
  await expect(hasty.thumbnail(path, 'image/png', sender)).rejects.toThrow(
    'cannot be decoded with reasonable effort',
  );
  await expect(hasty.thumbnail(path, 'image/png', sender)).rejects.toThrow(
    'cannot be decoded with reasonable effort',
  );
  await hasty.close();
});

it('says that its thread cannot be started', async () => {
  const broken = createThumbnailer({ ...usual, script: new URL('file:///nowhere.mjs') });
  await expect(broken.thumbnail('x', 'image/png', sender)).rejects.toThrow(
    'the thread for thumbnails could not be started',
  );
});

it('says that the machine is too busy where its thread is silent for long', async () => {
  const silent = createThumbnailer({ ...usual, silenceMs: 1 });
  const path = join(folder, 'silent.png');
  writeFileSync(path, pngImage(6));
  await expect(silent.thumbnail(path, 'image/png', sender)).rejects.toMatchObject({
    status: 503,
    message: expect.stringContaining('the thumbnail cannot be made now') as unknown,
  });
  await silent.close();
});

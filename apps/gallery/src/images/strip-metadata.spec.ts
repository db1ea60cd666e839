import { crc32 } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { createImageMaker } from '../../test/image-maker.ts';
import type { ImageMaker } from '../../test/image-maker.ts';
import { pngImage } from '../../test/png-image.ts';
import { seededRandom } from '../../test/seeded-random.ts';
import { imageTypes } from './image-type.ts';
import type { ImageType } from './image-type.ts';
import { withoutMetadata } from './strip-metadata.ts';

let maker: ImageMaker;
let clean: Readonly<Record<string, Buffer>>;
/** The same pictures with all the metadata that libvips writes, turned where the format has it in Exif. */
let telling: Readonly<Record<string, Buffer>>;

const secret = 'SECRET';
const text = (value: string) => Buffer.from(value, 'latin1');
const number = (bytes: number, value: number, little = false) => {
  const made = Buffer.alloc(bytes);
  if (little) made.writeUIntLE(value, 0, bytes);
  else made.writeUIntBE(value, 0, bytes);
  return made;
};

/** An Exif block with a name, a place and an orientation, in one of its two byte orders. */
function exif(orientation: number, little = false): Buffer {
  const n = (bytes: number, value: number) => number(bytes, value, little);
  const entry = (tag: number, type: number, count: number, value: Buffer) =>
    Buffer.concat([
      n(2, tag),
      n(2, type),
      n(4, count),
      Buffer.concat([value, Buffer.alloc(4)]).subarray(0, 4),
    ]);
  const name = text(`by ${secret}\0`);
  const gpsAt = 8 + 2 + 3 * 12 + 4 + name.length;
  return Buffer.concat([
    ...[text(little ? 'II' : 'MM'), n(2, 42), n(4, 8), n(2, 3)],
    entry(0x0112, 3, 1, n(2, orientation)),
    entry(0x013b, 2, name.length, n(4, 50)),
    entry(0x8825, 4, 1, n(4, gpsAt)),
    ...[n(4, 0), name],
    ...[n(2, 1), entry(0x001d, 2, 11, n(4, gpsAt + 18)), n(4, 0), text('2026:11:28\0')],
  ]);
}

const xmp = text(`<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF>${secret}</rdf:RDF></x:xmpmeta>`);
const segment = (kind: number, data: Buffer) =>
  Buffer.concat([Buffer.from([0xff, kind]), number(2, data.length + 2), data]);
const exifSegment = (orientation: number, little = false) =>
  segment(0xe1, Buffer.concat([text('Exif\0\0'), exif(orientation, little)]));
const chunk = (type: string, data: Buffer) =>
  Buffer.concat([
    number(4, data.length),
    text(type),
    data,
    number(4, crc32(Buffer.concat([text(type), data]))),
  ]);
const riffChunk = (type: string, data: Buffer) =>
  Buffer.concat([text(type), number(4, data.length, true), data, Buffer.alloc(data.length % 2)]);
const box = (type: string, data: Buffer) => Buffer.concat([number(4, data.length + 8), text(type), data]);
const inserted = (bytes: Buffer, at: number, ...added: Buffer[]) =>
  Buffer.concat([bytes.subarray(0, at), ...added, bytes.subarray(at)]);
const subBlocks = (data: Buffer) => Buffer.concat([Buffer.from([data.length]), data, Buffer.from([0])]);

function stripped(type: string, bytes: Buffer): Buffer {
  const known = imageTypes.find((each) => each === type);
  const result = known && withoutMetadata(known, bytes);
  if (result === undefined) throw new Error(`${type} is too damaged`);
  return result;
}

beforeAll(async () => {
  maker = await createImageMaker();
  const png = pngImage(1, 96, 64);
  const none = { keep: 'none' };
  clean = {
    'image/png': png,
    'image/jpeg': maker.encoded(png, '.jpg', none),
    'image/webp': maker.encoded(png, '.webp', none),
    'image/gif': maker.encoded(png, '.gif', none),
    'image/avif': maker.encoded(png, '.avif', { ...none, effort: 0 }),
  };
  const jpeg = inserted(
    clean['image/jpeg'] ?? Buffer.alloc(0),
    2,
    exifSegment(6),
    segment(0xe1, Buffer.concat([text('http://ns.adobe.com/xap/1.0/\0'), xmp])),
    segment(
      0xed,
      Buffer.concat([text('Photoshop 3.0\x008BIM\x04\x04\0\0\0\0\0\x0b\x1c\x02\x50\0\x06'), text(secret)]),
    ),
  );
  const all = { keep: 'all', profile: 'srgb' };
  telling = {
    'image/jpeg': maker.encoded(jpeg, '.jpg', all),
    'image/png': maker.encoded(jpeg, '.png', all),
    'image/webp': maker.encoded(jpeg, '.webp', all),
    'image/avif': maker.encoded(jpeg, '.avif', { ...all, effort: 0 }),
  };
});

describe.each(imageTypes)('%s', (type) => {
  it('that tells nothing stays as it is', () => {
    const bytes = clean[type] ?? Buffer.alloc(0);
    expect(stripped(type, bytes).equals(bytes)).toBe(true);
  });

  it('can be cut off anywhere, and tells nothing', () => {
    for (const bytes of [telling[type] ?? Buffer.alloc(0), clean[type] ?? Buffer.alloc(0)]) {
      for (let length = 12; length < bytes.length; length += length < 3000 ? 1 : 97) {
        const left = withoutMetadata(type, bytes.subarray(0, length));
        if (left?.includes(secret) === true) expect.fail(`cut off after ${length} bytes`);
      }
    }
  });

  it('can be damaged anyhow', () => {
    const random = seededRandom(20261128);
    const whole = (most: number) => Math.floor(random() * most);
    for (let round = 0; round < 3000; round += 1) {
      const bytes = Buffer.from(
        (round % 2 === 0 ? telling[type] : clean[type]) ?? clean[type] ?? Buffer.alloc(0),
      );
      const header = Math.min(bytes.length, 1500);
      for (let times = 1 + whole(8); times > 0; times -= 1) {
        // Large numbers where lengths and counts may be.
        const value = [0xff, 0x7f, 0x80, 0, 1][whole(8)] ?? whole(256);
        const at = 12 + whole(header - 12);
        bytes.fill(value, at, Math.min(at + 1 + whole(4), bytes.length));
      }
      const left = withoutMetadata(
        type,
        bytes.subarray(0, round % 3 === 0 ? whole(bytes.length) : undefined),
      );
      expect(left?.length ?? 0).toBeLessThanOrEqual(bytes.length + 64);
    }
  });
});

describe.each(['image/jpeg', 'image/png', 'image/webp', 'image/avif'] as const)('%s from libvips', (type) => {
  it('loses name, place and comment, and keeps pixels, colours and orientation', () => {
    const bytes = telling[type] ?? Buffer.alloc(0);
    expect(bytes.includes(secret)).toBe(true);
    expect(bytes.includes('2026:11:28')).toBe(true);
    const left = stripped(type, bytes);
    for (const told of [secret, '2026:11:28', 'xmpmeta', 'http://', 'Photoshop']) {
      expect([told, left.includes(told)]).toEqual([told, false]);
    }
    const [before, after] = [maker.opened(bytes), maker.opened(left)];
    expect(after.pixels.equals(before.pixels)).toBe(true);
    expect(after.orientation).toBe(before.orientation);
    // The profile has no words in the formats that compress it.
    const profile = /jpeg|avif/.test(type) ? 'acsp' : type === 'image/png' ? 'iCCP' : 'ICCP';
    expect(bytes.includes(profile) && left.includes(profile)).toBe(true);
    expect(stripped(type, left).equals(left)).toBe(true);
  });
});

describe('an orientation', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])('of %i is kept in every format that has it in Exif', (orientation) => {
    for (const little of [true, false]) {
      const jpeg = inserted(clean['image/jpeg'] ?? Buffer.alloc(0), 2, exifSegment(orientation, little));
      const webp = maker.encoded(jpeg, '.webp', { keep: 'all' });
      const png = inserted(
        clean['image/png'] ?? Buffer.alloc(0),
        33,
        chunk('eXIf', exif(orientation, little)),
      );
      for (const [type, bytes] of Object.entries({
        'image/jpeg': jpeg,
        'image/webp': webp,
        'image/png': png,
      })) {
        const left = stripped(type, bytes);
        expect([type, maker.opened(left).orientation]).toEqual([type, orientation]);
        expect(left.includes(secret)).toBe(false);
      }
    }
  });

  it.each([0, 9, 65_535])('of %i is none', (orientation) => {
    const jpeg = clean['image/jpeg'] ?? Buffer.alloc(0);
    expect(stripped('image/jpeg', inserted(jpeg, 2, exifSegment(orientation))).equals(jpeg)).toBe(true);
  });
});

describe('JPEG', () => {
  it.each([
    ['a comment', () => segment(0xfe, text(secret))],
    ['Exif without end', () => segment(0xe1, text(`Exif\0\0MM\0*\0\0\0\x08\xff\xff${secret}`))],
    ['XMP', () => segment(0xe1, Buffer.concat([text('http://ns.adobe.com/xap/1.0/\0'), xmp]))],
    ['the list of more pictures', () => segment(0xe2, text(`MPF\0${secret}`))],
    ['content credentials', () => segment(0xeb, text(`JP\0\0${secret}`))],
    ['IPTC', () => segment(0xed, text(`Photoshop 3.0\0${secret}`))],
    ['a small picture', () => segment(0xe0, text(`JFXX\0\x13${secret}`))],
    ['what no maker is known of', () => segment(0xe7, text(secret))],
    ['garbage', () => text(secret)],
  ])('loses %s', (_, part) => {
    const jpeg = clean['image/jpeg'] ?? Buffer.alloc(0);
    expect(stripped('image/jpeg', inserted(jpeg, 2, part())).equals(jpeg)).toBe(true);
    const beforeScan = jpeg.indexOf(Buffer.from([0xff, 0xda]));
    expect(stripped('image/jpeg', inserted(jpeg, beforeScan, part())).equals(jpeg)).toBe(true);
  });

  it('loses what comes after it, such as a second picture or a film', () => {
    const jpeg = clean['image/jpeg'] ?? Buffer.alloc(0);
    const second = Buffer.concat([inserted(jpeg, 2, exifSegment(3)), text(secret)]);
    expect(stripped('image/jpeg', Buffer.concat([jpeg, second])).equals(jpeg)).toBe(true);
  });

  it('loses the small picture of JFIF', () => {
    const jpeg = clean['image/jpeg'] ?? Buffer.alloc(0);
    const jfif = (small: Buffer) =>
      segment(0xe0, Buffer.concat([text('JFIF\0\x01\x01\0\0\x01\0\x01'), small]));
    const rest = jpeg.subarray(2).subarray(jpeg.subarray(2, 4).equals(Buffer.from([0xff, 0xe0])) ? 18 : 0);
    const made = Buffer.concat([jpeg.subarray(0, 2), jfif(text(`\x02\x01${secret}`)), rest]);
    const right = Buffer.concat([jpeg.subarray(0, 2), jfif(text('\0\0')), rest]);
    expect(stripped('image/jpeg', made).equals(right)).toBe(true);
  });

  it('keeps every scan of a progressive one, and the markers of restarts', () => {
    const source = maker.encoded(pngImage(5, 300, 200), '.jpg', {
      keep: 'none',
      interlace: true,
      restart_interval: 4,
    });
    expect(stripped('image/jpeg', source).equals(source)).toBe(true);
    const odd = inserted(source, source.lastIndexOf(Buffer.from([0xff, 0xda])), segment(0xfe, text(secret)));
    expect(stripped('image/jpeg', odd).equals(source)).toBe(true);
  });
});

describe('PNG', () => {
  it.each(['tEXt', 'zTXt', 'iTXt', 'tIME', 'eXIf', 'caBX', 'iDOT', 'prVt'])('loses %s', (kind) => {
    const png = clean['image/png'] ?? Buffer.alloc(0);
    for (const at of [33, png.length - 12]) {
      const odd = Buffer.concat([inserted(png, at, chunk(kind, text(`Author\0${secret}`))), text(secret)]);
      expect(stripped('image/png', odd).equals(png)).toBe(true);
    }
  });

  it.each(['gAMA', 'pHYs', 'bKGD', 'tRNS', 'acTL', 'fcTL', 'fdAT'])('keeps %s', (kind) => {
    const png = inserted(clean['image/png'] ?? Buffer.alloc(0), 33, chunk(kind, Buffer.alloc(6)));
    expect(stripped('image/png', png).equals(png)).toBe(true);
  });
});

describe('WebP', () => {
  it('says after it what it has: no more XMP, Exif only when turned', () => {
    const webp = telling['image/webp'] ?? Buffer.alloc(0);
    expect((webp[20] ?? 0) & 0x0c).toBe(0x0c);
    const left = stripped('image/webp', webp);
    expect((left[20] ?? 0) & 0x0c).toBe(0x08);
    expect(left.readUInt32LE(4)).toBe(left.length - 8);
    const flat = maker.encoded(inserted(clean['image/jpeg'] ?? Buffer.alloc(0), 2, exifSegment(1)), '.webp', {
      keep: 'all',
    });
    expect((stripped('image/webp', flat)[20] ?? 0) & 0x0c).toBe(0);
  });

  it('is refused when it is cut off, though its picture is whole', () => {
    const webp = telling['image/webp'] ?? Buffer.alloc(0);
    expect(withoutMetadata('image/webp', webp.subarray(0, -20))).toBeUndefined();
    const lying = Buffer.from(webp);
    lying.writeUInt32LE(0xffff, webp.lastIndexOf('XMP ') + 4);
    expect(withoutMetadata('image/webp', lying)).toBeUndefined();
  });

  it('loses chunks that are not known, and what comes after it', () => {
    const webp = clean['image/webp'] ?? Buffer.alloc(0);
    const body = Buffer.concat([webp.subarray(12), riffChunk('ABCD', text(secret)), riffChunk('XMP ', xmp)]);
    const odd = Buffer.concat([
      text('RIFF'),
      number(4, body.length + 4, true),
      text('WEBP'),
      body,
      text(secret),
    ]);
    expect(stripped('image/webp', odd).equals(webp)).toBe(true);
  });
});

describe('GIF', () => {
  it('loses comments, text, XMP and what comes after it, and keeps its film', () => {
    const png = pngImage(7, 40, 90);
    const gif = maker.encoded(png, '.gif', { page_height: 30, keep: 'none' });
    const odd = inserted(
      gif,
      13 + ((gif[10] ?? 0) & 0x80 ? 3 * 2 ** (((gif[10] ?? 0) & 7) + 1) : 0),
      Buffer.concat([Buffer.from([0x21, 0xfe]), subBlocks(text(secret))]),
      Buffer.concat([Buffer.from([0x21, 0xff, 11]), text('XMP DataXMP'), subBlocks(xmp)]),
      Buffer.concat([Buffer.from([0x21, 0x01, 12]), Buffer.alloc(12), subBlocks(text(secret))]),
    );
    expect(stripped('image/gif', Buffer.concat([odd, text(secret)])).equals(gif)).toBe(true);
    const repeated = Buffer.concat([
      Buffer.from([0x21, 0xff, 11]),
      text('NETSCAPE2.0'),
      subBlocks(text('\x01\0\0')),
    ]);
    const film = Buffer.concat([gif.subarray(0, -1), repeated, gif.subarray(-1)]);
    expect(stripped('image/gif', film).equals(film)).toBe(true);
  });
});

describe('AVIF', () => {
  it.each(['uuid', 'udta', 'mpvd', 'free', 'xml '])('blanks a box %j, in its place', (kind) => {
    const avif = clean['image/avif'] ?? Buffer.alloc(0);
    const left = stripped('image/avif', Buffer.concat([avif, box(kind, text(secret))]));
    expect(left.equals(Buffer.concat([avif, box('free', Buffer.alloc(secret.length))]))).toBe(true);
  });

  it('loses what is no box', () => {
    const avif = clean['image/avif'] ?? Buffer.alloc(0);
    expect(
      stripped('image/avif', Buffer.concat([avif, text(`\xff\xff\xff\xff${secret}`)])).equals(avif),
    ).toBe(true);
  });

  it('is refused when its items are parts of others, or more than there can be', () => {
    const info = box('infe', Buffer.concat([Buffer.from([2, 0, 0, 0, 0, 1, 0, 0]), text('Exif\0')]));
    const meta = (sizes: string, items: string) =>
      box(
        'meta',
        Buffer.concat([
          Buffer.alloc(4),
          box('iinf', Buffer.concat([Buffer.from([0, 0, 0, 0, 0, 1]), info])),
          box('iloc', Buffer.concat([Buffer.from([1, 0, 0, 0]), Buffer.from(sizes + items, 'hex')])),
        ]),
      );
    const file = (sizes: string, items: string) =>
      Buffer.concat([box('ftyp', text('avif\0\0\0\0')), meta(sizes, items), box('mdat', text(secret))]);
    // One item, whose data is the first eight bytes of other items (2), or lies beyond the list (0).
    expect(
      withoutMetadata('image/avif', file('4400', `0001000100020000${'0001'}0000000000000008`)),
    ).toBeUndefined();
    expect(withoutMetadata('image/avif', file('4400', '0001000100000000ffff'))).toBeUndefined();
    expect(
      withoutMetadata('image/avif', file('f000', `000100010000000000010000000000000000`)),
    ).toBeUndefined();
    const everywhere = `0001000100000000${'000a'}${'0000000000000000'.repeat(10)}`;
    expect(withoutMetadata('image/avif', file('4400', everywhere))).toBeUndefined();
  });
});

describe('ten megabytes of the smallest parts are soon passed over', () => {
  const repeated = (head: Buffer, part: Buffer) => Buffer.concat([head, Buffer.alloc(10 * 1024 ** 2, part)]);
  it.each<[ImageType, () => Buffer]>([
    ['image/jpeg', () => repeated(Buffer.from([0xff, 0xd8]), Buffer.from('ffe00002ffdb0002', 'hex'))],
    ['image/jpeg', () => repeated(Buffer.from([0xff, 0xd8]), Buffer.from([0xff]))],
    [
      'image/png',
      () =>
        repeated(
          text('\x89PNG\r\n\x1a\n'),
          Buffer.concat([chunk('tEXt', text('')), chunk('gAMA', text(''))]),
        ),
    ],
    ['image/webp', () => repeated(text('RIFF\xff\xff\xff\xffWEBP'), riffChunk('EXIF', text('')))],
    ['image/gif', () => repeated(Buffer.alloc(13), Buffer.from('21fe0021f900', 'hex'))],
    ['image/avif', () => repeated(Buffer.alloc(0), box('abcd', text('')))],
    ['image/avif', () => repeated(Buffer.alloc(0), box('meta', Buffer.alloc(4)))],
    [
      'image/avif',
      () =>
        repeated(
          Buffer.concat([number(4, 10 * 1024 ** 2), text('meta'), Buffer.alloc(4)]),
          box('iloc', Buffer.alloc(8)),
        ),
    ],
    [
      'image/avif',
      () => {
        const items = repeated(
          Buffer.from('02000000' + '0000' + '00ffffff', 'hex'),
          Buffer.from('000000010000ffff', 'hex'),
        );
        const info = box(
          'iinf',
          Buffer.from('000000000001' + '00000015' + '696e6665' + '0200000000010000' + '4578696600', 'hex'),
        );
        return box('meta', Buffer.concat([Buffer.alloc(4), info, box('iloc', items)]));
      },
    ],
  ])('%s', { timeout: 20_000 }, (type, made) => {
    const bytes = made();
    const left = withoutMetadata(type, bytes);
    expect(left?.length ?? 0).toBeLessThanOrEqual(bytes.length);
  });
});

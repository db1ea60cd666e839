import { setTimeout as wait } from 'node:timers/promises';
import { gifOf, hostileImages } from './hostile-images.ts';
import { everyFormat } from './image-maker.ts';
import type { ImageMaker } from './image-maker.ts';
import { seededRandom } from './seeded-random.ts';
import { formOf, send, statusOfPieces, uploadHead } from './send.ts';
import type { Sent } from './send.ts';

/** A request that is wrong in some way, and the statuses that answer it rightly. */
export type HostileUpload = {
  readonly kind: string;
  /** Sends it, and resolves with the status of the reply. */
  readonly send: (url: URL) => Promise<number>;
  readonly right: readonly number[];
};

export type HostileLimits = {
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

/**
 * As many hostile uploads as wanted, one after the other, the same for the same seed: first one of each kind, then kinds by chance,
 * every third a hostile image.
 */
export function* hostileUploads(
  seed: number,
  count: number,
  limits: HostileLimits,
  maker: ImageMaker,
): Generator<HostileUpload> {
  const random = seededRandom(seed);
  const whole = (most: number) => Math.floor(random() * most);
  const noise = (length: number) => Buffer.from(Uint8Array.from({ length }, () => whole(256)));
  const good = [1, 2, 3].flatMap((each) => Object.values(everyFormat(maker, each)));
  const image = () => good[whole(good.length)] ?? Buffer.alloc(0);
  const cut = (bytes: Uint8Array) => bytes.subarray(0, Math.floor(bytes.length * (0.15 + random() * 0.6)));
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

  type Made = { readonly kind: string; readonly sent: Sent; readonly right: readonly number[] };
  const kinds: readonly (() => Made)[] = [
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
  const slow = (): Made => {
    const write = async (send: (bytes: Uint8Array) => void) => {
      send(image().subarray(0, 50));
      await wait(limits.bodyTimeoutMs * 2);
    };
    const headers = random() < 0.5 ? {} : { 'content-type': 'multipart/form-data; boundary=tare-boundary' };
    return { kind: 'slow', sent: { method: 'POST', headers, write }, right: [408] };
  };
  const simple = [...kinds, slow].map((make) => (): HostileUpload => {
    const { kind, sent, right } = make();
    return { kind, right, send: async (url) => (await send(url, sent)).status };
  });
  const images = shuffled(hostileImages(maker), whole);
  const pieced = piecedForms(limits, { whole, image });
  const bomb = (at: number): HostileUpload => {
    const { kind, bytes, right } = images[at % images.length]?.() ?? {
      kind: '',
      bytes: Buffer.alloc(0),
      right: [],
    };
    const sent = body(bytes);
    return { kind, right, send: async (url) => (await send(url, sent)).status };
  };
  const all = [...simple, ...pieced];
  for (let at = 0; at < count; at += 1) {
    const make = at < all.length ? all[at] : at % 3 === 0 ? undefined : all[whole(all.length)];
    // Slow ones take their time, and one of them is as good as many.
    yield make === undefined || (make === simple.at(-1) && at % 5 > 0 && at > all.length) ? bomb(at) : make();
  }
}

/** Forms over a connection of their own, in packets that end anywhere. */
function piecedForms(
  { maxFilesPerRequest }: HostileLimits,
  { whole, image }: { readonly whole: (most: number) => number; readonly image: () => Buffer },
): readonly (() => HostileUpload)[] {
  const type = 'multipart/form-data; boundary=B';
  const part = (
    content: Uint8Array | string,
    headers = 'Content-Disposition: form-data; name=a; filename=a',
  ) => Buffer.concat([Buffer.from(`--B\r\n${headers}\r\n\r\n`), Buffer.from(content), Buffer.from('\r\n')]);
  const end = Buffer.from('--B--\r\n');
  const cutUp = (form: Buffer, times: number) => {
    const cuts = Array.from({ length: times }, () => whole(form.length)).toSorted(
      (one, other) => one - other,
    );
    return [0, ...cuts].map((from, at) => form.subarray(from, cuts[at] ?? form.length));
  };
  const form = (
    kind: string,
    right: readonly number[],
    parts: readonly Buffer[],
    more = 0,
  ): HostileUpload => {
    const whole = Buffer.concat(parts);
    const pieces = cutUp(whole, 3).filter(({ length }) => length > 0);
    return {
      kind,
      right,
      send: (url) => statusOfPieces(url, [uploadHead(type, whole.length + more), ...pieces]),
    };
  };
  const files = (count: number) => Array.from({ length: count }, () => part('a'));
  const any = [200, 201, 207, 400, 413, 415, 422];
  const odd = [
    'constructor',
    '__proto__',
    'toString',
    'hasOwnProperty',
    'content-disposition',
    '',
    '\0',
    'a b',
    '\u00e9',
  ];
  const oddPart = () => part('a', `${odd[whole(odd.length)] ?? ''}: ${odd[whole(odd.length)] ?? ''}`);
  return [
    () => form('a form with odd headers', [400], [oddPart(), part(image()), end]),
    () =>
      form(
        'too many files and then odd headers',
        [413],
        [...files(maxFilesPerRequest + 1), oddPart(), oddPart(), end],
      ),
    () => form('empty parts', [400], [Buffer.from('--B\r\n\r\n\r\n'.repeat(1 + whole(20_000))), end]),
    () => form('boundaries alone', [400], [Buffer.from('--B\r\n'.repeat(1 + whole(20_000))), end]),
    () =>
      form(
        'too many fields',
        [413],
        [
          ...Array.from({ length: 101 + whole(2000) }, () =>
            part('a', 'Content-Disposition: form-data; name=a'),
          ),
          end,
        ],
      ),
    () =>
      form(
        'lines like boundaries',
        [200, 201],
        [part(Buffer.concat([image(), Buffer.from('\r\n--BX\r\n--B-\r\n--B--B\r\n--')])), end],
      ),
    () => form('an epilogue that does not come', [200, 201], [part(image()), end], 1 + whole(1000)),
    () => form('an epilogue', [200, 201], [part(image()), end, Buffer.from('--B\r\n'.repeat(whole(2000)))]),
    () => form('a preamble', [200, 201], [Buffer.from('-B\r\n'.repeat(1 + whole(9000))), part(image()), end]),
    () => form('no closing boundary', [400], [part(image())]),
    () => form('an attachment', [400], [part(image(), 'Content-Disposition: attachment; filename=a'), end]),
    () =>
      form(
        'two dispositions',
        [400],
        [part(image(), 'Content-Disposition: form-data\r\ncontent-disposition: form-data'), end],
      ),
    () =>
      form(
        'a name that cannot be read',
        [200, 201],
        [part(image(), `Content-Disposition: form-data; filename*=UTF-8''%E4%zz%00`), end],
      ),
    () => {
      const bytes = Buffer.concat([part(image()), part(image().subarray(0, 60)), end]);
      return form('a form with some bytes changed', any, [changed(bytes, whole, 0)]);
    },
    () => {
      const bytes = Buffer.concat([...files(2), part(image()), end]);
      const [from, to] = [whole(bytes.length), whole(bytes.length)];
      return form('a form with a piece twice, or missing', any, [
        bytes.subarray(0, from),
        bytes.subarray(to),
      ]);
    },
  ];
}

/** All of a list, in an order by chance. */
function shuffled<Item>(items: readonly Item[], whole: (most: number) => number): readonly Item[] {
  return items
    .map((item) => ({ item, place: whole(2 ** 30) }))
    .toSorted((one, other) => one.place - other.place)
    .map(({ item }) => item);
}

/** Bytes with a few of them changed, but not the first, which say the type. */
function changed(bytes: Buffer, whole: (most: number) => number, kept = 40): Buffer {
  const copy = Buffer.from(bytes);
  for (let times = 1 + whole(10); times > 0; times -= 1) copy[kept + whole(copy.length - kept)] = whole(256);
  return copy;
}

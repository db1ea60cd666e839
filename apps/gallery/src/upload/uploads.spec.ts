import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { deflateSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pngImage, pngOf, pngOfPixels } from '../../test/png-image.ts';
import { startGallery, uploadsFolder } from '../../test/running-gallery.ts';
import type { RunningGallery } from '../../test/running-gallery.ts';
import { expectProblem } from '../../test/expect-problem.ts';
import { formOf, idOf, send, statusOfPieces, uploadHead } from '../../test/send.ts';
import type { Sent } from '../../test/send.ts';

const uploads = uploadsFolder();
const limits = {
  MAX_UPLOAD_BYTES: '40000',
  MAX_FILES_PER_REQUEST: '3',
  MAX_PIXELS: '1000000',
  BODY_TIMEOUT_MS: '1500',
};
let gallery: RunningGallery;

beforeAll(async () => (gallery = await startGallery(uploads.path, limits)));
afterAll(async () => {
  await gallery.stop('SIGTERM');
  expect(gallery.log()).toBe('');
  uploads.remove();
});

const asked = (path: string, sent: Sent = {}) => send(new URL(path, gallery.url), sent);
const posted = (path: string, sent: Sent) => asked(path, { method: 'POST', ...sent });
const raw = (body: Uint8Array) => posted('/api/images', { body, headers: { 'content-type': 'image/png' } });
const form = (...parts: Parameters<typeof formOf>[0]) => posted('/api/images', formOf(parts));

const first = pngImage(1, 400, 300);

describe('an image as the body', () => {
  it('is added with 201, and with 200 when it is there', async () => {
    const image = {
      ...{ id: idOf(first), type: 'image/png', bytes: first.length, width: 400, height: 300, name: '' },
      addedAt: expect.stringMatching(/^\d{4}-.*Z$/) as unknown,
      thumbnail: { bytes: expect.any(Number) as unknown, width: 320, height: 240 },
      urls: {
        page: `/view/${idOf(first)}`,
        original: `/images/${idOf(first)}`,
        thumbnail: `/thumbnails/${idOf(first)}`,
      },
    };
    for (const status of [201, 200]) {
      const reply = await raw(first);
      expect([reply.status, reply.json]).toEqual([status, image]);
      expect(reply.headers.location).toBe(`/api/images/${idOf(first)}`);
    }
    expect((await asked(`/api/images/${idOf(first)}`)).json).toEqual(image);
  });

  it.each([
    ['empty', Buffer.alloc(0), 400, /^the body is empty/],
    ['too large', Buffer.alloc(40_001), 413, /larger than 39.1 KiB/],
    [
      'HTML',
      Buffer.from('<!doctype html><script>alert(1)</script>'),
      415,
      /expected JPEG, PNG, WebP, GIF or AVIF/,
    ],
    ['SVG', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), 415, /expected JPEG/],
    ['cut off', pngImage(2).subarray(0, 900), 422, /damaged, cut off/],
    [
      'a bomb',
      pngOf({ width: 30_000, height: 30_000 }, deflateSync(Buffer.alloc(1000))),
      422,
      /30000 × 30000 pixels/,
    ],
  ])('is refused when it is %s', async (_, body, status, detail) => {
    expectProblem(await raw(body), status, detail);
  });

  it('is refused when it is too large and does not say so', async () => {
    const write = (chunk: (bytes: Uint8Array) => void) => {
      for (let sent = 0; sent < 60; sent += 1) chunk(Buffer.alloc(1000));
      return Promise.resolve();
    };
    expectProblem(await posted('/api/images', { write }), 413, /larger than 39.1 KiB/);
  });

  it('is refused when it comes too slowly', async () => {
    const write = async (chunk: (bytes: Uint8Array) => void) => {
      chunk(first.subarray(0, 100));
      await wait(2500);
    };
    expectProblem(await posted('/api/images', { write }), 408, /did not arrive within 1.5 s/);
  });
});

it.each(['image/png', 'multipart/form-data; boundary=tare-boundary'])(
  'an upload (%s) leaves nothing behind when its sender goes away',
  async (type) => {
    const incoming = join(uploads.path, '.incoming');
    const { body } = formOf([{ fileName: 'a.png', content: first }]);
    const gone = new AbortController();
    const sent = fetch(new URL('/api/images', gallery.url), {
      ...{ method: 'POST', headers: { 'content-type': type }, signal: gone.signal, duplex: 'half' },
      body: new ReadableStream<Uint8Array>({ start: (stream) => stream.enqueue(body.subarray(0, 5000)) }),
    });
    await expect.poll(() => readdirSync(incoming).length).toBe(1);
    gone.abort();
    await expect(sent).rejects.toThrow();
    await expect.poll(() => readdirSync(incoming).length).toBe(0);
  },
);

it('an upload leaves nothing behind when its sender goes away while it waits for its thumbnail', async () => {
  const incoming = join(uploads.path, '.incoming');
  const gone = new AbortController();
  const sent = Array.from({ length: 12 }, (_, at) =>
    fetch(new URL('/api/images', gallery.url), {
      method: 'POST',
      body: Uint8Array.from(pngImage(100 + at, 200, 200)),
      signal: gone.signal,
    }),
  );
  await expect.poll(() => readdirSync(incoming).length, { interval: 5 }).toBeGreaterThan(6);
  gone.abort();
  await Promise.allSettled(sent);
  await expect.poll(() => readdirSync(incoming).length).toBe(0);
});

describe('a form that is complete is added at once', () => {
  const type = 'multipart/form-data; boundary=B';
  const formWith = (content: Uint8Array) => formOf([{ fileName: 'a.png', content }], 'B').body;

  it('when only the last line break comes later', async () => {
    const body = formWith(pngImage(50));
    const pieces = [uploadHead(type, body.length), body.subarray(0, -2), body.subarray(-2)];
    expect(await statusOfPieces(gallery.url, pieces)).toBe(201);
  });

  it('when what follows it has not come', async () => {
    const body = formWith(pngImage(51));
    expect(await statusOfPieces(gallery.url, [uploadHead(type, body.length + 100), body])).toBe(201);
  });

  it('when a file has lines that begin as its boundary does', async () => {
    const image = pngOfPixels(Buffer.from('a\r\n--BX\r\n--B-\r\n--B--X\r\n'));
    const body = formWith(image);
    expect(await statusOfPieces(gallery.url, [uploadHead(type, body.length), body])).toBe(201);
    expect((await asked(`/images/${idOf(image)}`)).body.equals(image)).toBe(true);
  });

  it('however it is cut into packets', async () => {
    for (let seed = 53; seed < 73; seed += 1) {
      const body = formWith(pngImage(seed, 4, 3));
      const at = body.length - 12 + (seed - 53);
      const cuts = [body.subarray(0, at), body.subarray(at)].filter(({ length }) => length > 0);
      expect(await statusOfPieces(gallery.url, [uploadHead(type, body.length), ...cuts])).toBe(201);
    }
  });
});

describe('a form does not end the service', () => {
  it.each(['constructor', '__proto__', 'toString', 'valueOf'])(
    'with too many files and then a header named %s',
    async (name) => {
      const files = Array.from({ length: 4 }, () => ({ fileName: 'a', content: 'a' }));
      const { headers, body } = formOf(files);
      const odd = Buffer.from(`--tare-boundary\r\n${name}: a\r\n\r\nb\r\n`);
      const closing = Buffer.from('--tare-boundary--\r\n');
      for (const sent of [
        [body.subarray(0, -closing.length), odd, odd, closing],
        [odd, body.subarray(0, -closing.length), odd],
      ]) {
        const reply = await posted('/api/images', { headers, body: Buffer.concat(sent) });
        expect([400, 413]).toContain(reply.status);
      }
      expect((await asked('/health')).status).toBe(200);
    },
  );

  it('with endlessly many empty parts, which are refused as they begin', async () => {
    const empty = Buffer.from('--B\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n'.repeat(101));
    const head = uploadHead('multipart/form-data; boundary=B', 150_000);
    expect(await statusOfPieces(gallery.url, [head, empty])).toBe(413);
    expect(await statusOfPieces(gallery.url, [head, '--B\r\n\r\n\r\n'])).toBe(400);
  });
});

describe('a form', () => {
  it('adds several images, with their names', async () => {
    const [one, other] = [pngImage(10), pngImage(11)];
    const reply = await form(
      { fileName: '../../one.png', content: one },
      { content: 'a field' },
      { fileName: 'another.jpeg', content: other },
    );
    expect([reply.status, reply.json]).toEqual([
      201,
      {
        images: [
          expect.objectContaining({ id: idOf(one), name: 'one' }),
          expect.objectContaining({ id: idOf(other), name: 'another' }),
        ],
        refused: [],
      },
    ]);
    expect((await form({ fileName: 'again.png', content: one })).status).toBe(200);
  });

  it('takes what it can, and says with 207 what it could not', async () => {
    const reply = await form(
      { fileName: 'good.png', content: pngImage(12) },
      { fileName: 'large.png', content: Buffer.alloc(60_000) },
      { fileName: 'page.html', content: '<p>' },
    );
    expect([reply.status, reply.json]).toMatchObject([
      207,
      {
        images: [{ name: 'good' }],
        refused: [
          { fileName: 'large.png', status: 413 },
          { fileName: 'page.html', status: 415 },
        ],
      },
    ]);
  });

  it.each([
    ['has no file', formOf([{ content: 'text' }]), 400, /no file/],
    ['has only an empty choice', formOf([{ fileName: '', content: '' }]), 400, /no file/],
    [
      'has too many files',
      formOf(Array.from({ length: 4 }, () => ({ fileName: 'a', content: 'a' }))),
      413,
      /more than 3 files/,
    ],
    [
      'has no boundary',
      { headers: { 'content-type': 'multipart/form-data' }, body: Buffer.from('x') },
      400,
      /cannot be read/,
    ],
    [
      'is cut off',
      { ...formOf([]), body: formOf([{ fileName: 'a', content: first }]).body.subarray(0, 500) },
      400,
      /cannot be read/,
    ],
    ['is nothing', { ...formOf([]), body: Buffer.from('nothing') }, 400, /cannot be read/],
    ['has one file that is refused', formOf([{ fileName: 'a', content: 'text' }]), 415, /expected JPEG/],
  ])('is refused when it %s', async (_, sent, status, detail) => {
    expectProblem(await posted('/api/images', sent), status, detail);
  });

  it('leaves nothing behind when it is refused', () => {
    expect(readdirSync(join(uploads.path, '.incoming'))).toEqual([]);
    expect(readdirSync(uploads.path).sort()).toEqual(['.incoming', 'images']);
  });
});

describe('a gallery with other limits', () => {
  async function repliesOf(variables: Readonly<Record<string, string>>, bodies: readonly Buffer[]) {
    const folder = uploadsFolder();
    const other = await startGallery(folder.path, variables);
    const url = new URL('/api/images', other.url);
    try {
      return await Promise.all(bodies.map((body) => send(url, { method: 'POST', body })));
    } finally {
      await other.stop('SIGKILL');
      folder.remove();
    }
  }

  it('says 507 when it is full', async () => {
    const bodies = [40, 41, 42].map((seed) => pngImage(seed, 300, 300));
    const replies = await repliesOf({ MAX_STORE_BYTES: '40000' }, bodies);
    const statuses = replies.map(({ status }) => status).toSorted();
    expect(statuses.at(-1)).toBe(507);
    expect(statuses.filter((status) => status === 201).length).toBeLessThan(2);
    expectProblem(replies.find(({ status }) => status === 507) ?? replies[0], 507, /^the gallery is full/);
  });

  it('says 429 to who is too fast, and when to go on', async () => {
    const replies = await repliesOf(
      { RATE_LIMIT: '1' },
      Array.from({ length: 20 }, () => Buffer.from('x')),
    );
    const refused = replies.find(({ status }) => status === 429);
    expectProblem(refused, 429, /^too many uploads at once/);
    expect(refused?.headers['retry-after']).toBe('1');
  });

  it('counts each file of a form', async () => {
    const folder = uploadsFolder();
    const other = await startGallery(folder.path, { RATE_LIMIT: '1' });
    const files = [1, 2, 3, 4].map((seed) => ({ fileName: `${seed}.png`, content: pngImage(seed) }));
    const reply = await send(new URL('/api/images', other.url), { method: 'POST', ...formOf(files) });
    await other.stop('SIGKILL');
    folder.remove();
    expect([reply.status, reply.json]).toMatchObject([
      207,
      {
        images: [{ name: '1' }, { name: '2' }],
        refused: [
          { fileName: '3.png', status: 429 },
          { fileName: '4.png', status: 429 },
        ],
      },
    ]);
  });

  it('says 503 when too many wait for their thumbnails, and when to go on', async () => {
    const replies = await repliesOf(
      { MAX_WAITING: '2' },
      Array.from({ length: 12 }, (_, seed) => pngImage(seed, 200, 200)),
    );
    const refused = replies.find(({ status }) => status === 503);
    expectProblem(refused, 503, /^too many images are waiting for their thumbnails; try again in 5 s$/);
    expect(refused?.headers['retry-after']).toBe('5');
    expect(replies.filter(({ status }) => status === 201).length).toBeGreaterThan(0);
  });
});

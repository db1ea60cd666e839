import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { deflateSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pngImage, pngOf } from '../testing/png-image.ts';
import { startGallery, uploadsFolder } from '../testing/running-gallery.ts';
import type { RunningGallery } from '../testing/running-gallery.ts';
import { expectProblem } from '../testing/expect-problem.ts';
import { formOf, idOf, send } from '../testing/send.ts';
import type { Sent } from '../testing/send.ts';

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
});

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { deflateSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pngImage, pngOf } from './testing/png-image.ts';
import { startGallery, uploadsFolder } from './testing/running-gallery.ts';
import type { RunningGallery } from './testing/running-gallery.ts';
import { formOf, idOf, send } from './testing/send.ts';
import type { Reply, Sent } from './testing/send.ts';

const uploads = uploadsFolder();
const limits = {
  MAX_UPLOAD_BYTES: '40000',
  MAX_FILES_PER_REQUEST: '3',
  MAX_PIXELS: '1000000',
  BODY_TIMEOUT_MS: '500',
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

function expectProblem(reply: Reply, status: number, detail: RegExp): void {
  expect([reply.status, reply.headers['content-type'], reply.json]).toEqual([
    status,
    'application/problem+json',
    expect.objectContaining({
      type: 'about:blank',
      status,
      detail: expect.stringMatching(detail) as unknown,
    }),
  ]);
}

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
      await wait(900);
    };
    expectProblem(await posted('/api/images', { write }), 408, /did not arrive within 0.5 s/);
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

describe('the pages', () => {
  it('take a form and go back to the gallery', async () => {
    const { headers, body } = formOf([{ fileName: 'page.png', content: pngImage(20) }]);
    const reply = await posted('/upload', { headers, body });
    expect([reply.status, reply.headers.location]).toEqual([303, '/']);
    expect((await asked('/')).body.toString()).toContain('alt="page"');
  });

  it('say what was not taken', async () => {
    const reply = await posted('/upload', formOf([{ fileName: '<b>.svg', content: '<svg/>' }]));
    expect(reply.status).toBe(415);
    expect(reply.body.toString()).toContain('<strong>&lt;b&gt;.svg</strong>: this is not an image');
  });

  it('delete an image', async () => {
    const image = pngImage(21);
    await raw(image);
    expect((await asked(`/view/${idOf(image)}`)).status).toBe(200);
    const reply = await posted(`/delete/${idOf(image)}`, {});
    expect([reply.status, reply.headers.location]).toEqual([303, '/']);
    expect((await asked(`/view/${idOf(image)}`)).status).toBe(404);
  });

  it('let no page of another site change anything', async () => {
    const headers = { 'sec-fetch-site': 'cross-site' };
    expect((await posted(`/delete/${idOf(first)}`, { headers })).status).toBe(403);
    expect(
      (await posted('/upload', { ...formOf([]), headers: { ...formOf([]).headers, ...headers } })).status,
    ).toBe(403);
    expectProblem(
      await asked(`/api/images/${idOf(first)}`, { method: 'DELETE', headers }),
      403,
      /another site/,
    );
    expectProblem(
      await posted('/api/images', { body: first, headers: { origin: 'http://evil' } }),
      403,
      /another site/,
    );
    expect((await asked(`/view/${idOf(first)}`)).status).toBe(200);
  });

  it.each(['/?page=0', '/?page=99', '/?page=x', '/view/nothing'])('have nothing at %s', async (path) => {
    const reply = await asked(path);
    expect([reply.status, reply.headers['content-type']]).toEqual([404, 'text/html; charset=UTF-8']);
  });
});

describe('the bytes of an image', () => {
  const path = `/images/${idOf(first)}`;

  it('are those that were sent, safe to show, and the same for ever', async () => {
    const reply = await asked(path);
    expect(reply.body.equals(first)).toBe(true);
    expect(reply.headers).toMatchObject({
      'content-type': 'image/png',
      'content-length': String(first.length),
      'content-disposition': expect.stringMatching(/^inline; filename="[0-9a-f]{12}\.png"/) as unknown,
      'content-security-policy': expect.stringContaining("default-src 'none'") as unknown,
      'cache-control': 'public, max-age=31536000, immutable',
      'x-content-type-options': 'nosniff',
      etag: `"${idOf(first)}"`,
    });
  });

  it('are not sent to who has them', async () => {
    const reply = await asked(path, { headers: { 'if-none-match': `W/"x", "${idOf(first)}"` } });
    expect([reply.status, reply.body.length]).toEqual([304, 0]);
  });

  it('are sent in part', async () => {
    const reply = await asked(path, { headers: { range: 'bytes=1-3' } });
    expect([reply.status, reply.headers['content-range'], reply.body.toString()]).toEqual([
      206,
      `bytes 1-3/${first.length}`,
      'PNG',
    ]);
    const stale = await asked(path, { headers: { range: 'bytes=1-3', 'if-range': '"old"' } });
    expect([stale.status, stale.body.length]).toEqual([200, first.length]);
    const outside = await asked(path, { headers: { range: 'bytes=99999999-' } });
    expect([outside.status, outside.headers['content-range']]).toEqual([416, `bytes */${first.length}`]);
  });

  it('can be asked about', async () => {
    for (const each of [path, `/thumbnails/${idOf(first)}`]) {
      const reply = await asked(each, { method: 'HEAD' });
      expect([reply.status, reply.body.length, Number(reply.headers['content-length']) > 0]).toEqual([
        200,
        0,
        true,
      ]);
    }
  });

  it('come small as WebP', async () => {
    const reply = await asked(`/thumbnails/${idOf(first)}`);
    expect([reply.status, reply.headers['content-type']]).toEqual([200, 'image/webp']);
    expect(reply.body.toString('latin1', 0, 12)).toMatch(/^RIFF.{4}WEBP$/s);
  });
});

describe('the API', () => {
  it('lists images, newest first', async () => {
    const last = pngImage(30);
    await raw(last);
    const { json } = await asked('/api/images');
    expect(json).toMatchObject({ page: 1, pages: 1 });
    expect(JSON.stringify(json).indexOf(idOf(last))).toBeLessThan(JSON.stringify(json).indexOf(idOf(first)));
    expectProblem(await asked('/api/images?page=2'), 404, /no page 2/);
    expectProblem(await asked('/api/images?page=one'), 400, /page is "one"; expected a whole number from 1/);
  });

  it('deletes an image', async () => {
    const image = pngImage(31);
    await raw(image);
    const path = `/api/images/${idOf(image)}`;
    expect((await asked(path, { method: 'DELETE' })).status).toBe(204);
    expectProblem(await asked(path, { method: 'DELETE' }), 404, /there is no image/);
    expectProblem(await asked(`/thumbnails/${idOf(image)}`), 404, /there is no image/);
  });

  it('says that it is healthy', async () => {
    expect((await asked('/health')).json).toEqual({ status: 'ok' });
  });

  it.each([
    ['PUT', '/api/images', 'GET, HEAD, POST'],
    ['POST', `/images/${idOf(first)}`, 'GET, HEAD'],
    ['GET', '/upload', 'POST'],
  ])('answers %s %s with what is allowed', async (method, path, allow) => {
    const reply = await asked(path, { method });
    expectProblem(reply, 405, new RegExp(`not for ${method}$`));
    expect(reply.headers.allow).toBe(allow);
  });

  it('answers an unknown path with a problem, and a browser with a page', async () => {
    expectProblem(await asked('/nothing'), 404, /no such path: "\/nothing"/);
    const page = await asked('/nothing', { headers: { accept: 'text/html' } });
    expect([page.status, page.headers['content-type']]).toEqual([404, 'text/html; charset=UTF-8']);
  });
});

describe('a gallery with little room', () => {
  it('says 507 when it is full, and 429 to who is too fast', async () => {
    const folder = uploadsFolder();
    const small = await startGallery(folder.path, { MAX_STORE_BYTES: '40000', RATE_LIMIT: '2' });
    const url = new URL('/api/images', small.url);
    const big = pngImage(40, 300, 300);
    expect(big.length).toBeGreaterThan(12_000);
    const replies: Reply[] = [];
    for (const body of [
      big,
      pngImage(41, 300, 300),
      pngImage(42),
      pngImage(43),
      pngImage(44),
      pngImage(45),
    ]) {
      replies.push(await send(url, { method: 'POST', body }));
    }
    await small.stop('SIGKILL');
    folder.remove();
    expect(replies.map(({ status }) => status).slice(0, 2)).toEqual([201, 507]);
    const fast = replies.find(({ status }) => status === 429);
    expect(fast?.headers['retry-after']).toBe('1');
  });
});

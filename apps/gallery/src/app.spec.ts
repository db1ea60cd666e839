import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pngImage } from '../test/png-image.ts';
import { startGallery, uploadsFolder } from '../test/running-gallery.ts';
import type { RunningGallery } from '../test/running-gallery.ts';
import { expectProblem } from '../test/expect-problem.ts';
import { formOf, idOf, send } from '../test/send.ts';
import type { Sent } from '../test/send.ts';

const uploads = uploadsFolder();
let gallery: RunningGallery;

beforeAll(async () => {
  gallery = await startGallery(uploads.path);
  await raw(first);
});
afterAll(async () => {
  await gallery.stop('SIGTERM');
  expect(gallery.log()).toBe('');
  uploads.remove();
});

const asked = (path: string, sent: Sent = {}) => send(new URL(path, gallery.url), sent);
const posted = (path: string, sent: Sent) => asked(path, { method: 'POST', ...sent });
const raw = (body: Uint8Array) => posted('/api/images', { body, headers: { 'content-type': 'image/png' } });

const first = pngImage(1, 400, 300);

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

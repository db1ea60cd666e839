import { networkInterfaces } from 'node:os';
import { connect } from 'node:net';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectProblem } from '../../test/expect-problem.ts';
import { pngImage } from '../../test/png-image.ts';
import { startGallery, uploadsFolder } from '../../test/running-gallery.ts';
import type { RunningGallery } from '../../test/running-gallery.ts';
import { idOf, send } from '../../test/send.ts';
import type { Sent } from '../../test/send.ts';
import { isSameOrigin } from './who-may-ask.ts';

const uploads = uploadsFolder();
const image = pngImage(1);
/** Past the limit of Node, 16 KiB, but small enough to be read at once: else the connection is reset, and the reply lost. */
const hugeHeader = `Host: localhost\r\nX: ${'x'.repeat(20_000)}\r\n`;
let gallery: RunningGallery;
let port = '';

beforeAll(async () => {
  gallery = await startGallery(uploads.path, {
    HOST: '0.0.0.0',
    ALLOWED_HOSTS: 'gallery.example, 192.0.2.7',
  });
  port = gallery.url.port;
  await asked('/api/images', { method: 'POST', body: image });
});
afterAll(async () => {
  await gallery.stop('SIGTERM');
  expect(gallery.log()).toBe('');
  uploads.remove();
});

const asked = (path: string, sent: Sent = {}) => send(new URL(path, `http://127.0.0.1:${port}`), sent);

/** The reply to a request whose target is sent as it is. */
async function replyTo(target: string, headers: string, local = '127.0.0.1'): Promise<string> {
  const socket = connect(Number(port), local);
  socket.write(`GET ${target} HTTP/1.1\r\n${headers}Connection: close\r\n\r\n`);
  let reply = '';
  socket.on('data', (bytes) => (reply += bytes.toString()));
  await once(socket, 'close', { signal: AbortSignal.timeout(10_000) });
  return reply;
}

describe('a request', () => {
  it.each([
    'localhost',
    'LOCALHOST',
    'localhost.',
    '127.0.0.1',
    '127.255.1.2',
    '[::1]',
    '[0:0:0:0:0:0:0:1]',
    '[::ffff:127.0.0.1]',
    'gallery.example',
    'Gallery.Example',
    '192.0.2.7',
  ])('for %s is answered, whatever its port', async (host) => {
    for (const suffix of ['', `:${port}`, ':443']) {
      const reply = await asked('/health', { headers: { host: `${host}${suffix}` } });
      // Hono refuses an address that is not written the usual way: 400, not 403.
      expect([host, reply.status]).toEqual([host, /0:0:0|ffff/.test(host) ? 400 : 200]);
    }
  });

  it.each([
    'evil.example',
    'localhost.evil.example',
    'evil.localhost',
    '127.0.0.1.evil.example',
    'gallery.example.evil.example',
    'evil-gallery.example',
    'gallery',
    '192.0.2.8',
    '10.0.0.1',
    '[2001:db8::1]',
    '0.0.0.0',
  ])('for %s is refused, with the origin that agrees', async (host) => {
    const headers = { host: `${host}:${port}`, origin: `http://${host}:${port}` };
    const forwarded = { ...headers, 'x-forwarded-host': 'localhost', forwarded: 'host=localhost' };
    for (const sent of [
      { headers },
      { method: 'POST', headers, body: pngImage(2) },
      { method: 'DELETE', headers: forwarded },
    ]) {
      const path = sent.method === 'POST' ? '/api/images' : `/api/images/${idOf(image)}`;
      expectProblem(await asked(path, sent), 403, /not served under that name; .*ALLOWED_HOSTS/);
    }
    for (const path of ['/', '/upload', '/app.js', '/health', '/nothing', `/images/${idOf(image)}`]) {
      expect((await asked(path, { headers: forwarded })).status).toBe(403);
    }
    expect((await asked(`/api/images/${idOf(image)}`)).status).toBe(200);
    expect((await asked(`/api/images/${idOf(pngImage(2))}`)).status).toBe(404);
  });

  it.each([
    ['http://evil.example/health', 'Host: localhost\r\n'],
    ['HTTP://evil.example/health', 'Host: localhost\r\n'],
    ['http://localhost@evil.example/health', 'Host: localhost\r\n'],
    ['http://localhost:80@evil.example/health', 'Host: localhost\r\n'],
    ['http://localhost/health', 'Host: evil.example\r\n'],
    ['/health', 'Host: localhost@evil.example\r\n'],
    ['/health', 'Host: evil.example/localhost\r\n'],
    ['/health', 'Host: evil.example\r\nX-Forwarded-Host: localhost\r\n'],
    ['//localhost/health', 'Host: evil.example\r\n'],
  ])('for %s with %j is refused', async (target, headers) => {
    expect(await replyTo(target, headers)).toMatch(/^HTTP\/1\.1 40[03] /);
  });

  it('that gives its address in full is answered when it is for this machine', async () => {
    const reply = await replyTo(`http://127.0.0.1:${port}/health`, 'Host: localhost\r\n');
    expect(reply).toMatch(/^HTTP\/1\.1 200 .*\{"status":"ok"\}$/s);
  });

  const other = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
  it.skipIf(other === undefined)('for the address that it came in at is answered', async () => {
    const host = `Host: ${other ?? ''}:${port}\r\n`;
    expect(await replyTo('/health', host, other)).toMatch(/^HTTP\/1\.1 200 /);
    expect(await replyTo('/health', host)).toMatch(/^HTTP\/1\.1 403 /);
  });
});

it.each([
  ['/', 'Host: localhost\r\n', 200],
  ['/nothing', 'Host: localhost\r\n', 404],
  [`/images/${idOf(image)}`, 'Host: localhost\r\nRange: bytes=9999999-\r\n', 416],
  ['/health', 'Host: evil.example\r\n', 403],
  ['/health', '', 400],
  ['/health', 'Host: a/b\r\n', 400],
  ['/health', 'Host: localhost\r\nExpect: x\r\n', 417],
  ['/health', hugeHeader, 431],
  ['no HTTP', '', 400],
])('%s with %.60j is answered with %i and nosniff', async (target, headers, status) => {
  const [statusLine, ...lines] = (await replyTo(target, headers)).split('\r\n');
  expect(statusLine).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  expect(lines).toContain('x-content-type-options: nosniff');
});

it.each([
  [{}, true],
  [{ 'sec-fetch-site': 'same-origin' }, true],
  [{ 'sec-fetch-site': 'none' }, true],
  [{ 'sec-fetch-site': 'same-site' }, false],
  [{ 'sec-fetch-site': 'cross-site', origin: 'http://gallery:5000', host: 'gallery:5000' }, false],
  [{ origin: 'http://gallery:5000', host: 'gallery:5000' }, true],
  [{ origin: 'http://gallery:5001', host: 'gallery:5000' }, false],
  [{ origin: 'null', host: 'gallery:5000' }, false],
])('a page of the same origin may ask, and so may what is no page: %j: %s', (headers, expected) => {
  expect(isSameOrigin(headers)).toBe(expected);
});

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { expectProblem } from '../test/expect-problem.ts';
import { bundle, startGallery, uploadsFolder } from '../test/running-gallery.ts';
import type { RunningGallery } from '../test/running-gallery.ts';
import { pngImage, pngOfPixels } from '../test/png-image.ts';
import { send, uploadHead } from '../test/send.ts';

const uploads = uploadsFolder();
const running: RunningGallery[] = [];
const deadlineMs = 10_000;

afterEach(async () => {
  for (const gallery of running.splice(0)) await gallery.stop('SIGKILL');
});
afterAll(uploads.remove);

async function started(variables: Readonly<Record<string, string>> = {}): Promise<RunningGallery> {
  const gallery = await startGallery(uploads.path, variables);
  running.push(gallery);
  return gallery;
}

async function outcome(program: string, variables: Readonly<Record<string, string>>) {
  const child = spawn(process.execPath, [program], { env: variables, stdio: ['ignore', 'pipe', 'pipe'] });
  const timer = setTimeout(() => child.kill('SIGKILL'), deadlineMs);
  const exit = once(child, 'exit') as Promise<[number | null]>;
  const [[code], stdout, stderr] = await Promise.all([exit, text(child.stdout), text(child.stderr)]);
  clearTimeout(timer);
  return { code, stdout, stderr };
}

describe('the bundled service', () => {
  it('has the licences of what is in it beside it', () => {
    const notices = readFileSync(join(dirname(bundle()), 'NOTICES.txt'), 'utf8');
    for (const part of [
      /^wasm-vips \d/m,
      /^@hono\/node-server \d/m,
      /^hono \d/m,
      /^\| (libvips|glib|libheif|libexif) +\| LGPLv3/m,
      /"heif": "\d/,
      /GNU LESSER GENERAL PUBLIC LICENSE\n +Version 3/,
      /GNU GENERAL PUBLIC LICENSE\n +Version 3/,
    ]) {
      expect(notices).toMatch(part);
    }
  });

  it('says where it listens, and takes and shows an image', async () => {
    const { url } = await started();
    expect(url.hostname).toBe('127.0.0.1');
    const added = await fetch(new URL('/api/images', url), {
      method: 'POST',
      body: Uint8Array.from(pngImage(1)),
    });
    expect([added.status, await added.json()]).toEqual([
      201,
      expect.objectContaining({ type: 'image/png', width: 64, height: 48 }),
    ]);
    const page = await fetch(url);
    expect(await page.text()).toContain('<p class="count" id="count">1 image</p>');
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('ends on %s at once, with an upload under way', async (signal) => {
    const { url, pid, stop } = await started();
    const socket = connect(Number(url.port), url.hostname);
    socket.on('error', () => socket.destroy());
    socket.write('POST /api/images HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nhalf');
    await wait(200);
    const sentMs = performance.now();
    process.kill(pid, signal);
    await once(socket, 'close', { signal: AbortSignal.timeout(deadlineMs) });
    expect(performance.now() - sentMs).toBeLessThan(2_000);
    await stop('SIGKILL');
  });

  it.each([
    ['keep-alive', 'image/png'],
    ['close', 'image/png'],
    ['close', 'multipart/form-data; boundary=B'],
  ])('refuses in words a client that sends on without reading (%s, %s)', async (connection, type) => {
    const gallery = await started({ MAX_UPLOAD_BYTES: '1000' });
    const socket = connect({ host: gallery.url.hostname, port: Number(gallery.url.port) });
    const pieces = 8;
    const piece = Buffer.alloc(100_000);
    const head = uploadHead(type, pieces * piece.length);
    socket.write(head.replace('\r\n\r\n', `\r\nConnection: ${connection}\r\n\r\n`));
    for (let sent = 0; sent < pieces; sent += 1) {
      await new Promise<void>((resolve, reject) =>
        socket.write(piece, (error) => (error ? reject(error) : resolve())),
      );
      // longer in all than the half second after which an adaptor of HTTP may cut off who sends on
      await wait(100);
    }
    const [reply] = (await once(socket, 'data')) as [Buffer];
    expect(reply.toString()).toMatch(/^HTTP\/1\.1 4(13|00) /);
    socket.destroy();
  });

  it('says in one line that its port is in use', async () => {
    const holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const bound = holder.address();
    const port = typeof bound === 'object' && bound !== null ? String(bound.port) : '';
    const result = await outcome(bundle(), { PORT: port, UPLOADS_DIR: uploads.path });
    holder.close();
    expect(result).toEqual({
      code: 1,
      stdout: '',
      stderr: `cannot listen on http://127.0.0.1:${port}: the port is in use; stop what has it, or set PORT (0 takes a free one)\n`,
    });
  });

  it.each([
    [{ PORT: 'eighty' }, 'PORT is "eighty"; expected a whole number from 0 to 65535\n'],
    [{ MAX_PIXELS: '4e7' }, 'MAX_PIXELS is "4e7"; expected a whole number from 1 to 1000000000\n'],
    [
      { UPLOADS_DIR: '/dev/null/uploads' },
      'UPLOADS_DIR is "/dev/null/uploads", which cannot be made or written (ENOTDIR); make it writable, or set UPLOADS_DIR to a folder that is\n',
    ],
  ])('says in one line what is wrong with %j', async (variables, stderr) => {
    expect(await outcome(bundle(), variables)).toEqual({ code: 1, stdout: '', stderr });
  });
});

describe('without what it needs of the system', () => {
  const mounting = ['unshare', ...(process.getuid?.() === 0 ? [] : ['--user', '--map-root-user']), '--mount'];
  const canMount = spawnSync(mounting[0] ?? '', [...mounting.slice(1), 'true']).status === 0;

  it.runIf(canMount)('says 507 when the disk is full, also before the thumbnail is written', async () => {
    const script = 'mount -t tmpfs -o size=64k none "$UPLOADS_DIR" && exec "$0" "$@"';
    const gallery = await startGallery(uploads.path, {}, [...mounting, 'sh', '-c', script]);
    running.push(gallery);
    const url = new URL('/api/images', gallery.url);
    // Up to 16 pages: none, one or two of them are left for the two small files.
    for (const pages of [20, 16, 15, 14]) {
      const body = pngOfPixels(Buffer.alloc(pages * 4096 - 1500, pages));
      const reply = await send(url, { method: 'POST', body });
      if (pages > 14) expectProblem(reply, 507, /^the gallery is full/);
      else expect(reply.status).toBe(201);
    }
    expect(gallery.log()).toBe('');
  });

  it('says 503 when too many files are open, and goes on', async () => {
    const gallery = await startGallery(uploads.path, {}, ['prlimit', '--nofile=45']);
    running.push(gallery);
    const url = new URL('/api/images', gallery.url);
    const sent = Array.from({ length: 60 }, (_, seed) => send(url, { method: 'POST', body: pngImage(seed) }));
    const replies = (await Promise.allSettled(sent)).flatMap((each) =>
      each.status === 'fulfilled' ? [each.value] : [],
    );
    const refused = replies.find(({ body }) => body.includes('open'));
    expectProblem(refused, 503, /^the gallery has too many files open; try again in 1 s$/);
    expect(replies.map(({ status }) => status).filter((status) => status !== 503 && status !== 201)).toEqual(
      [],
    );
    expect((await send(url, { method: 'POST', body: pngImage(100) })).status).toBe(201);
  });

  it('goes on when nobody reads what it says', async () => {
    const child = spawn(process.execPath, [bundle()], {
      env: { PORT: '0', UPLOADS_DIR: uploads.path },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    const url = new URL(/http:\S+/.exec(line.toString())?.[0] ?? '');
    child.stdout.destroy();
    child.stderr.destroy();
    rmSync(join(uploads.path, '.incoming'), { recursive: true });
    for (let times = 0; times < 3; times += 1) {
      const reply = await send(new URL('/api/images', url), { method: 'POST', body: pngImage(times) });
      expect(reply.status).toBe(500);
    }
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
});

it('starts from its sources as well', async () => {
  const main = `${import.meta.dirname}/main.ts`;
  const child = spawn(process.execPath, [main], {
    env: { PORT: '0', UPLOADS_DIR: uploads.path },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [line] = (await once(child.stdout, 'data', { signal: AbortSignal.timeout(deadlineMs) })) as [Buffer];
  child.kill('SIGTERM');
  await once(child, 'exit', { signal: AbortSignal.timeout(deadlineMs) });
  expect(line.toString()).toMatch(/^listening on http:\/\/127\.0\.0\.1:\d+\n$/);
});

import { once } from 'node:events';
import { createServer, request, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterEach, expect, test } from 'vitest';
import { exampleRun } from '../../fixtures/example-run.ts';
import { reportModel } from '../model/report-model.ts';
import { renderPage } from '../page/page.ts';
import { serveReport, type ReportServer } from './serve-report.ts';

const deadline = () => AbortSignal.timeout(10_000);
let server: ReportServer | undefined;
afterEach(() => server?.close());

async function serve(render: () => Promise<string>, signal = deadline()): Promise<ReportServer> {
  server = await serveReport({ render, signal });
  return server;
}

/** What the server answers to a request with any headers. */
async function ask(url: string, headers: Readonly<Record<string, string>>, method = 'GET') {
  const asked = request(url, { headers, method, signal: deadline(), agent: false }).end();
  const [reply] = (await once(asked, 'response')) as [IncomingMessage];
  return { status: reply.statusCode, headers: reply.headers, body: await text(reply) };
}

/** The events as they come. */
async function* eventsOf({ url }: ReportServer): AsyncGenerator<{ event: string; data: string }> {
  const reply = await fetch(`${url}events`, { signal: deadline() });
  let rest = '';
  for await (const chunk of reply.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const parts = (rest + chunk).split('\n\n');
    rest = parts.pop() ?? '';
    for (const part of parts) {
      const [event = '', data = ''] = part.split('\n').map((line) => line.slice(line.indexOf(': ') + 2));
      yield { event, data };
    }
  }
}

test('serves the report byte for byte, and a page around it with its version', async () => {
  const html = renderPage(reportModel(exampleRun(2)));
  const { url } = await serve(() => Promise.resolve(html));
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
  expect((await ask(`${url}report`, {})).body).toBe(html);
  const around = await ask(url, {});
  expect(around.body).toMatch(/data-version="[0-9a-f]{8}-1"/);
  expect(around.headers['content-security-policy']).toMatch(
    /^default-src 'none'; script-src 'sha256-[^']+'; /,
  );
  expect((await ask(`${url}other`, {})).status).toBe(404);
});

test('tells every open page of a new version, and that it ends', async () => {
  let count = 0;
  const watched = await serve(() => Promise.resolve(`version ${++count}`));
  const events = eventsOf(watched);
  const first = (await events.next()).value as { data: string };
  expect(first).toMatchObject({ event: 'version', data: expect.stringMatching(/-1$/) as string });
  watched.refresh();
  const second = (await events.next()).value as { data: string };
  expect(second.data).toMatch(/-2$/);
  const closing = watched.close();
  expect((await ask(`${watched.url}report?${second.data}`, {})).body).toBe('version 2');
  expect((await events.next()).value).toEqual({ event: 'end', data: '' });
  await closing;
  await expect(ask(watched.url, {})).rejects.toThrow('ECONNREFUSED');
});

test('makes the page at once when it is told to, and never because somebody reads', async () => {
  let count = 0;
  const watched = await serve(() => Promise.resolve(String(++count)));
  await ask(`${watched.url}report`, {});
  await ask(`${watched.url}report`, {});
  expect(count).toBe(1);
  watched.refresh();
  expect(count).toBe(2);
  watched.refresh();
  watched.refresh();
  await expect.poll(async () => (await ask(`${watched.url}report`, {})).body).toBe('3');
});

test('refuses other hosts, methods and what is no path', async () => {
  const { url } = await serve(() => Promise.resolve('secret'));
  const { port } = new URL(url);
  for (const host of ['evil.example', `evil.example:${port}`, '127.0.0.1', `127.0.0.1:1${port}`]) {
    const reply = await ask(`${url}report`, { host });
    expect([reply.status, reply.body.includes('secret')]).toEqual([403, false]);
  }
  expect((await ask(`${url}report`, { host: `LOCALHOST:${port}` })).status).toBe(200);
  expect((await ask(url, {}, 'POST')).status).toBe(405);
  expect((await ask(`${url}report`, {}, 'HEAD')).body).toBe('');
});

test('shows in one line that the page could not be made, and goes on', async () => {
  let fails = true;
  const watched = await serve(() =>
    fails ? Promise.reject(new Error('no <b>figures</b>\nstack')) : Promise.resolve('whole'),
  );
  const failed = await ask(`${watched.url}report`, {});
  expect(failed.status).toBe(500);
  expect(failed.body).toContain('The report could not be made: no &lt;b&gt;figures&lt;/b&gt;</p>');
  fails = false;
  watched.refresh();
  await expect.poll(async () => (await ask(`${watched.url}report`, {})).body).toBe('whole');
});

test('ends when it is aborted, also with a reader', async () => {
  const controller = new AbortController();
  const watched = await serve(() => Promise.resolve('page'), controller.signal);
  const events = eventsOf(watched);
  await events.next();
  controller.abort();
  expect((await events.next()).value).toEqual({ event: 'end', data: '' });
  await watched.close();
  await expect(ask(watched.url, {})).rejects.toThrow('ECONNREFUSED');
});

test('says which port is taken, and what a port is', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const bound = other.address();
  const port = typeof bound === 'object' ? (bound?.port ?? 0) : 0;
  const render = () => Promise.resolve('');
  await expect(serveReport({ render, signal: deadline(), port })).rejects.toThrow(
    `port ${port} on 127.0.0.1 is taken: give another one, or 0 for a free port`,
  );
  other.close();
  await expect(serveReport({ render, signal: deadline(), port: 70_000 })).rejects.toThrow(
    'port 70000: expected a whole number from 0 to 65535, 0 for a free port',
  );
});

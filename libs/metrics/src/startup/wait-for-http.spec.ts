import { spawn } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { waitForConnection, waitForHttp } from './wait-for-http.ts';

let server: Server | undefined;
afterEach(() => server?.close());

const never = new AbortController().signal;

async function listen(handler: Parameters<typeof createServer>[1]): Promise<URL> {
  const created = createServer(handler);
  server = created;
  await new Promise<void>((resolve) => created.listen(0, '127.0.0.1', resolve));
  return new URL(`http://127.0.0.1:${(created.address() as AddressInfo).port}/health`);
}

it('times a server that sleeps before it listens by that server’s own clock', async () => {
  const script = `
    setTimeout(() => {
      require('node:http').createServer((_, reply) => reply.end('ok')).listen(0, '127.0.0.1', function () {
        process.send({ port: this.address().port, at: String(process.hrtime.bigint()) });
      });
    }, 300)`;
  const since = process.hrtime.bigint();
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  try {
    const { port, at } = await new Promise<{ port: number; at: string }>((resolve) =>
      child.once('message', (message) => {
        resolve(message as { port: number; at: string });
      }),
    );
    const ready = await waitForHttp({
      url: new URL(`http://127.0.0.1:${port}/`),
      since,
      intervalMs: 1,
      deadlineMs: 10_000,
      signal: never,
    });
    const listeningMs = Number(BigInt(at) - since) / 1e6;
    expect(listeningMs).toBeGreaterThan(300);
    expect(ready.readyMs).toBeGreaterThan(listeningMs);
    expect(ready.readyMs - listeningMs).toBeLessThan(200);
  } finally {
    child.kill('SIGKILL');
  }
});

it('waits through replies that are not 2xx and bounds its own error', async () => {
  let asked = 0;
  const url = await listen((_, reply) => {
    asked += 1;
    reply.statusCode = asked < 4 ? 503 : 204;
    reply.end();
  });
  const ready = await waitForHttp({
    url,
    since: process.hrtime.bigint(),
    intervalMs: 5,
    deadlineMs: 5000,
    signal: never,
  });
  expect(ready.polls).toBe(4);
  expect(ready.pollErrorMs).toBeGreaterThanOrEqual(5);
  expect(ready.pollErrorMs).toBeLessThanOrEqual(ready.readyMs);
});

it('gives up at the deadline and says what it saw last', async () => {
  const url = await listen((_, reply) => {
    reply.statusCode = 500;
    reply.end();
  });
  const wait = { url, since: process.hrtime.bigint(), intervalMs: 5, deadlineMs: 60, signal: never };
  await expect(waitForHttp(wait)).rejects.toThrow(/did not answer 2xx within 60 ms \(last: status 500\)/);
});

it('takes an accepted connection for ready when nothing else is wanted', async () => {
  const url = await listen(() => undefined);
  const wait = { url, since: process.hrtime.bigint(), intervalMs: 5, deadlineMs: 5000, signal: never };
  expect((await waitForConnection(wait)).polls).toBe(1);
  server?.close();
  await expect(
    waitForConnection({ ...wait, since: process.hrtime.bigint(), deadlineMs: 60 }),
  ).rejects.toThrow(/did not accept a connection within 60 ms \(last: connect ECONNREFUSED/);
});

it('gives up at the deadline when a server accepts and never answers', async () => {
  const url = await listen(() => undefined);
  const wait = { url, since: process.hrtime.bigint(), intervalMs: 5, deadlineMs: 80, signal: never };
  await expect(waitForHttp(wait)).rejects.toThrow(/accepted a connection and gave no answer within 80 ms$/);
  server?.closeAllConnections();
});

it('does not blame a refused connection of earlier when the server then accepts and never answers', async () => {
  const url = await listen(() => undefined);
  server?.close();
  const again = createServer(() => undefined);
  const late = setTimeout(() => again.listen(Number(url.port), '127.0.0.1'), 100);
  const wait = { url, since: process.hrtime.bigint(), intervalMs: 5, deadlineMs: 1500, signal: never };
  await expect(waitForHttp(wait)).rejects.toThrow(
    new Error(`${url.href} accepted a connection and gave no answer within 1.5 s`),
  );
  clearTimeout(late);
  again.close();
  again.closeAllConnections();
});

it('stops at once when it is aborted', async () => {
  const signal = AbortSignal.timeout(30);
  const wait = {
    url: new URL('http://127.0.0.1:1/'),
    since: process.hrtime.bigint(),
    intervalMs: 5,
    deadlineMs: 60_000,
    signal,
  };
  await expect(waitForHttp(wait)).rejects.toThrow();
});

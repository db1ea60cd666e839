import { timingSafeEqual } from 'node:crypto';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, expect, test } from 'vitest';
import { announce, publishEvent, signatureOf, webhookUrl } from './webhook.ts';

const signal = AbortSignal.timeout(60_000);
const secret = 'shared';
let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  server = undefined;
});

/** What a receiver got, and what it was told meanwhile. */
type Delivery = { readonly id: unknown; readonly body: string; readonly signed: boolean };

/** Announces to a receiver that checks the signature and answers with these, one after the other. */
async function tell(...answers: readonly (number | RequestListener)[]) {
  const got: Delivery[] = [];
  const lines: string[] = [];
  const waits: number[] = [];
  server = createServer((request, response) => {
    const answer = answers[got.length] ?? 200;
    void text(request).then((body) => {
      const given = Buffer.from(String(request.headers['x-tare-signature-256']));
      const right = Buffer.from(signatureOf(body, secret));
      const signed = given.length === right.length && timingSafeEqual(given, right);
      got.push({ id: request.headers['x-tare-delivery'], body, signed });
      if (typeof answer === 'number')
        response.writeHead(answer, { location: 'https://elsewhere.example' }).end('why');
      else answer(request, response);
    });
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server?.once('listening', resolve));
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/secret-path`);
  const retrying = {
    tell: (line: string) => lines.push(line),
    sleep: (ms: number) => {
      waits.push(ms);
      return Promise.resolve();
    },
  };
  const failure = await announce({ url, secret }, '{"event":"publish"}', retrying, signal).then(
    () => undefined,
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
  return { got, lines, waits, failure, host: url.host };
}

test('a receiver verifies the signature of the body', async () => {
  const { got, failure } = await tell(204);
  expect(failure).toBeUndefined();
  expect(got).toEqual([
    { id: expect.stringMatching(/^[\da-f-]{36}$/) as unknown, body: '{"event":"publish"}', signed: true },
  ]);
});

test('one that fails twice is told a third time, as the same delivery, and then no more', async () => {
  const { got, lines, waits, failure, host } = await tell(500, 500, 200);
  expect(failure).toBeUndefined();
  expect(new Set(got.map(({ id, body }) => `${String(id)} ${body}`)).size).toBe(1);
  expect(got).toHaveLength(3);
  expect(waits).toEqual([1000, 2000]);
  expect(lines[0]).toBe(`the webhook at ${host} answers 500; trying again in 1 s (2 of 5)`);
});

test('two pushes are two deliveries', async () => {
  const first = await tell(200);
  server?.close();
  const second = await tell(200);
  expect(first.got[0]?.id).not.toBe(second.got[0]?.id);
});

test.each([
  [404, 'refuses it (404)'],
  [307, 'redirects (307), which is not followed: give the address that it leads to'],
])('%s is told once, without the path of the address', async (status, words) => {
  const { got, failure, host } = await tell(status);
  expect(got).toHaveLength(1);
  expect(failure).toBe(`the webhook at ${host} ${words}`);
});

test('one that breaks off is given up after five times', async () => {
  const breaking: RequestListener = (request) => request.socket.destroy();
  const { got, failure, host } = await tell(...Array.from({ length: 6 }, () => breaking));
  expect(got).toHaveLength(5);
  expect(failure).toMatch(`the webhook at ${host} is not there (`);
});

test('the event says what was pushed, and of which commit', () => {
  const commit = {
    sha: 'a'.repeat(40),
    date: '',
    branch: 'main',
    tags: ['v1.0.0'],
    changed: [],
    source: 'https://x.example/y',
  };
  const pushed = { image: 'ghcr.io/acme/api', tags: ['1.0.0'], digest: 'sha256:0', commit };
  expect(JSON.parse(publishEvent(pushed, '2026-01-02T03:04:05Z'))).toEqual({
    event: 'publish',
    repo: 'https://x.example/y',
    image: 'ghcr.io/acme/api',
    tags: ['1.0.0'],
    digest: 'sha256:0',
    sha: 'a'.repeat(40),
    ref: 'refs/heads/main',
    ts: '2026-01-02T03:04:05Z',
  });
  const detached = { ...commit, branch: undefined, source: undefined };
  expect(JSON.parse(publishEvent({ ...pushed, commit: detached }, ''))).toMatchObject({
    ref: 'refs/tags/v1.0.0',
    repo: null,
  });
});

test.each(['deploy.example/hook', 'ftp://x/hush', 'https://ann:hush@deploy.example/'])(
  '"%s" is no address, and is not shown',
  (url) => {
    expect(() => webhookUrl(url)).toThrow(/^the address of the webhook .* is none; expected/);
    expect(() => webhookUrl(url)).not.toThrow('hush');
  },
);

import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { generateLoad, generateOpenLoad } from './load-generator.ts';
import type { LoadRequest } from './load-spec.ts';

let close: (() => void) | undefined;
afterEach(() => {
  close?.();
  close = undefined;
});

// every byte, also those that no text encoding keeps
const bytes = Uint8Array.from({ length: 4096 }, (_, index) => (index * 7) % 256);
const text = '{"wanted":"Zürich"}';
const mix: readonly LoadRequest[] = [
  { path: '/get?page=2', weight: 90 },
  {
    path: '/put',
    method: 'PUT',
    headers: { 'content-type': 'image/raw', 'x-trace': 'a b' },
    body: bytes,
    weight: 9,
  },
  { path: '/post', method: 'POST', headers: { 'content-type': 'application/json' }, body: text, weight: 1 },
];

type Counts = { get: number; put: number; post: number; other: string[] };

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** @returns the origin of a server that is closed after the test. */
async function listen(server: Server): Promise<string> {
  close = () => {
    server.closeAllConnections();
    server.close();
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Counts the requests that arrive exactly as they are in the mix. */
async function countingServer(): Promise<{ origin: string; counts: Counts }> {
  const counts: Counts = { get: 0, put: 0, post: 0, other: [] };
  const server = createServer((request, reply) => {
    void readBody(request).then((body) => {
      const { method, url, headers } = request;
      if (method === 'GET' && url === '/get?page=2' && body.length === 0) counts.get += 1;
      else if (
        method === 'PUT' &&
        url === '/put' &&
        headers['content-type'] === 'image/raw' &&
        headers['x-trace'] === 'a b' &&
        body.equals(bytes)
      )
        counts.put += 1;
      else if (
        method === 'POST' &&
        url === '/post' &&
        headers['content-type'] === 'application/json' &&
        body.toString() === text
      )
        counts.post += 1;
      else counts.other.push(`${method ?? ''} ${url ?? ''} ${body.length} bytes`);
      reply.end('ok');
    });
  });
  return { origin: await listen(server), counts };
}

function expectShares({ get, put, post, other }: Counts): void {
  expect(other).toEqual([]);
  const total = get + put + post;
  for (const [count, share] of [
    [get, 0.9],
    [put, 0.09],
    [post, 0.01],
  ] as const) {
    // four standard errors of independent draws; the walk along the mix does better
    expect(Math.abs(count / total - share)).toBeLessThan(4 * Math.sqrt((share * (1 - share)) / total));
  }
}

const options = { cpus: undefined, deadlineMs: 20_000, signal: new AbortController().signal };

it('sends the mix by weight and intact in the closed loop', async () => {
  const { origin, counts } = await countingServer();
  const outcome = await generateLoad(
    {
      origin,
      requests: mix,
      seed: 11,
      connections: 8,
      warmupMs: 100,
      window: { kind: 'duration', durationMs: 1500 },
      timeoutSeconds: 5,
    },
    options,
  );
  expect(outcome.errors + outcome.timeouts).toBe(0);
  expectShares(counts);
});

it('sends the mix by weight and intact in the open loop', async () => {
  const { origin, counts } = await countingServer();
  const outcome = await generateOpenLoad(
    {
      origin,
      requests: mix,
      seed: 11,
      warmupMs: 100,
      open: { rateRps: 500, durationMs: 2000 },
      timeoutSeconds: 5,
    },
    options,
  );
  expect(outcome).toMatchObject({ planned: 1000, requests: 1000, errors: 0, timeouts: 0 });
  expectShares(counts);
});

it('sends a single request intact in both loops', async () => {
  const { origin, counts } = await countingServer();
  const [, put] = mix;
  if (put === undefined) throw new Error('no request');
  const outcome = await generateLoad(
    {
      origin,
      requests: [put],
      seed: 1,
      connections: 2,
      warmupMs: 0,
      window: { kind: 'requests', requests: 100 },
      timeoutSeconds: 5,
      open: { rateRps: 100, durationMs: 500 },
    },
    options,
  );
  expect(counts.other).toEqual([]);
  expect(counts.get + counts.post).toBe(0);
  expect(outcome.requests).toBe(100);
  expect(outcome.open?.requests).toBe(50);
});

/** Keeps the bodies that arrive, in their order. */
async function keepingServer(): Promise<{ origin: string; bodies: string[] }> {
  const bodies: string[] = [];
  const server = createServer((request, reply) => {
    void readBody(request).then((body) => {
      if (request.method === 'POST') bodies.push(body.toString());
      reply.end('ok');
    });
  });
  return { origin: await listen(server), bodies };
}

it.each([
  ['alone', []],
  ['in a mix', [{ path: '/', weight: 3 }]],
])('sends each of the bodies once before any comes again, in both loops: %s', async (_, others) => {
  const { origin, bodies } = await keepingServer();
  // of all lengths, also of another number of digits
  const given = Array.from({ length: 5000 }, (__, index) => `body ${index}`);
  const outcome = await generateLoad(
    {
      origin,
      requests: [{ path: '/', method: 'POST', bodies: given }, ...others],
      seed: 1,
      connections: 4,
      warmupMs: 0,
      window: { kind: 'requests', requests: 400 },
      timeoutSeconds: 5,
      open: { rateRps: 200, durationMs: 500 },
    },
    options,
  );
  expect(outcome.errors + outcome.timeouts).toBe(0);
  expect(outcome.open).toMatchObject({ requests: 100, errors: 0, timeouts: 0 });
  // a request that the end of the window cut off may not have arrived
  expect(bodies.length).toBeGreaterThan(others.length === 0 ? 490 : 100);
  expect(new Set(bodies).size).toBe(bodies.length);
  expect(bodies.filter((each) => !given.includes(each))).toEqual([]);
});

it('begins with the first body again after the last', async () => {
  const { origin, bodies } = await keepingServer();
  await generateLoad(
    {
      origin,
      requests: [{ path: '/', method: 'POST', bodies: ['a', 'b', 'c'] }],
      seed: 1,
      connections: 1,
      warmupMs: 0,
      window: { kind: 'requests', requests: 6 },
      timeoutSeconds: 5,
    },
    options,
  );
  expect(bodies.slice(0, 6).join('').repeat(2)).toContain('abcabc');
});

it('refuses a mix without requests', async () => {
  await expect(
    generateOpenLoad(
      {
        origin: 'http://127.0.0.1:1',
        requests: [],
        seed: 1,
        warmupMs: 0,
        open: { rateRps: 1, durationMs: 1 },
        timeoutSeconds: 1,
      },
      options,
    ),
  ).rejects.toThrow('requests: expected at least one request to send');
});

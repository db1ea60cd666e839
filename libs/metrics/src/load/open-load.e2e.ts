import { createServer as createNetServer } from 'node:net';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { mergeHistograms } from './latency-histogram.ts';
import { generateLoad, generateOpenLoad } from './load-generator.ts';
import type { OpenSpec } from './load-spec.ts';
import { windowSchedule } from './send-clock.ts';

let close: (() => void) | undefined;
afterEach(() => {
  close?.();
  close = undefined;
});

async function listen(handler: RequestListener): Promise<string> {
  const server: Server = createServer(handler);
  close = () => {
    server.closeAllConnections();
    server.close();
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const order = {
  requests: [{ path: '/' }],
  seed: 1,
  timeoutSeconds: 5,
  warmupMs: 200,
  open: { rateRps: 100, durationMs: 1000 },
} as const;
const options = { cpus: undefined, deadlineMs: 20_000, signal: new AbortController().signal };

it('sends as many requests as are planned in the window', async () => {
  const origin = await listen((_, reply) => reply.end('ok'));
  const outcome = await generateOpenLoad({ ...order, origin }, options);
  expect(outcome).toMatchObject({ planned: 100, requests: 100, errors: 0, timeouts: 0, rateRps: 100 });
  expect(mergeHistograms([outcome.histogram]).totalCount).toBe(100);
  expect(outcome.generatorCpuPercent).toBeGreaterThan(0);
});

it.each(['poisson', 'constant'] as const)('sends at the planned times: %s', async (arrivals) => {
  const arrivedMs: number[] = [];
  const origin = await listen((_, reply) => {
    arrivedMs.push(performance.now());
    reply.end('ok');
  });
  const window = { ...order.open, arrivals };
  const outcome = await generateOpenLoad({ ...order, warmupMs: 0, open: window, origin }, options);
  expect(outcome).toMatchObject({ planned: 100, requests: 100, errors: 0, timeouts: 0 });
  // the first ones open the connections
  const arrived = arrivedMs.slice(-100);
  const { plannedMs } = windowSchedule(window, order.seed);
  // a host that pauses delays some, the first one perhaps: the most punctual one tells when the window began
  const afterStartMs = arrived
    .map((atMs, index) => atMs - plannedMs(index))
    .toSorted((one, other) => one - other);
  expect((afterStartMs[50] ?? NaN) - (afterStartMs[0] ?? NaN)).toBeLessThan(5);
});

it('goes on sending while the server holds all replies back', async () => {
  const held: (() => void)[] = [];
  const origin = await listen((_, reply) => {
    held.push(() => reply.end());
    if (held.length === 110) for (const release of held) release();
    if (held.length > 110) reply.end();
  });
  // 100 requests/s: 10 beforehand, and 100 more before anything is answered, in about a second
  const outcome = await generateOpenLoad(
    { ...order, warmupMs: 0, open: { rateRps: 100, durationMs: 1500 }, origin },
    options,
  );
  expect(outcome).toMatchObject({ requests: 150, errors: 0, timeouts: 0 });
  expect(outcome.latencyMs.max).toBeGreaterThan(750);
});

it('counts replies that come after the window', async () => {
  const origin = await listen((_, reply) => {
    setTimeout(() => reply.end('ok'), 700);
  });
  const outcome = await generateOpenLoad(
    { ...order, open: { rateRps: 50, durationMs: 400 }, origin },
    options,
  );
  expect(outcome).toMatchObject({ planned: 20, requests: 20 });
  expect(outcome.latencyMs.p50).toBeGreaterThan(699);
});

it('counts a timed-out request with the timeout as its latency', async () => {
  let asked = 0;
  const origin = await listen((_, reply) => {
    if (asked++ % 2 === 0) reply.end('ok');
  });
  const outcome = await generateOpenLoad({ ...order, timeoutSeconds: 1, origin }, options);
  expect(outcome.timeouts).toBeGreaterThan(40);
  expect(outcome.requests + outcome.timeouts).toBe(100);
  expect(outcome.latencyMs.max).toBe(1000);
  expect(Math.abs(outcome.latencyMs.p90 - 1000)).toBeLessThan(1);
});

it('counts replies that are not 2xx as errors and keeps them out of the latencies', async () => {
  let asked = 0;
  const origin = await listen((_, reply) => {
    reply.statusCode = asked++ % 2 === 0 ? 200 : 503;
    reply.end();
  });
  const outcome = await generateOpenLoad({ ...order, origin }, options);
  expect(outcome.errors).toBe(50);
  expect(outcome.requests).toBe(50);
  expect(mergeHistograms([outcome.histogram]).totalCount).toBe(50);
});

it('counts refused connections as errors', async () => {
  const origin = await listen((_, reply) => reply.end());
  close?.();
  const outcome = await generateOpenLoad({ ...order, origin }, options);
  expect(outcome).toMatchObject({ requests: 0, errors: 100, timeouts: 0 });
  expect(outcome.latencyMs).toEqual({ mean: 0, p50: 0, p90: 0, p95: 0, p99: 0, max: 0 });
});

it('counts connections that break before the reply as errors', async () => {
  const server = createNetServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.destroy());
  });
  close = () => server.close();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const outcome = await generateOpenLoad({ ...order, origin }, options);
  expect(outcome).toMatchObject({ requests: 0, errors: 100, timeouts: 0 });
});

it('gets along with a server that closes the connection after each reply', async () => {
  const origin = await listen((_, reply) => {
    reply.setHeader('Connection', 'close');
    reply.end('ok');
  });
  const outcome = await generateOpenLoad({ ...order, origin }, options);
  expect(outcome).toMatchObject({ requests: 100, errors: 0, timeouts: 0 });
});

it('shows a rate that it cannot send as late sends', { timeout: 30_000 }, async () => {
  const origin = await listen((_, reply) => reply.end('ok'));
  const outcome = await generateOpenLoad(
    { ...order, timeoutSeconds: 1, warmupMs: 0, open: { rateRps: 1_000_000, durationMs: 100 }, origin },
    options,
  );
  expect(outcome.planned).toBe(100_000);
  expect(outcome.requests + outcome.errors + outcome.timeouts).toBe(100_000);
  expect(outcome.lateSends).toBeGreaterThan(50_000);
  expect(outcome.maxLateMs).toBeGreaterThan(100);
});

// the moments come from another process, late if this one is paused: once, not three times
it('tells when the open window begins and ends, also after a closed one', { retry: 2 }, async () => {
  const origin = await listen((_, reply) => reply.end('ok'));
  const moments: (readonly [string, number])[] = [];
  const outcome = await generateLoad(
    { ...order, origin, connections: 2, window: { kind: 'duration', durationMs: 300 } },
    {
      ...options,
      onMoment: (moment) => moments.push([moment, performance.now()]),
    },
  );
  expect(moments.map(([name]) => name)).toEqual(['window-start', 'window-end', 'open-start', 'open-end']);
  const [, , open, end] = moments.map(([, atMs]) => atMs);
  expect(Math.abs((end ?? 0) - (open ?? 0) - 1000)).toBeLessThan(100);
  expect(outcome.open).toMatchObject({ planned: 100, requests: 100, errors: 0 });
});

it('ends the process when it is aborted', async () => {
  const origin = await listen((_, reply) => reply.end('ok'));
  const signal = AbortSignal.timeout(600);
  await expect(
    generateOpenLoad({ ...order, warmupMs: 60_000, origin }, { ...options, signal }),
  ).rejects.toThrow();
});

it('refuses a rate that is not a finite number above 0, and a window without length', async () => {
  const wrong = (open: OpenSpec['open']): Promise<unknown> =>
    generateOpenLoad({ ...order, origin: 'http://127.0.0.1:1', open }, options);
  for (const rateRps of [0, -5, NaN, Infinity])
    await expect(wrong({ rateRps, durationMs: 1000 })).rejects.toThrow(`rateRps: ${rateRps}: expected`);
  await expect(wrong({ rateRps: 1, durationMs: 0 })).rejects.toThrow(
    'durationMs of the open window: 0: expected',
  );
});

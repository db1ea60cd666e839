import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { mergeHistograms } from './latency-histogram.ts';
import { generateLoad } from './load-generator.ts';
import type { LoadOrder } from './load-order.ts';

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function listen(handler: RequestListener): Promise<string> {
  const created = createServer(handler);
  server = created;
  await new Promise<void>((resolve) => created.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(created.address() as AddressInfo).port}`;
}

const order = {
  requests: [{ path: '/' }],
  seed: 1,
  connections: 4,
  warmupMs: 200,
  timeoutSeconds: 5,
  window: { kind: 'duration', durationMs: 800 },
} as const;
const options = { cpus: undefined, deadlineMs: 20_000, signal: new AbortController().signal };

it('measures a server of known latency, and throughput by Little’s law', async () => {
  const origin = await listen((_, reply) => {
    setTimeout(() => reply.end('ok'), 20);
  });
  const outcome = await generateLoad({ ...order, origin }, options);
  expect(outcome.errors + outcome.timeouts).toBe(0);
  expect(outcome.latencyMs.mean).toBeGreaterThan(19.5);
  expect(outcome.latencyMs.p50).toBeLessThan(30);
  expect(outcome.latencyMs.p99).toBeLessThanOrEqual(outcome.latencyMs.max * 1.001);
  expect((outcome.throughputRps * outcome.latencyMs.mean) / 1000 / 4).toBeCloseTo(1, 0);
  expect(mergeHistograms([outcome.histogram]).totalCount).toBe(outcome.requests);
});

it('sees latencies below a millisecond', async () => {
  const origin = await listen((_, reply) => reply.end('ok'));
  const outcome = await generateLoad({ ...order, connections: 1, origin }, options);
  expect(outcome.latencyMs.p50).toBeGreaterThan(0);
  expect(outcome.latencyMs.p50).toBeLessThan(5);
});

it('leaves replies of the warm-up out', async () => {
  let served = 0;
  const origin = await listen((_, reply) => {
    served += 1;
    reply.end('ok');
  });
  const outcome = await generateLoad({ ...order, origin }, options);
  expect(served).toBeGreaterThan(outcome.requests);
});

it('ends after the wanted number of requests', async () => {
  const origin = await listen((_, reply) => reply.end('ok'));
  const wanted: LoadOrder = { ...order, warmupMs: 0, window: { kind: 'requests', requests: 50 }, origin };
  expect((await generateLoad(wanted, options)).requests).toBe(50);
});

it('counts replies that are not 2xx as errors, not as requests', async () => {
  let asked = 0;
  const origin = await listen((_, reply) => {
    reply.statusCode = asked++ % 2 === 0 ? 200 : 500;
    setTimeout(() => reply.end(), 5);
  });
  const outcome = await generateLoad({ ...order, origin }, options);
  expect(outcome.errors).toBeGreaterThan(0);
  expect(Math.abs(outcome.errors - outcome.requests)).toBeLessThan(10);
});

it('counts timeouts', async () => {
  const origin = await listen(() => undefined);
  const outcome = await generateLoad(
    { ...order, timeoutSeconds: 1, window: { kind: 'duration', durationMs: 1500 }, origin },
    options,
  );
  expect(outcome.requests).toBe(0);
  expect(outcome.timeouts).toBeGreaterThanOrEqual(4);
  expect(outcome.latencyMs.mean).toBe(0);
});

it('counts refused connections as errors', async () => {
  const origin = await listen((_, reply) => reply.end());
  server?.close();
  const outcome = await generateLoad({ ...order, origin }, options);
  expect(outcome.requests).toBe(0);
  expect(outcome.errors).toBeGreaterThan(0);
});

it('tells when the window begins and ends', async () => {
  const origin = await listen((_, reply) => reply.end('ok'));
  const moments: number[] = [];
  const note = (): void => {
    moments.push(performance.now());
  };
  const outcome = await generateLoad(
    { ...order, origin },
    { ...options, onWindowStart: note, onWindowEnd: note },
  );
  const [start = 0, end = 0] = moments;
  expect(moments).toHaveLength(2);
  expect(Math.abs(end - start - outcome.durationMs)).toBeLessThan(100);
});

it('ends the process when it is aborted', async () => {
  const origin = await listen((_, reply) => reply.end('ok'));
  const signal = AbortSignal.timeout(600);
  await expect(
    generateLoad({ ...order, warmupMs: 60_000, origin }, { ...options, signal }),
  ).rejects.toThrow();
});

it('says so when the deadline passes', async () => {
  const origin = await listen((_, reply) => reply.end('ok'));
  await expect(
    generateLoad({ ...order, warmupMs: 60_000, origin }, { ...options, deadlineMs: 500 }),
  ).rejects.toThrow('the load generator gave no outcome within 500 ms');
});

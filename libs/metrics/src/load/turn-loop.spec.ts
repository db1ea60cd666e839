import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  startKnownLatencyServer,
  type KnownLatencyServer,
  type ServedRequest,
} from './known-latency-server.ts';
import { generateTurns } from './load-generator.ts';
import type { TurnsOrder } from './load-order.ts';

const { signal } = new AbortController();
const noLoad = { seed: 1, connections: 2, warmupMs: 100, turnMs: 30, durationMs: 600, timeoutSeconds: 5 };
const options = { cpus: undefined, deadlineMs: 20_000, signal };

let servers: readonly KnownLatencyServer[] = [];
beforeEach(async () => {
  servers = await Promise.all(
    [5, 10].map((delayMs) => startKnownLatencyServer({ kind: 'fixed', delayMs, cpus: undefined, signal })),
  );
});
afterEach(() => Promise.all(servers.map((server) => server.stop())));

const orderFor = (given: Partial<TurnsOrder> = {}): TurnsOrder => ({
  sides: servers.map(({ origin }) => ({ origin, requests: [{ path: '/' }] })),
  ...noLoad,
  ...given,
});

it('loads one side at a time, each as long as the other, and tells how each did', async () => {
  const moments: number[] = [];
  const note = (): void => {
    moments.push(Number(process.hrtime.bigint()) / 1e6);
  };
  const outcomes = await generateTurns(orderFor(), { ...options, onWindowStart: note, onWindowEnd: note });

  const [fast, slow] = outcomes;
  expect(fast?.latencyMs.p50).toBeGreaterThan(4.9);
  expect(slow?.latencyMs.p50).toBeGreaterThan(9.9);
  expect(fast?.latencyMs.p50).toBeLessThan(slow?.latencyMs.p50 ?? 0);
  for (const each of outcomes) {
    expect(each).toMatchObject({ connections: 2, errors: 0, timeouts: 0 });
    expect(each.durationMs).toBeGreaterThanOrEqual(noLoad.durationMs);
    expect(each.turns).toBe(fast?.turns);
    expect(each.throughputRps).toBeCloseTo((each.requests / each.durationMs) * 1000, 6);
  }

  const [from = 0, until = 0] = moments;
  const records = await Promise.all(servers.map((server) => server.served()));
  const inWindow = records.map((record) =>
    record.filter(({ arrivedMs, repliedMs }) => arrivedMs > from && repliedMs < until),
  );
  expect(inWindow.map(({ length }) => length)).toEqual(outcomes.map(({ requests }) => requests));
  expect(overlaps(inWindow[0] ?? [], inWindow[1] ?? [])).toBe(0);
  // the window holds the turns and next to nothing else
  const turnsMs = outcomes.reduce((sum, { durationMs }) => sum + durationMs, 0);
  expect(turnsMs).toBeLessThanOrEqual(until - from + 5);
});

it('counts what is not a reply of 2xx, and what does not come at all', { timeout: 30_000 }, async () => {
  const server = createServer((request, reply) => {
    if (request.url === '/missing') reply.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    const order = orderFor({ connections: 1, warmupMs: 0, turnMs: 1, durationMs: 1, timeoutSeconds: 1 });
    const [missing, silent] = await generateTurns(
      {
        ...order,
        sides: ['/missing', '/silent'].map((path) => ({ origin, requests: [{ path }] })),
      },
      options,
    );
    expect(missing).toMatchObject({
      requests: 0,
      timeouts: 0,
      throughputRps: 0,
      latencyMs: { p50: 0, mean: 0 },
    });
    expect(missing?.errors).toBeGreaterThan(0);
    expect(silent).toMatchObject({ requests: 0, errors: 0, timeouts: 1 });
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

it('refuses an order without requests', async () => {
  const sides = [{ origin: 'http://127.0.0.1:1', requests: [] }];
  await expect(generateTurns({ sides, ...noLoad }, options)).rejects.toThrow(
    'requests: expected at least one request to send',
  );
});

/** How many requests of one were under way while one of the other was. */
function overlaps(ones: readonly ServedRequest[], others: readonly ServedRequest[]): number {
  return ones.filter(({ arrivedMs, repliedMs }) =>
    others.some((other) => other.arrivedMs < repliedMs && arrivedMs < other.repliedMs),
  ).length;
}

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
  const moments: string[] = [];
  // without warm-up, so that all that the servers saw is in the window
  const outcomes = await generateTurns(orderFor({ warmupMs: 0 }), {
    ...options,
    onWindowStart: () => moments.push('start'),
    onWindowEnd: () => moments.push('end'),
  });
  expect(moments).toEqual(['start', 'end']);

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

  const [ofFast = [], ofSlow = []] = await Promise.all(servers.map((server) => server.served()));
  expect([ofFast.length, ofSlow.length]).toEqual(outcomes.map(({ requests }) => requests));
  expectApart(ofFast, ofSlow);
  // from the first request to the last reply there is hardly anything but turns
  const all = [...ofFast, ...ofSlow];
  const from = Math.min(...all.map(({ arrivedMs }) => arrivedMs));
  const until = Math.max(...all.map(({ repliedMs }) => repliedMs));
  const turnsMs = outcomes.reduce((sum, { durationMs }) => sum + durationMs, 0);
  expect(turnsMs).toBeGreaterThan((until - from) * 0.9);
  expect(turnsMs).toBeLessThan((until - from) * 1.1);
});

it('does not count the warm-up', async () => {
  const [fast] = await generateTurns(orderFor({ warmupMs: 100, durationMs: 60 }), options);
  const served = (await servers[0]?.served()) ?? [];
  // two connections have more than 20 replies in 100 ms
  expect(served.length - (fast?.requests ?? 0)).toBeGreaterThan(20);
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

it('gives each side that has one its open window after the turns, alone', async () => {
  const moments: string[] = [];
  const open = { rateRps: 100, durationMs: 300 };
  const order = orderFor({ warmupMs: 0, durationMs: 60 });
  const [fast, slow, other] = await generateTurns(
    { ...order, sides: [...order.sides.map((side) => ({ ...side, open })), ...order.sides.slice(0, 1)] },
    {
      ...options,
      onWindowEnd: () => moments.push('turns over'),
      onOpenStart: () => moments.push('open'),
      onOpenEnd: () => moments.push('open over'),
    },
  );
  expect(moments).toEqual(['turns over', 'open', 'open over', 'open', 'open over']);
  for (const each of [fast, slow]) {
    expect(each?.open).toMatchObject({ ...open, planned: 30, requests: 30, errors: 0, timeouts: 0 });
  }
  expect(fast?.open?.latencyMs.p50).toBeGreaterThan(4.9);
  expect(slow?.open?.latencyMs.p50).toBeGreaterThan(9.9);
  expect(other?.open).toBeUndefined();
  const [ofFast = [], ofSlow = []] = await Promise.all(servers.map((server) => server.served()));
  expectApart(ofFast, ofSlow);
});

it('refuses an order without requests', async () => {
  const sides = [{ origin: 'http://127.0.0.1:1', requests: [] }];
  await expect(generateTurns({ sides, ...noLoad }, options)).rejects.toThrow(
    'requests: expected at least one request to send',
  );
});

/**
 * Expects that no request of one was under way while one of the other was. A server that is interrupted just after it sent
 * a reply writes that down late, so a few may seem to be; were both under load at once, nearly all would.
 */
function expectApart(ones: readonly ServedRequest[], others: readonly ServedRequest[]): void {
  const overlapping = ones.filter(({ arrivedMs, repliedMs }) =>
    others.some((other) => other.arrivedMs < repliedMs && arrivedMs < other.repliedMs),
  );
  expect(ones.length).toBeGreaterThan(0);
  expect(overlapping.length).toBeLessThan(ones.length * 0.1);
}

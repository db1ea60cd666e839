import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  startKnownLatencyServer,
  type KnownLatencyServer,
  type ServedRequest,
} from './known-latency-server.ts';
import { generateSlices } from './load-generator.ts';
import type { LoadSpec } from './load-spec.ts';

const { signal } = new AbortController();
const window = { kind: 'duration', durationMs: 600, sliceMs: 30 } as const;
const noLoad = { seed: 1, connections: 2, warmupMs: 100, window, timeoutSeconds: 5 };
const options = { cpus: undefined, deadlineMs: 20_000, signal };

let servers: readonly KnownLatencyServer[] = [];
beforeEach(async () => {
  servers = await Promise.all(
    [5, 10].map((delayMs) => startKnownLatencyServer({ kind: 'fixed', delayMs, cpus: undefined, signal })),
  );
});
afterEach(() => Promise.all(servers.map((server) => server.stop())));

const orderFor = (given: Partial<LoadSpec> = {}): LoadSpec => ({
  sides: servers.map(({ origin }) => ({ origin, requests: [{ path: '/' }] })),
  ...noLoad,
  ...given,
});

it('loads one side at a time, each as long as the other, and tells how each did', { retry: 2 }, async () => {
  const moments: string[] = [];
  // without warm-up, so that all that the servers saw is in the window
  const outcomes = await generateSlices(orderFor({ warmupMs: 0 }), {
    ...options,
    onMoment: (moment) => moments.push(moment),
  });
  expect(moments).toEqual(['window-start', 'window-end']);

  const [fast, slow] = outcomes;
  expect(fast?.latencyMs.p50).toBeGreaterThan(4.9);
  expect(slow?.latencyMs.p50).toBeGreaterThan(9.9);
  expect(fast?.latencyMs.p50).toBeLessThan(slow?.latencyMs.p50 ?? 0);
  for (const each of outcomes) {
    expect(each).toMatchObject({ connections: 2, errors: 0, timeouts: 0 });
    expect(each.durationMs).toBeGreaterThanOrEqual(window.durationMs);
    expect(each.slices?.length).toBe(fast?.slices?.length);
    expect(each.throughputRps).toBeCloseTo((each.requests / each.durationMs) * 1000, 6);
  }

  const [ofFast = [], ofSlow = []] = await Promise.all(servers.map((server) => server.served()));
  expect([ofFast.length, ofSlow.length]).toEqual(outcomes.map(({ requests }) => requests));
  expectApart(ofFast, ofSlow);
  // from the first request to the last reply there is hardly anything but slices
  const all = [...ofFast, ...ofSlow];
  const from = Math.min(...all.map(({ arrivedMs }) => arrivedMs));
  const until = Math.max(...all.map(({ repliedMs }) => repliedMs));
  const slicesMs = outcomes.reduce((sum, { durationMs }) => sum + durationMs, 0);
  expect(slicesMs).toBeGreaterThan((until - from) * 0.9);
  expect(slicesMs).toBeLessThan((until - from) * 1.1);
});

it('does not count the warm-up', async () => {
  const [fast] = await generateSlices(
    orderFor({ warmupMs: 100, window: { ...window, durationMs: 60 } }),
    options,
  );
  const served = (await servers[0]?.served()) ?? [];
  expect(served.length).toBeGreaterThan(fast?.requests ?? 0);
});

it('warms all sides up in step', async () => {
  await generateSlices(orderFor({ warmupMs: 300, window: { ...window, durationMs: 1 } }), options);
  const served = await Promise.all(servers.map((server) => server.served()));
  const sides = served
    .flatMap((ofSide, side) => ofSide.map(({ arrivedMs }) => ({ side, arrivedMs })))
    .toSorted((a, b) => a.arrivedMs - b.arrivedMs)
    .map(({ side }) => side);
  // one after the other would be 0 0 … 1 1 … and the window
  const changes = sides.filter((side, place) => place > 0 && side !== sides[place - 1]).length;
  expect(changes).toBeGreaterThan(8);
});

it('gives each side any place among the others, so that none has its slices in a row more often', async () => {
  const third = await startKnownLatencyServer({ kind: 'fixed', delayMs: 5, cpus: undefined, signal });
  servers = [...servers, third];
  await generateSlices(orderFor({ warmupMs: 0, window: { ...window, durationMs: 300 } }), options);
  const served = await Promise.all(servers.map((server) => server.served()));
  const sides = served
    .flatMap((ofSide, side) => ofSide.map(({ arrivedMs }) => ({ side, arrivedMs })))
    .toSorted((a, b) => a.arrivedMs - b.arrivedMs)
    .map(({ side }) => side);
  const follow = new Set(sides.map((side, place) => `${sides[place - 1]}${side}`));
  // back and forth in one order, the first and the last would never follow each other
  expect([...follow]).toEqual(expect.arrayContaining(['01', '10', '12', '21', '02', '20']));
});

/** A server of this test's own. */
async function listen(handler: RequestListener): Promise<string> {
  const server = createServer(handler);
  own.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
let own: Server[] = [];
afterEach(() => {
  for (const server of own) server.close().closeAllConnections();
  own = [];
});

it('names the side that fails, and what it answers', async () => {
  const origin = await listen((_, reply) => reply.writeHead(404).end());
  const load = generateSlices(
    orderFor({ sides: [...orderFor().sides, { origin, requests: [{ path: '/' }] }] }),
    options,
  );
  await expect(load).rejects.toMatchObject({
    side: 2,
    message: expect.stringMatching(/^\d+ of \d+ requests failed in the warm-up: status 404 × \d+$/) as string,
  });
});

it('names the side that does not answer any more, within seconds', { timeout: 30_000 }, async () => {
  let asked = 0;
  const origin = await listen((_, reply) => {
    if (++asked <= 30) reply.end('ok');
  });
  const startedAt = performance.now();
  const load = generateSlices(
    orderFor({
      sides: [...orderFor().sides, { origin, requests: [{ path: '/' }] }],
      timeoutSeconds: 30,
    }),
    options,
  );
  await expect(load).rejects.toMatchObject({
    side: 2,
    message: expect.stringMatching(
      /^it does not answer any more: 2 requests have had no reply for \d+\.\d s \(timeout × 2\), after 30 good replies$/,
    ) as string,
  });
  expect(performance.now() - startedAt).toBeLessThan(25_000);
});

it('counts single replies that do not come, and goes on', { timeout: 30_000 }, async () => {
  let asked = 0;
  const origin = await listen((_, reply) => {
    if (++asked !== 20) reply.end('ok');
  });
  const [outcome] = await generateSlices(
    orderFor({ sides: [{ origin, requests: [{ path: '/' }] }], warmupMs: 0, timeoutSeconds: 30 }),
    options,
  );
  expect(outcome).toMatchObject({ timeouts: 1, errors: 0 });
  expect(outcome?.requests).toBeGreaterThanOrEqual(19);
});

// the moments come from another process, late if this one is paused: once, not three times
it('sends nothing in the idle time, between warm-up and slices', { retry: 2 }, async () => {
  const moments: (readonly [string, number])[] = [];
  await generateSlices(orderFor({ window: { ...window, durationMs: 60, idleMs: 300 } }), {
    ...options,
    onMoment: (moment) => moments.push([moment, Number(process.hrtime.bigint()) / 1e6]),
  });
  expect(moments.map(([moment]) => moment)).toEqual(['idle-start', 'idle-end', 'window-start', 'window-end']);
  const [from = 0, until = 0] = moments.map(([, atMs]) => atMs);
  expect(until - from).toBeGreaterThan(250);
  for (const server of servers) {
    for (const { arrivedMs } of await server.served())
      expect(arrivedMs > from + 5 && arrivedMs < until - 5).toBe(false);
  }
});

it('gives the sides that have one their open windows after the closed ones, in slices', async () => {
  const moments: string[] = [];
  const open = { rateRps: 100, durationMs: 600 };
  const order = orderFor({ warmupMs: 0, window: { ...window, durationMs: 60 } });
  const [fast, slow, other] = await generateSlices(
    { ...order, sides: [...order.sides.map((side) => ({ ...side, open })), ...order.sides.slice(0, 1)] },
    {
      ...options,
      onMoment: (moment) => moments.push(moment),
    },
  );
  expect(moments).toEqual(['window-start', 'window-end', 'open-start', 'open-end']);
  for (const each of [fast, slow]) {
    expect(each?.open).toMatchObject({
      ...open,
      planned: 60,
      requests: 60,
      errors: 0,
      timeouts: 0,
      slices: 6,
    });
  }
  expect(fast?.open?.latencyMs.p50).toBeGreaterThan(4.9);
  expect(slow?.open?.latencyMs.p50).toBeGreaterThan(9.9);
  expect(other?.open).toBeUndefined();
  const [ofFast = [], ofSlow = []] = await Promise.all(servers.map((server) => server.served()));
  expectApart(ofFast, ofSlow);
});

it('sends the slices again in which the generator was stopped, and counts every planned request once', async () => {
  const open = { rateRps: 200, durationMs: 1200, mostLateSends: 0 };
  const order = orderFor({ warmupMs: 0, window: { ...window, durationMs: 60 } });
  let generator = 0;
  const outcomes = await generateSlices(
    { ...order, sides: order.sides.map((side) => ({ ...side, open })) },
    {
      ...options,
      onSpawn: (pid) => {
        generator = pid;
      },
      onMoment: (moment) => {
        if (moment !== 'open-start') return;
        process.kill(generator, 'SIGSTOP');
        setTimeout(() => process.kill(generator, 'SIGCONT'), 50);
      },
    },
  );
  const again = outcomes.map((outcome) => outcome.open?.slicesAgain ?? 0);
  expect(again[0]).toBeGreaterThan(0);
  expect(again[0]).toBe(again[1]);
  for (const [index, { open: counted }] of outcomes.entries()) {
    expect(counted).toMatchObject({ planned: 240, requests: 240, errors: 0, timeouts: 0, slices: 12 });
    expect(counted?.series.latencyMs.filter((ms) => ms === null)).toEqual([]);
    const served = (await servers[index]?.served())?.length ?? 0;
    expect(served).toBeGreaterThan(240 + 10 * (again[index] ?? 0));
  }
});

it('keeps latencies of 10 and 100 ms apart in slices of their open windows', { retry: 2 }, async () => {
  const open = { rateRps: 60, durationMs: 1500 };
  const slower = await startKnownLatencyServer({ kind: 'fixed', delayMs: 100, cpus: undefined, signal });
  try {
    const [, ten] = servers;
    const sides = [ten, slower].flatMap((server) =>
      server === undefined ? [] : [{ origin: server.origin, requests: [{ path: '/' }], open }],
    );
    const [fast, slow] = await generateSlices(
      orderFor({ sides, warmupMs: 0, window: { ...window, durationMs: 60 } }),
      options,
    );
    for (const each of [fast, slow]) {
      expect(each?.open).toMatchObject({ planned: 90, requests: 90, errors: 0, timeouts: 0, slices: 15 });
    }
    expect(fast?.open?.latencyMs.p50).toBeGreaterThan(9.9);
    expect(fast?.open?.latencyMs.p90).toBeLessThan(50);
    expect(slow?.open?.latencyMs.p50).toBeGreaterThan(99.9);
    expect(slow?.open?.latencyMs.p50).toBeLessThan(150);
    const [ofFast = [], ofSlow = []] = await Promise.all(
      [ten, slower].map(async (server) => server?.served()),
    );
    expectApart(ofFast, ofSlow);
  } finally {
    await slower.stop();
  }
});

it('counts a reply that does not come in its slice, and goes on', { timeout: 30_000 }, async () => {
  let asked = 0;
  const origin = await listen((_, reply) => {
    // some 35 come before the open windows
    if (++asked !== 60) reply.end('ok');
  });
  const open = { rateRps: 100, durationMs: 1000 };
  const requests = [{ path: '/' }];
  const [lossy, sound] = await generateSlices(
    orderFor({
      sides: [origin, ...servers.slice(0, 1).map((server) => server.origin)].map((each) => ({
        origin: each,
        requests,
        open,
      })),
      warmupMs: 0,
      window: { kind: 'duration', durationMs: 1, sliceMs: 1 },
      timeoutSeconds: 2,
    }),
    options,
  );
  expect(lossy?.open).toMatchObject({ planned: 100, requests: 99, timeouts: 1, errors: 0 });
  expect(sound?.open).toMatchObject({ planned: 100, requests: 100, timeouts: 0, errors: 0 });
});

it('refuses an order without requests', async () => {
  const sides = [{ origin: 'http://127.0.0.1:1', requests: [] }];
  await expect(generateSlices({ sides, ...noLoad }, options)).rejects.toThrow(
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

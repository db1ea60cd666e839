import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, type TestContext } from 'vitest';
import { planCpus } from '../affinity/pin.ts';
import { startKnownLatencyServer, type ServedRequest } from './known-latency-server.ts';
import { trueQuantileMs, type LatencyProfile } from './latency-profile.ts';
import { generateLoad, generateOpenLoad, generateSlices } from './load-generator.ts';
import type { Arrivals, OpenOutcome, OpenWindow } from './load-spec.ts';
import { openSliceMs } from './open-loop.ts';
import { windowSchedule } from './send-clock.ts';

const cpus = planCpus(1);
const signal = new AbortController().signal;
const request = { requests: [{ path: '/' }], seed: 1, timeoutSeconds: 5 };
const options = { cpus: cpus?.generator, deadlineMs: 30_000, signal };

type Served = () => Promise<readonly ServedRequest[]>;

async function withServer<Result>(
  profile: LatencyProfile,
  measure: (origin: string, served: Served) => Promise<Result>,
): Promise<Result> {
  const server = await startKnownLatencyServer({ ...profile, cpus: cpus?.server, signal });
  try {
    return await measure(server.origin, server.served);
  } finally {
    await server.stop();
  }
}

/** Milliseconds in which some process waited for a CPU (Linux pressure stall information); 0 where it is not told. */
function waitedMs(): number {
  try {
    const total = /^some .*total=(\d+)/m.exec(readFileSync('/proc/pressure/cpu', 'utf8'))?.[1];
    return Number(total ?? 0) / 1000;
  } catch {
    return 0;
  }
}

const restlessLimit = 0.05;
// server, generator and this process make some pressure of their own on two CPUs
const disturbedLimit = 0.2;

/** @returns the share of the time in which some process waited for a CPU while `measure` ran, beside its result. */
async function watched<Result>(measure: () => Promise<Result>): Promise<readonly [number, Result]> {
  const startedAt = performance.now();
  const before = waitedMs();
  const result = await measure();
  return [(waitedMs() - before) / (performance.now() - startedAt), result];
}

/**
 * Measures at a time when nothing else wants the CPUs: a latency that another process causes is no fault of the
 * generator. Skips the test on a machine that does not come to rest.
 */
async function undisturbed<Result>(context: TestContext, measure: () => Promise<Result>): Promise<Result> {
  for (let polls = 0; polls < 60; polls++) {
    const [restless] = await watched(() => sleep(100));
    if (restless > restlessLimit) continue;
    const [disturbed, result] = await watched(measure);
    if (disturbed < disturbedLimit) return result;
  }
  return context.skip('other processes keep the CPUs busy');
}

/** An open window as the generator and as the server saw it. */
type Observed = {
  readonly outcome: OpenOutcome;
  readonly seen: readonly Seen[];
  /** Of the warm-up, too. */
  readonly served: readonly ServedRequest[];
};

/** A request of an open window by the server's record, on the clock of the machine. */
type Seen = { readonly plannedAtMs: number; readonly latencyMs: number };

/**
 * The requests of an open window by the server's record. A host that pauses makes them later than the known latency says, and
 * the record tells by how much. Nothing is sent after the window, so its requests are the last ones. Each slice of it began
 * at the latest time for which none of its requests arrived before its own.
 */
function seenIn(served: readonly ServedRequest[], window: OpenWindow, sliceMs = Infinity): readonly Seen[] {
  const { plannedMs, plannedBefore } = windowSchedule(window, request.seed);
  const inOrder = served
    .toSorted((one, other) => one.arrivedMs - other.arrivedMs)
    .slice(-plannedBefore(window.durationMs));
  const sliceOf = (index: number): number => Math.floor(plannedMs(index) / sliceMs);
  const startsMs = new Map<number, number>();
  for (const [index, { arrivedMs }] of inOrder.entries()) {
    const startMs = arrivedMs - plannedMs(index);
    startsMs.set(sliceOf(index), Math.min(startsMs.get(sliceOf(index)) ?? Infinity, startMs));
  }
  return inOrder.map(({ repliedMs }, index) => {
    const plannedAtMs = (startsMs.get(sliceOf(index)) ?? NaN) + plannedMs(index);
    return { plannedAtMs, latencyMs: repliedMs - plannedAtMs };
  });
}

function open(profile: LatencyProfile, rateRps: number, durationMs: number): Promise<Observed> {
  const window = { rateRps, durationMs };
  return withServer(profile, async (origin, served) => {
    const outcome = await generateOpenLoad({ ...request, origin, warmupMs: 500, open: window }, options);
    const all = await served();
    return { outcome, seen: seenIn(all, window), served: all };
  });
}

const quantiles = { p50: 0.5, p90: 0.9, p95: 0.95, p99: 0.99 } as const;
type Quantile = keyof typeof quantiles;

function recordedMs(seen: readonly Seen[], quantile: number): number {
  const inOrder = seen.map(({ latencyMs }) => latencyMs).toSorted((one, other) => one - other);
  return inOrder[Math.ceil(quantile * inOrder.length) - 1] ?? NaN;
}

/**
 * Expects the truth within 2 %. A pause of the host makes a request late, never early: from above the higher quantiles are
 * held against the server's record, which has the pauses.
 */
function expectTruth(
  profile: LatencyProfile,
  { outcome, seen }: Observed,
  [middle, ...higher]: readonly [Quantile, ...Quantile[]],
): void {
  expect(outcome.errors + outcome.timeouts).toBe(0);
  for (const name of [middle, ...higher])
    expect(outcome.latencyMs[name], name).toBeGreaterThan(trueQuantileMs(profile, quantiles[name]) * 0.999);
  expect(outcome.latencyMs[middle], middle).toBeLessThan(trueQuantileMs(profile, quantiles[middle]) * 1.02);
  for (const name of higher)
    expect(outcome.latencyMs[name], name).toBeLessThan(recordedMs(seen, quantiles[name]) * 1.02);
}

type Stalling = Extract<LatencyProfile, { kind: 'stalling' }>;

/** The share of the requests that were planned in a stall: the stretch of the period in which none is ever taken. */
function shareInStalls({ seen, served }: Observed, { periodMs }: Stalling): number {
  const takenAtMs = served.map(({ arrivedMs }) => arrivedMs % periodMs).toSorted((one, other) => one - other);
  const gaps = takenAtMs.map((fromMs, index) => ({
    fromMs,
    lengthMs: (takenAtMs[index + 1] ?? (takenAtMs[0] ?? NaN) + periodMs) - fromMs,
  }));
  const stall = gaps.reduce((one, other) => (other.lengthMs > one.lengthMs ? other : one));
  const isInStall = ({ plannedAtMs }: Seen): boolean =>
    (plannedAtMs - stall.fromMs + periodMs) % periodMs < stall.lengthMs;
  return seen.filter(isInStall).length / seen.length;
}

type Within = { readonly latency: number; readonly ms: number };

/** Expects the reported latencies to be those of the server's record. */
function expectReported({ outcome, seen }: Observed, looked: readonly Quantile[], within: Within): void {
  for (const name of looked) {
    const truthMs = recordedMs(seen, quantiles[name]);
    const reportedMs = outcome.latencyMs[name];
    expect(Math.abs(reportedMs - truthMs), `${name}: ${reportedMs} for ${truthMs}`).toBeLessThan(
      truthMs * within.latency + within.ms,
    );
  }
}

/**
 * Expects that stalls are met as often as chance has it, and that whoever met one is seen as late as it was by the server's
 * record, which has the pauses of the host, too.
 */
function expectStalls(
  profile: Stalling,
  observed: Observed,
  within: Within & { readonly share: number },
  looked: readonly Quantile[],
): void {
  const { outcome } = observed;
  expect(outcome.errors + outcome.timeouts).toBe(0);
  const share = profile.stallMs / profile.periodMs;
  expect(Math.abs(shareInStalls(observed, profile) / share - 1)).toBeLessThan(within.share);
  expectReported(observed, looked, within);
  // the record has the planned times of the generator: this holds without it
  expect(outcome.latencyMs.p99).toBeGreaterThan(trueQuantileMs(profile, 0.99) * 0.9);
}

const slow = { timeout: 90_000, retry: 2 };

it.skipIf(cpus === undefined)('sees a fixed latency as it is', slow, async (context) => {
  const fixed: LatencyProfile = { kind: 'fixed', delayMs: 100 };
  const observed = await undisturbed(context, () => open(fixed, 300, 2000));
  expectTruth(fixed, observed, ['p50', 'p90']);
});

it.skipIf(cpus === undefined)('sees two latencies as they are', slow, async (context) => {
  // the shares lie off the quantiles that are looked at
  const bimodal: LatencyProfile = { kind: 'bimodal', fastMs: 40, slowMs: 200, fastShare: 0.93 };
  const observed = await undisturbed(context, () => open(bimodal, 300, 3000));
  expectTruth(bimodal, observed, ['p50', 'p95', 'p99']);
});

it('tells what it served, in the clock of the machine', async () => {
  const server = await startKnownLatencyServer({ kind: 'fixed', delayMs: 5, cpus: undefined, signal });
  const before = Number(process.hrtime.bigint()) / 1e6;
  await (await fetch(server.origin)).text();
  const after = Number(process.hrtime.bigint()) / 1e6;
  const served = await server.served();
  await server.stop();
  expect(served).toHaveLength(1);
  for (const { arrivedMs, repliedMs } of served) {
    expect(arrivedMs).toBeGreaterThan(before);
    expect(repliedMs - arrivedMs).toBeGreaterThanOrEqual(5);
    expect(repliedMs).toBeLessThan(after);
  }
});

it('sees a stall that a closed loop hides', slow, async (context) => {
  const stall: Stalling = { kind: 'stalling', stallMs: 200, periodMs: 2000 };
  // three whole periods of the stall, and requests enough for random ones to meet it as often as they should
  const window = { rateRps: 1000, durationMs: 6000 };
  const [closed, observed] = await undisturbed(context, () =>
    withServer(stall, async (origin, served) => {
      const { open: outcome, ...rest } = await generateLoad(
        {
          ...request,
          origin,
          connections: 4,
          warmupMs: 200,
          window: { kind: 'duration', durationMs: 2000 },
          open: window,
        },
        options,
      );
      if (outcome === undefined) throw new Error('there is no open window');
      const all = await served();
      return [rest, { outcome, seen: seenIn(all, window), served: all }] as const;
    }),
  );
  // the standard deviation of the share is 4 %
  expectStalls(stall, observed, { share: 0.15, latency: 0.05, ms: 0.5 }, ['p95', 'p99']);
  expect(closed.latencyMs.p99).toBeLessThan(50);
  expect(closed.latencyMs.max).toBeGreaterThan(100);
});

it.skipIf(cpus === undefined)(
  'sees a stall at random times as it is, and at a beat that its period is a multiple of at one point only',
  slow,
  async (context) => {
    // four beats of 10 ms; a fifth of the time is stall
    const stall: Stalling = { kind: 'stalling', stallMs: 8, periodMs: 40 };
    const [beat, random] = await undisturbed(context, () =>
      withServer(stall, async (origin, served) => {
        const at = async (arrivals: Arrivals, rateRps: number, durationMs: number): Promise<Observed> => {
          const window = { rateRps, durationMs, arrivals };
          const outcome = await generateOpenLoad(
            { ...request, origin, warmupMs: 200, open: window },
            options,
          );
          const all = await served();
          return { outcome, seen: seenIn(all, window), served: all };
        };
        return [await at('constant', 100, 3000), await at('poisson', 300, 5000)] as const;
      }),
    );
    // of four requests one meets every stall at the same point, or none does
    for (const place of [0, 1, 2, 3]) {
      const met = beat.seen.filter((_, index) => index % 4 === place);
      expect(recordedMs(met, 0.75) - recordedMs(met, 0.25)).toBeLessThan(0.5);
    }
    expectReported(beat, ['p90'], { latency: 0, ms: 1 });
    // the standard deviation of the share is 5 %; the way costs some tenths of a millisecond
    expectStalls(stall, random, { share: 0.2, latency: 0, ms: 1 }, ['p90', 'p95']);
  },
);

/** The open window of the first of two servers that are up side by side, in slices. They share the CPUs with each other. */
async function openInSlices(
  profiles: readonly LatencyProfile[],
  rateRps: number,
  durationMs: number,
): Promise<Observed> {
  const window = { rateRps, durationMs };
  const servers = await Promise.all(
    profiles.map((profile) => startKnownLatencyServer({ ...profile, cpus: undefined, signal })),
  );
  try {
    const outcomes = await generateSlices(
      {
        sides: servers.map(({ origin }) => ({ origin, requests: request.requests, open: window })),
        seed: request.seed,
        connections: 4,
        warmupMs: 0,
        window: { kind: 'duration', durationMs: 100, sliceMs: 50 },
        timeoutSeconds: 5,
      },
      { ...options, deadlineMs: 60_000 },
    );
    const [server] = servers;
    const outcome = outcomes[0]?.open;
    if (server === undefined || outcome === undefined) throw new Error('there is no open window');
    const served = await server.served();
    return { outcome, seen: seenIn(served, window, openSliceMs), served };
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
}

const other: LatencyProfile = { kind: 'fixed', delayMs: 5 };

it.skipIf(cpus === undefined)('sees two latencies as they are in slices', slow, async (context) => {
  const bimodal: LatencyProfile = { kind: 'bimodal', fastMs: 40, slowMs: 200, fastShare: 0.93 };
  const observed = await undisturbed(context, () => openInSlices([bimodal, other], 300, 2500));
  expect(observed.outcome).toMatchObject({ planned: 750, slices: 25 });
  expectTruth(bimodal, observed, ['p50', 'p95', 'p99']);
});

it.skipIf(cpus === undefined)('sees a stall as it is in slices', slow, async (context) => {
  const stall: Stalling = { kind: 'stalling', stallMs: 20, periodMs: 200 };
  const observed = await undisturbed(context, () => openInSlices([stall, other], 500, 6000));
  expect(observed.outcome).toMatchObject({ planned: 3000, requests: 3000 });
  // the end of a slice cuts one in ten off; of sixty some lie between the slices: the share varies by some 10 %
  expectStalls(stall, observed, { share: 0.3, latency: 0.05, ms: 0.5 }, ['p95', 'p99']);
});

it('ends the server when it is aborted', async () => {
  const abort = new AbortController();
  const server = await startKnownLatencyServer({
    kind: 'fixed',
    delayMs: 0,
    cpus: undefined,
    signal: abort.signal,
  });
  expect((await fetch(server.origin)).status).toBe(200);
  abort.abort();
  await server.stop();
  await expect(fetch(server.origin)).rejects.toThrow();
});

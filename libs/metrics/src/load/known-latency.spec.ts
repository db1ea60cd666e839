import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, type TestContext } from 'vitest';
import { planCpus } from '../affinity/pin.ts';
import { startKnownLatencyServer } from './known-latency-server.ts';
import { trueMeanMs, trueQuantileMs, type LatencyProfile } from './latency-profile.ts';
import { generateLoad, generateOpenLoad } from './load-generator.ts';
import type { OpenOutcome } from './load-order.ts';

const cpus = planCpus(1);
const signal = new AbortController().signal;
const request = { requests: [{ path: '/' }], seed: 1, timeoutSeconds: 5 };
const options = { cpus: cpus?.generator, deadlineMs: 30_000, signal };

async function withServer<Result>(
  profile: LatencyProfile,
  measure: (origin: string) => Promise<Result>,
): Promise<Result> {
  const server = await startKnownLatencyServer({ ...profile, cpus: cpus?.server, signal });
  try {
    return await measure(server.origin);
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

function open(profile: LatencyProfile, rateRps: number, durationMs: number): Promise<OpenOutcome> {
  return withServer(profile, (origin) =>
    generateOpenLoad({ ...request, origin, warmupMs: 500, open: { rateRps, durationMs } }, options),
  );
}

/** Expects the truth within 2 % or 0.1 ms, over what the way there and back costs: the latency of a server without delay. */
function expectTruth(profile: LatencyProfile, outcome: OpenOutcome, way: OpenOutcome): void {
  expect(outcome.errors + outcome.timeouts).toBe(0);
  for (const [name, quantile] of [
    ['p50', 0.5],
    ['p90', 0.9],
    ['p95', 0.95],
    ['p99', 0.99],
  ] as const) {
    const truthMs = trueQuantileMs(profile, quantile);
    const measuredMs = outcome.latencyMs[name];
    expect(measuredMs, name).toBeGreaterThan(truthMs * 0.999);
    expect(measuredMs, name).toBeLessThan(Math.max(truthMs * 1.02, truthMs + 0.1 + way.latencyMs[name]));
  }
  const meanMs = trueMeanMs(profile);
  expect(outcome.latencyMs.mean).toBeLessThan(Math.max(meanMs * 1.02, meanMs + 0.1 + way.latencyMs.mean));
}

const slow = { timeout: 90_000, retry: 2 };

it.skipIf(cpus === undefined)('sees a fixed latency as it is', slow, async (context) => {
  const fixed: LatencyProfile = { kind: 'fixed', delayMs: 10 };
  const [way, outcome] = await undisturbed(
    context,
    async () => [await open({ kind: 'fixed', delayMs: 0 }, 300, 2000), await open(fixed, 300, 2000)] as const,
  );
  expectTruth(fixed, outcome, way);
});

it.skipIf(cpus === undefined)('sees two latencies as they are', slow, async (context) => {
  // the shares lie off the quantiles that are looked at
  const bimodal: LatencyProfile = { kind: 'bimodal', fastMs: 2, slowMs: 20, fastShare: 0.93 };
  const [way, outcome] = await undisturbed(
    context,
    async () =>
      [await open({ kind: 'fixed', delayMs: 0 }, 300, 2000), await open(bimodal, 300, 3000)] as const,
  );
  expectTruth(bimodal, outcome, way);
});

it('sees a stall that a closed loop hides', slow, async (context) => {
  const stall: LatencyProfile = { kind: 'stalling', stallMs: 200, periodMs: 2000 };
  const outcome = await undisturbed(context, () =>
    withServer(stall, (origin) =>
      generateLoad(
        {
          ...request,
          origin,
          connections: 4,
          warmupMs: 200,
          window: { kind: 'duration', durationMs: 2000 },
          // three whole periods of the stall
          open: { rateRps: 400, durationMs: 6000 },
        },
        options,
      ),
    ),
  );
  expect(Math.abs((outcome.open?.latencyMs.p99 ?? 0) / 180 - 1)).toBeLessThan(0.05);
  expect(Math.abs((outcome.open?.latencyMs.p95 ?? 0) / 100 - 1)).toBeLessThan(0.1);
  expect(outcome.latencyMs.p99).toBeLessThan(50);
  expect(outcome.latencyMs.max).toBeGreaterThan(100);
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

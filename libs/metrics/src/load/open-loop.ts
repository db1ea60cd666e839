import { setTimeout as sleep } from 'node:timers/promises';
import type { OpenOrder, OpenOutcome } from './load-order.ts';
import type { WindowMoments } from './closed-loop.ts';
import {
  openConnections,
  preparedMix,
  type OpenConnections,
  type PreparedRequest,
} from './open-connections.ts';
import { deadlineQueue } from './deadline-queue.ts';
import { createOpenTally } from './open-tally.ts';
import { startSendClock, type SendClock } from './send-clock.ts';
import { constantRate } from './send-schedule.ts';
import { trainClient } from './train-client.ts';

// how often the oldest open requests are looked at for their deadline
const deadlineTickMs = 20;
// from the reply of the first requests to the start of the schedule
const settleMs = 20;
const firstRepliesLimitMs = 2000;
const mostConnectionsBeforehand = 128;

/**
 * @returns how many connections are opened before the load: as many as requests arrive in 100 ms, from 1 to 128.
 * More are opened when they are needed, and then connecting is part of the latency, as it is for a user.
 */
export function connectionsBeforehand(rateRps: number): number {
  return Math.min(mostConnectionsBeforehand, Math.max(1, Math.ceil(rateRps / 10)));
}

/**
 * Sends requests in an open loop: at planned times, at a constant rate, whatever the replies do. A latency runs from
 * the planned time of sending to the end of the reply, so a server that stalls cannot hide it by holding the generator
 * up (coordinated omission, Tene). The replies to all requests planned in the window are waited for, up to the timeout.
 * @param spin whether the clock may be polled between sends; only where the server has other CPUs.
 */
export async function runOpenLoop(
  order: OpenOrder,
  spin: boolean,
  moments: WindowMoments,
): Promise<OpenOutcome> {
  const { rateRps, durationMs } = order.open;
  const schedule = constantRate(rateRps);
  const timeoutMs = order.timeoutSeconds * 1000;
  const mix = preparedMix(order.requests, order.seed);

  await trainClient();
  let clock: SendClock | undefined;
  const connections = openConnections(order.origin, () => {
    clock?.noteWork();
  });
  const openRequests = deadlineQueue();
  const ticker = setInterval(() => {
    openRequests.expire(performance.now());
  }, deadlineTickMs);
  try {
    const first = Array.from({ length: connectionsBeforehand(rateRps) }, (_, index) => mix(index));
    await openBeforehand(connections, first);

    const warmups = schedule.plannedBefore(order.warmupMs);
    const startAtMs = performance.now() + settleMs;
    const windowAtMs = startAtMs + order.warmupMs;
    const count = schedule.plannedBefore(order.warmupMs + durationMs);
    const planned = count - warmups;
    const tally = createOpenTally(timeoutMs);
    const giveUpAtMs = windowAtMs + durationMs + timeoutMs;

    clock = startSendClock({
      schedule,
      startAtMs,
      count,
      giveUpAtMs,
      spin,
      send: (index, lateMs) => {
        const counts = index >= warmups;
        const plannedAtMs = startAtMs + schedule.plannedMs(index);
        if (counts) tally.sent(lateMs);
        const done = openRequests.add(plannedAtMs + timeoutMs, () => {
          if (counts) tally.timedOut();
          abandon();
        });
        const abandon = connections.send(mix(index), (status) => {
          done();
          if (!counts) return;
          const latencyMs = performance.now() - plannedAtMs;
          // the deadlines are looked at in steps: a reply may still come between
          if (latencyMs > timeoutMs) tally.timedOut();
          else tally.replied(status, latencyMs);
        });
      },
    });
    const generatorCpuPercent = watchWindow(clock, windowAtMs, durationMs, moments);

    const sent = await clock.finished;
    for (let index = Math.max(sent, warmups); index < count; index++) {
      tally.sent(giveUpAtMs - startAtMs - schedule.plannedMs(index));
      tally.timedOut();
    }
    // every open request ends by its own deadline, so this does too
    while (tally.settled() < planned) await sleep(deadlineTickMs);
    return {
      durationMs,
      rateRps,
      planned,
      ...tally.outcome(),
      generatorCpuPercent: await generatorCpuPercent,
    };
  } finally {
    clearInterval(ticker);
    await connections.close();
  }
}

/** Opens connections by sending a request on each at once; their replies do not count. */
async function openBeforehand(
  connections: OpenConnections,
  requests: readonly PreparedRequest[],
): Promise<void> {
  let unanswered = requests.length;
  const { promise: allAnswered, resolve } = Promise.withResolvers<undefined>();
  const abandons = requests.map((request) =>
    connections.send(request, () => {
      unanswered -= 1;
      if (unanswered === 0) resolve(undefined);
    }),
  );
  const over = new AbortController();
  await Promise.race([
    allAnswered,
    sleep(firstRepliesLimitMs, undefined, { signal: over.signal }).catch(() => undefined),
  ]);
  over.abort();
  for (const abandon of abandons) abandon();
}

/** Tells the begin and the end of the window; @returns the CPU that sending and receiving took in it. */
function watchWindow(
  clock: SendClock,
  windowAtMs: number,
  durationMs: number,
  moments: WindowMoments,
): Promise<number> {
  return new Promise((resolve) => {
    setTimeout(() => {
      moments.onStart();
      const startedAt = performance.now();
      const cpuAtStart = process.cpuUsage();
      const idleAtStart = clock.idleMs();
      setTimeout(
        () => {
          const cpu = process.cpuUsage(cpuAtStart);
          const lengthMs = performance.now() - startedAt;
          const workMs = (cpu.user + cpu.system) / 1000 - (clock.idleMs() - idleAtStart);
          moments.onEnd();
          resolve((Math.max(0, workMs) / lengthMs) * 100);
        },
        windowAtMs + durationMs - startedAt,
      );
    }, windowAtMs - performance.now());
  });
}

import { setTimeout as sleep } from 'node:timers/promises';
import { deadlineQueue, httpClient, trainClient, type HttpClient } from './http-client.ts';
import type { Moment, OpenOutcome, OpenSpec } from './load-spec.ts';
import { preparedMix, type PreparedRequest } from './request-mix.ts';
import { constantRate, startSendClock, type SendClock } from './send-clock.ts';
import { requireReplies, serverUnderLoad } from './server-under-load.ts';
import { createTally } from './tally.ts';

// how often the oldest open requests are checked against their deadline
const deadlineTickMs = 20;
// from the reply of the first requests to the start of the schedule
const settleMs = 20;
const firstRepliesLimitMs = 2000;
const mostConnectionsBeforehand = 128;
// a send later than this is late: beyond what timers and a busy CPU do to a sound generator
const lateLimitMs = 1;

/**
 * @returns how many connections are opened before the load: as many as requests arrive in 100 ms, from 1 to 128.
 * More are opened when they are needed, and then connecting is part of the latency, as it is for a user.
 */
export function connectionsBeforehand(rateRps: number): number {
  return Math.min(mostConnectionsBeforehand, Math.max(1, Math.ceil(rateRps / 10)));
}

export type OpenLoopOptions = {
  /** Place of the server among those of the job. */
  readonly side: number;
  /** Whether the clock may be polled between sends; only where the server has other CPUs. */
  readonly spin: boolean;
  /**
   * Whether the load ends when a server hangs or fails more often than it answers. A server beyond its
   * capacity may do either, and a search for that capacity wants the counts.
   */
  readonly strict: boolean;
  readonly tell: (moment: Moment) => void;
};

/**
 * Sends requests in an open loop: at planned times, at a constant rate, whatever the replies do. A latency runs from
 * the planned time of sending to the end of the reply, so a server that stalls cannot hide it by holding the generator
 * up (coordinated omission, Tene). The replies to all requests planned in the window are waited for, up to the timeout.
 * @throws SideError for a server that fails under load, GeneratorError if the generator lacks something.
 */
export async function runOpenLoop(spec: OpenSpec, options: OpenLoopOptions): Promise<OpenOutcome> {
  const { side, spin, strict, tell } = options;
  const { rateRps, durationMs } = spec.open;
  const schedule = constantRate(rateRps);
  const timeoutMs = spec.timeoutSeconds * 1000;
  const mix = preparedMix(spec.requests, spec.seed);
  const { promise: failed, reject: fail } = Promise.withResolvers<never>();
  failed.catch(() => undefined);

  await trainClient();
  let clock: SendClock | undefined;
  const client = httpClient(spec.origin, () => {
    clock?.noteWork();
  });
  const connections = connectionsBeforehand(rateRps);
  const server = serverUnderLoad({ side, requests: spec.requests, connections, timeoutMs, fail });
  const tally = createTally(timeoutMs);
  const deadlines = deadlineQueue();
  const ticker = setInterval(() => {
    deadlines.expire(performance.now());
    if (strict && server.silentMs() > server.silenceLimitMs()) fail(server.hangs(tally));
  }, deadlineTickMs);
  const sendPlanned = async (): Promise<OpenOutcome> => {
    await openBeforehand(
      client,
      Array.from({ length: connections }, (_, index) => mix(index)),
    );
    const warmups = schedule.plannedBefore(spec.warmupMs);
    const startAtMs = performance.now() + settleMs;
    const windowAtMs = startAtMs + spec.warmupMs;
    const count = schedule.plannedBefore(spec.warmupMs + durationMs);
    const planned = count - warmups;
    const giveUpAtMs = windowAtMs + durationMs + timeoutMs;
    let lateSends = 0;
    let maxLateMs = 0;
    const noteLate = (lateMs: number): void => {
      if (lateMs > lateLimitMs) lateSends += 1;
      maxLateMs = Math.max(maxLateMs, lateMs);
    };

    clock = startSendClock({
      schedule,
      startAtMs,
      count,
      giveUpAtMs,
      spin,
      send: (index, lateMs) => {
        const counting = index < warmups ? undefined : tally;
        const plannedAtMs = startAtMs + schedule.plannedMs(index);
        const request = mix(index);
        if (counting !== undefined) noteLate(lateMs);
        server.sent();
        const done = deadlines.add(plannedAtMs + timeoutMs, () => {
          server.timedOut(counting);
          abandon();
        });
        const abandon = client.send(request, server.wantsBody(request.place), (ending) => {
          done();
          const latencyMs = performance.now() - plannedAtMs;
          // the deadlines are looked at in steps: a reply may still come between
          if (latencyMs > timeoutMs) server.timedOut(counting);
          else server.ended(request.place, ending, latencyMs, counting);
        });
      },
    });
    const generatorCpuPercent = watchWindow(clock, windowAtMs, durationMs, tell);

    const sent = await clock.finished;
    for (let index = Math.max(sent, warmups); index < count; index++) {
      noteLate(giveUpAtMs - startAtMs - schedule.plannedMs(index));
      tally.timedOut();
    }
    // every open request ends by its own deadline, so this does too
    while (tally.settled() < planned) await sleep(deadlineTickMs);
    const busyPercent = await generatorCpuPercent;
    if (strict) requireReplies(side, 'the open-loop window', tally, busyPercent);
    return {
      ...tally.counts(),
      durationMs,
      rateRps,
      planned,
      lateSends,
      maxLateMs,
      generatorCpuPercent: busyPercent,
    };
  };
  try {
    return await Promise.race([failed, sendPlanned()]);
  } finally {
    clearInterval(ticker);
    await client.close();
  }
}

/** Opens connections by sending a request on each at once; their replies do not count. */
async function openBeforehand(client: HttpClient, requests: readonly PreparedRequest[]): Promise<void> {
  let unanswered = requests.length;
  const { promise: allAnswered, resolve } = Promise.withResolvers<undefined>();
  const abandons = requests.map((request) =>
    client.send(request, false, () => {
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

/** Reports start and end of the window. @returns the CPU share that sending and receiving took in it. */
function watchWindow(
  clock: SendClock,
  windowAtMs: number,
  durationMs: number,
  tell: (moment: Moment) => void,
): Promise<number> {
  return new Promise((resolve) => {
    setTimeout(() => {
      tell('open-start');
      const startedAt = performance.now();
      const cpuAtStart = process.cpuUsage();
      const idleAtStart = clock.idleMs();
      setTimeout(
        () => {
          const cpu = process.cpuUsage(cpuAtStart);
          const lengthMs = performance.now() - startedAt;
          const workMs = (cpu.user + cpu.system) / 1000 - (clock.idleMs() - idleAtStart);
          tell('open-end');
          resolve((Math.max(0, workMs) / lengthMs) * 100);
        },
        windowAtMs + durationMs - startedAt,
      );
    }, windowAtMs - performance.now());
  });
}

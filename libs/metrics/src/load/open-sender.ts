import { setTimeout as sleep } from 'node:timers/promises';
import { deadlineQueue, httpClient, type HttpClient } from './http-client.ts';
import type { GeneratorError, OpenOutcome, OpenSpec, SideError } from './load-spec.ts';
import { preparedMix, type PreparedRequest } from './request-mix.ts';
import { constantRate, startSendClock, windowSchedule, type SendClock } from './send-clock.ts';
import { isGood, requireReplies, serverUnderLoad } from './server-under-load.ts';
import { createTally, type Counter } from './tally.ts';

// from a decision to send until the first send, so that a timer that fires late does not make it late
const leadMs = 5;
const firstRepliesLimitMs = 2000;
const mostConnectionsBeforehand = 128;
// a send later than this is late: beyond what timers and a busy CPU do to a sound generator
const lateLimitMs = 1;

/** Enough for a robust figure of the slowest of them, and few enough to be kept of every trial. */
const mostInSeries = 1000;

/**
 * @returns how many connections are opened before the load: as many as requests arrive in 100 ms, from 1 to 128.
 * More are opened when they are needed, and then connecting is part of the latency, as it is for a user.
 */
export function connectionsBeforehand(rateRps: number): number {
  return Math.min(mostConnectionsBeforehand, Math.max(1, Math.ceil(rateRps / 10)));
}

/** The open window of one server, with its place among the servers of the job. */
export type OpenTarget = OpenSpec & { readonly side: number };

/** A server whose window is sent in slices. */
export type SlicedSide = {
  /** Length of its window: the sum of its slices. */
  readonly durationMs: number;
  /** Sends what is planned from one time of the window to another, and returns when that time is over. */
  readonly send: (fromMs: number, untilMs: number) => Promise<void>;
  /** @returns whether no request is under way, at the latest after `withinMs`. */
  readonly drained: (withinMs: number) => Promise<boolean>;
  /** Counts what was sent since the last call of this or of `forget`; no request is under way. */
  readonly count: () => void;
  /** Leaves it out: it will be sent again. */
  readonly forget: () => void;
  /** Whether the generator was late in what was sent since, and has now been late too often in this window. */
  readonly isLate: () => boolean;
  /** Whether a request failed since. */
  readonly hasFailed: () => boolean;
};

/** Sends the open window of one server, stretch by stretch of its plan. */
type OpenSender = SlicedSide & {
  /** Opens connections, and sends at the rate of the window for a while; nothing of it counts. */
  readonly warmUp: () => Promise<void>;
  /** Ends the requests whose deadline has passed. */
  readonly expire: () => void;
  /** @returns the error of a server that does not answer any more; undefined while it does. */
  readonly hung: () => SideError | undefined;
  /** What became of the requests, once none is under way. @throws SideError when more failed than were answered. */
  readonly outcome: (strict: boolean) => OpenOutcome;
  readonly close: () => Promise<void>;
};

type OpenSenderOptions = {
  /** Whether the clock may be polled between sends; only where the server has other CPUs. */
  readonly spin: boolean;
  /** Called with what ends the load. */
  readonly fail: (error: SideError | GeneratorError) => void;
};

/** A sender for the open window of a target. Times of the window count from its beginning, without what lies between slices. */
export function openSender(target: OpenTarget, { spin, fail }: OpenSenderOptions): OpenSender {
  const { side, origin, requests, seed, warmupMs, open } = target;
  const { rateRps, durationMs, mostLateSends = Infinity } = open;
  const timeoutMs = target.timeoutSeconds * 1000;
  const schedule = windowSchedule(open, seed);
  const connections = connectionsBeforehand(rateRps);
  const mix = preparedMix(requests, seed);
  const server = serverUnderLoad({ side, requests, connections, timeoutMs, fail });
  const tally = createTally(timeoutMs);
  const planned = schedule.plannedBefore(durationMs);
  const every = Math.max(1, Math.ceil(planned / mostInSeries));
  const series = Array.from({ length: Math.ceil(planned / every) }, (): number | null => null);
  const deadlines = deadlineQueue();
  let clock: SendClock | undefined;
  const client = httpClient(origin, () => {
    clock?.noteWork();
  });
  let onDrained: (() => void) | undefined;
  let slice = emptySlice();
  const counter: Counter = {
    replied: (latencyMs) => {
      slice.replies.push(latencyMs);
    },
    failed: (what) => {
      slice.hasFailed = true;
      tally.failed(what);
    },
    timedOut: () => {
      slice.hasFailed = true;
      tally.timedOut();
    },
  };
  let lateSends = 0;
  let maxLateMs = 0;
  const work = { cpuMs: 0, wallMs: 0 };

  const noteLate = (lateMs: number): void => {
    if (lateMs > lateLimitMs) slice.lateSends += 1;
    slice.maxLateMs = Math.max(slice.maxLateMs, lateMs);
  };

  const exchange = (index: number, plannedAtMs: number, counting: Counter | undefined): void => {
    const request = mix(index);
    const settled = (): void => {
      if (server.owed() === 0) onDrained?.();
    };
    server.sent();
    const done = deadlines.add(plannedAtMs + timeoutMs, () => {
      server.timedOut(counting);
      abandon();
      settled();
    });
    const abandon = client.send(request, server.wantsBody(request.place), (ending) => {
      done();
      const latencyMs = performance.now() - plannedAtMs;
      // the deadlines are looked at in steps: a reply may still come between
      if (latencyMs > timeoutMs) server.timedOut(counting);
      else {
        server.ended(request.place, ending, latencyMs, counting);
        if (counting !== undefined && index % every === 0)
          series[index / every] = isGood(ending) ? latencyMs : null;
      }
      settled();
    });
  };

  return {
    durationMs,

    warmUp: async () => {
      await openBeforehand(
        client,
        Array.from({ length: connections }, (_, index) => mix(index)),
      );
      const startAtMs = performance.now() + leadMs;
      const steady = constantRate(rateRps);
      clock = startSendClock({
        schedule: steady,
        startAtMs,
        first: 0,
        until: steady.plannedBefore(warmupMs),
        giveUpAtMs: startAtMs + warmupMs,
        spin,
        send: (index) => {
          exchange(index, startAtMs + steady.plannedMs(index), undefined);
        },
      });
      await Promise.all([clock.finished, sleepUntil(startAtMs + warmupMs)]);
    },

    send: async (fromMs, untilMs) => {
      const [first, until] = [schedule.plannedBefore(fromMs), schedule.plannedBefore(untilMs)];
      const startAtMs = performance.now() + leadMs - fromMs;
      const endAtMs = startAtMs + untilMs;
      const giveUpAtMs = endAtMs + timeoutMs;
      const ownClock = startSendClock({
        schedule,
        startAtMs,
        first,
        until,
        giveUpAtMs,
        spin,
        send: (index, lateMs) => {
          noteLate(lateMs);
          exchange(index, startAtMs + schedule.plannedMs(index), counter);
        },
      });
      clock = ownClock;
      const [sent, spent] = await Promise.all([ownClock.finished, workUntil(endAtMs, ownClock)]);
      work.cpuMs += spent.cpuMs;
      work.wallMs += spent.wallMs;
      for (let index = sent; index < until; index++) {
        noteLate(giveUpAtMs - startAtMs - schedule.plannedMs(index));
        counter.timedOut();
      }
    },

    drained: (withinMs) => {
      if (server.owed() === 0) return Promise.resolve(true);
      return new Promise((resolve) => {
        const timer =
          withinMs === Infinity
            ? undefined
            : setTimeout(() => {
                onDrained = undefined;
                resolve(false);
              }, withinMs);
        onDrained = () => {
          clearTimeout(timer);
          onDrained = undefined;
          resolve(true);
        };
      });
    },

    count: () => {
      for (const latencyMs of slice.replies) tally.replied(latencyMs);
      lateSends += slice.lateSends;
      maxLateMs = Math.max(maxLateMs, slice.maxLateMs);
      slice = emptySlice();
    },

    forget: () => {
      slice = emptySlice();
    },

    isLate: () => slice.lateSends > 0 && lateSends + slice.lateSends > mostLateSends,

    hasFailed: () => slice.hasFailed,

    expire: () => {
      deadlines.expire(performance.now());
    },

    hung: () => (server.silentMs() > server.silenceLimitMs() ? server.hangs(tally) : undefined),

    outcome: (strict) => {
      const generatorCpuPercent = (work.cpuMs / work.wallMs) * 100;
      if (strict) requireReplies(side, 'the open-loop window', tally, generatorCpuPercent);
      return {
        ...tally.counts(),
        durationMs,
        rateRps,
        planned,
        lateSends,
        maxLateMs,
        generatorCpuPercent,
        series: { every, latencyMs: series },
      };
    },

    close: () => client.close(),
  };
}

/** What was sent since it was last decided whether it counts. Failures always count, and are in the tally at once. */
function emptySlice() {
  return { replies: Array.of<number>(), hasFailed: false, lateSends: 0, maxLateMs: 0 };
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

function sleepUntil(atMs: number): Promise<void> {
  return sleep(Math.max(0, atMs - performance.now()));
}

/** @returns the CPU time that this process spends until then, without the polling of the clock, and how long that is. */
async function workUntil(
  atMs: number,
  clock: SendClock,
): Promise<{ readonly cpuMs: number; readonly wallMs: number }> {
  const startedAtMs = performance.now();
  const cpuAtStart = process.cpuUsage();
  await sleepUntil(atMs);
  const { user, system } = process.cpuUsage(cpuAtStart);
  return {
    cpuMs: Math.max(0, (user + system) / 1000 - clock.idleMs()),
    wallMs: performance.now() - startedAtMs,
  };
}

import type { OpenWindow } from './load-spec.ts';
import { seededRandom } from './seeded-random.ts';

/**
 * When to send: pure, and free of what the replies do. Times count from the start of the schedule.
 * The idea of a pacer as pure functions that tell what they are is vegeta's (lib/pacer.go).
 */
export type SendSchedule = {
  /** Planned time of the request with this index (the first has 0), in milliseconds. */
  readonly plannedMs: (index: number) => number;
  /** How many requests are planned before this time. */
  readonly plannedBefore: (timeMs: number) => number;
  readonly toString: () => string;
};

/**
 * Sends at a constant rate: the k-th request (from 0) at k ÷ rate. Each time is computed from its index, so rounding
 * does not add up.
 * @throws Error when the rate is not a finite number above 0.
 */
export function constantRate(rateRps: number): SendSchedule {
  if (!Number.isFinite(rateRps) || rateRps <= 0)
    throw new Error(`rateRps: ${rateRps}: expected a finite number of requests per second above 0`);
  const plannedMs = (index: number): number => (index * 1000) / rateRps;
  return {
    plannedMs,
    plannedBefore: (timeMs) => {
      let count = Math.max(0, Math.ceil((timeMs * rateRps) / 1000));
      // the product may be off by one place of the last digit; the times themselves decide
      while (count > 0 && plannedMs(count - 1) >= timeMs) count -= 1;
      while (plannedMs(count) < timeMs) count += 1;
      return count;
    },
    toString: () => `constant ${rateRps} requests/s`,
  };
}

// the order of a mix is drawn with the same seed, and must not follow the gaps
const arrivalsSalt = 0x9e3779b9;

/**
 * Sends at random: a Poisson process, the arrivals of users who know nothing of each other. Its number of arrivals is that
 * of the constant rate; given that number its times are independent and uniform, and normalised sums of exponential gaps
 * are such times in their order (Devroye 1986, V.3.1). So they cannot fall into step with what is periodic in a server, and
 * on average see every moment of it equally often (Wolff 1982). The same arguments give the same times.
 * @throws Error when the rate is not a finite number above 0.
 */
export function poissonArrivals(rateRps: number, durationMs: number, seed: number): SendSchedule {
  const count = constantRate(rateRps).plannedBefore(durationMs);
  const random = seededRandom(seed ^ arrivalsSalt);
  const timesMs = new Float64Array(count);
  let sum = 0;
  const nextGap = (): number => -Math.log(1 - random());
  for (let index = 0; index < count; index++) {
    sum += nextGap();
    timesMs[index] = sum;
  }
  const scale = durationMs / (sum + nextGap());
  for (let index = 0; index < count; index++) timesMs[index] = (timesMs[index] ?? 0) * scale;
  const plannedMs = (index: number): number => timesMs[index] ?? Infinity;
  return {
    plannedMs,
    plannedBefore: (timeMs) => {
      let [from, until] = [0, count];
      while (from < until) {
        const middle = Math.floor((from + until) / 2);
        if (plannedMs(middle) < timeMs) from = middle + 1;
        else until = middle;
      }
      return from;
    },
    toString: () => `Poisson, ${rateRps} requests/s`,
  };
}

/** @returns the planned times of an open window, counted from its beginning. */
export function windowSchedule(
  { rateRps, durationMs, arrivals = 'poisson' }: OpenWindow,
  seed: number,
): SendSchedule {
  return arrivals === 'constant' ? constantRate(rateRps) : poissonArrivals(rateRps, durationMs, seed);
}

// Node's timers count whole milliseconds, at least one, and fire up to one late: the last stretch is polled
const pollAheadMs = 1;
const shortestSleepMs = 1;
// so that replies are looked at between the sends of a generator that has fallen behind
const sendsPerTurn = 64;
// a turn of the event loop with nothing to do takes a few microseconds; what exceeds this was not idle polling but
// the garbage collector, or another process on this CPU
const idleTurnLimitMs = 0.05;

type SendClockOptions = {
  readonly schedule: SendSchedule;
  /** `performance.now()` at which the schedule has its time 0. */
  readonly startAtMs: number;
  /** Index of the first request to be sent. */
  readonly first: number;
  /** Index after the last one. */
  readonly until: number;
  /** `performance.now()` after which nothing is sent any more. */
  readonly giveUpAtMs: number;
  /** Polls the clock shortly before a send. Without it there are timers only, and sends come up to a millisecond late. */
  readonly spin: boolean;
  /** Must not throw. `lateMs` is how long after its planned time the request is sent. */
  readonly send: (index: number, lateMs: number) => void;
};

export type SendClock = {
  /** Fulfilled when all are sent or it is too late to send more, with the index after the last that was sent. */
  readonly finished: Promise<number>;
  /** To be called for each event of the connections: the turn of the event loop that it falls into was not idle. */
  readonly noteWork: () => void;
  /** CPU time spent so far on polling the clock with nothing to do. */
  readonly idleMs: () => number;
};

/**
 * Calls `send` at the planned times, whatever becomes of the requests. Far from the next send it sleeps, and the last
 * 1 to 2 ms it polls in turns of the event loop, so that it sends within some 10 µs.
 *
 * A turn counts as idle when neither in it nor in the one before anything was sent or received, with 50 µs at most.
 */
export function startSendClock(options: SendClockOptions): SendClock {
  const { schedule, startAtMs, first, until, spin } = options;
  const { promise, resolve } = Promise.withResolvers<number>();
  let next = first;
  let work = 0;
  let workSeen = 0;
  let wasQuiet = false;
  let polledAtMs: number | undefined;
  let idleMs = 0;

  const account = (nowMs: number): void => {
    const quiet = work === workSeen;
    if (polledAtMs !== undefined && quiet && wasQuiet)
      idleMs += Math.min(nowMs - polledAtMs, idleTurnLimitMs);
    wasQuiet = quiet;
    workSeen = work;
  };

  const turn = (): void => {
    let nowMs = performance.now();
    account(nowMs);
    if (nowMs > options.giveUpAtMs) {
      resolve(next);
      return;
    }
    for (let sends = 0; next < until && sends < sendsPerTurn; sends++) {
      const lateMs = nowMs - startAtMs - schedule.plannedMs(next);
      if (lateMs < 0) break;
      work += 1;
      options.send(next, lateMs);
      next += 1;
      nowMs = performance.now();
    }
    if (next === until) {
      resolve(next);
      return;
    }
    const waitMs = startAtMs + schedule.plannedMs(next) - nowMs;
    if (waitMs <= 0 || (spin && waitMs < pollAheadMs + shortestSleepMs)) {
      polledAtMs = performance.now();
      setImmediate(turn);
    } else {
      polledAtMs = undefined;
      setTimeout(turn, spin ? waitMs - pollAheadMs : waitMs);
    }
  };
  setImmediate(turn);

  return {
    finished: promise,
    noteWork: () => {
      work += 1;
    },
    idleMs: () => idleMs,
  };
}

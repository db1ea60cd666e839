import type { WindowMoments } from './closed-loop.ts';
import { deadlineQueue, type DeadlineQueue } from './deadline-queue.ts';
import {
  createLatencyHistogram,
  encodeHistogram,
  latencyQuantiles,
  recordLatency,
} from './latency-histogram.ts';
import type { LoadOutcome, TurnOutcome, TurnsOrder } from './load-order.ts';
import {
  openConnections,
  preparedMix,
  type OpenConnections,
  type PreparedRequest,
} from './open-connections.ts';
import { trainClient } from './train-client.ts';

// how often the oldest open requests are looked at for their deadline
const deadlineTickMs = 20;

/** A server and what its turns came to so far. */
type Side = {
  readonly connections: OpenConnections;
  readonly mix: (index: number) => PreparedRequest;
  sent: number;
  spentMs: number;
  course: TurnOutcome[];
  tally: Tally;
};

type Tally = {
  readonly histogram: ReturnType<typeof createLatencyHistogram>;
  requests: number;
  errors: number;
  timeouts: number;
  latencySumMs: number;
  latencyMaxMs: number;
};

/**
 * Loads several servers in short turns, each in a closed loop while the others have nothing to do, so that a host whose
 * speed changes within seconds changes it for all (after the duet of Bulej et al. 2020, which runs both at once). A turn
 * ends when the replies to what was sent in it have come; they count, and so does the time until then. The order of the
 * sides turns round from one round of turns to the next.
 * @returns the outcome of each side, in their order.
 */
export async function runTurns(order: TurnsOrder, moments: WindowMoments): Promise<readonly LoadOutcome[]> {
  const timeoutMs = order.timeoutSeconds * 1000;
  await trainClient();
  const openRequests = deadlineQueue();
  const ticker = setInterval(() => {
    openRequests.expire(performance.now());
  }, deadlineTickMs);
  const sides = order.sides.map(({ origin, requests }): Side => ({
    connections: openConnections(origin, () => undefined),
    mix: preparedMix(requests, order.seed),
    sent: 0,
    spentMs: 0,
    course: [],
    tally: emptyTally(),
  }));
  const turn = (side: Side, ms: number): Promise<void> =>
    takeTurn(side, { ms, connections: order.connections, timeoutMs, openRequests });
  try {
    if (order.warmupMs > 0) for (const side of sides) await turn(side, order.warmupMs);
    for (const side of sides) Object.assign(side, { spentMs: 0, course: [], tally: emptyTally() });

    moments.onStart();
    const startedAt = performance.now();
    const cpuAtStart = process.cpuUsage();
    for (let forward = true; sides.some(({ spentMs }) => spentMs < order.durationMs); forward = !forward) {
      for (const side of forward ? sides : sides.toReversed()) await turn(side, order.turnMs);
    }
    const cpu = process.cpuUsage(cpuAtStart);
    const lengthMs = performance.now() - startedAt;
    moments.onEnd();
    const generatorCpuPercent = ((cpu.user + cpu.system) / 1000 / lengthMs) * 100;
    return sides.map((side) => ({ ...outcomeOf(side), connections: order.connections, generatorCpuPercent }));
  } finally {
    clearInterval(ticker);
    await Promise.all(sides.map(({ connections }) => connections.close()));
  }
}

type Turn = {
  readonly ms: number;
  readonly connections: number;
  readonly timeoutMs: number;
  readonly openRequests: DeadlineQueue;
};

async function takeTurn(side: Side, { ms, connections, timeoutMs, openRequests }: Turn): Promise<void> {
  const startedAt = performance.now();
  const { requests: before } = side.tally;
  const oneAfterAnother = async (): Promise<void> => {
    do await exchange(side, timeoutMs, openRequests);
    while (performance.now() - startedAt < ms);
  };
  await Promise.all(Array.from({ length: connections }, oneAfterAnother));
  const durationMs = performance.now() - startedAt;
  side.spentMs += durationMs;
  side.course.push({ requests: side.tally.requests - before, durationMs });
}

/** One request and its reply, or its failure, which is counted. Never rejects. */
function exchange(side: Side, timeoutMs: number, openRequests: DeadlineQueue): Promise<void> {
  return new Promise((resolve) => {
    const { tally } = side;
    const sentAt = performance.now();
    const done = openRequests.add(sentAt + timeoutMs, () => {
      tally.timeouts += 1;
      abandon();
      resolve();
    });
    const abandon = side.connections.send(side.mix(side.sent), (status) => {
      done();
      const latencyMs = performance.now() - sentAt;
      if (status === undefined || status < 200 || status > 299) tally.errors += 1;
      else {
        tally.requests += 1;
        tally.latencySumMs += latencyMs;
        tally.latencyMaxMs = Math.max(tally.latencyMaxMs, latencyMs);
        recordLatency(tally.histogram, latencyMs);
      }
      resolve();
    });
    side.sent += 1;
  });
}

function emptyTally(): Tally {
  return {
    histogram: createLatencyHistogram(),
    requests: 0,
    errors: 0,
    timeouts: 0,
    latencySumMs: 0,
    latencyMaxMs: 0,
  };
}

function outcomeOf({ tally, spentMs, course }: Side) {
  const { histogram, requests, errors, timeouts, latencySumMs, latencyMaxMs } = tally;
  return {
    durationMs: spentMs,
    requests,
    errors,
    timeouts,
    throughputRps: (requests / spentMs) * 1000,
    latencyMs: {
      mean: requests === 0 ? 0 : latencySumMs / requests,
      ...latencyQuantiles(histogram),
      max: latencyMaxMs,
    },
    histogram: encodeHistogram(histogram),
    turns: course.length,
    course,
  };
}

import { generateLoad, startKnownLatencyServer, type CpuPlan, type LatencyProfile } from '@tare/metrics';
import type { Compared } from './latencies.ts';
import { closedTruth, openTruth } from './true-latencies.ts';

/** How long a server of known latency is under load. */
export type LatencyWindows = {
  readonly warmupMs: number;
  readonly closedMs: number;
  readonly openMs: number;
  /** Of the open loop. */
  readonly rateRps: number;
};

export type Observation = {
  readonly profile: LatencyProfile;
  readonly windows: LatencyWindows;
  readonly cpus: NonNullable<CpuPlan>;
  readonly seed: number;
  readonly signal: AbortSignal;
};

/** Either loop, from both sides. */
export type Observed = {
  readonly closed: Compared;
  readonly open: Compared;
  readonly lateSendsPercent: number;
};

// of the closed loop; more would keep step with each other, and wait for each other's replies
const connections = 8;
const timeoutSeconds = 10;
const slackMs = 60_000;

/**
 * Puts a server of known latency under a closed loop and then under load at a fixed rate; server and generator have CPUs of
 * their own.
 * @throws Error when a request failed: the quantiles would then be those of the others.
 */
export async function observeServer({
  profile,
  windows,
  cpus,
  seed,
  signal,
}: Observation): Promise<Observed> {
  const { warmupMs, closedMs, openMs, rateRps } = windows;
  const server = await startKnownLatencyServer({ ...profile, cpus: cpus.server, signal });
  try {
    const moments: number[] = [];
    const note = (): void => {
      moments.push(Number(process.hrtime.bigint()) / 1e6);
    };
    const { open, ...closed } = await generateLoad(
      {
        origin: server.origin,
        requests: [{ path: '/' }],
        seed,
        connections,
        warmupMs,
        window: { kind: 'duration', durationMs: closedMs },
        timeoutSeconds,
        open: { rateRps, durationMs: openMs },
      },
      {
        cpus: cpus.generator,
        deadlineMs: warmupMs + closedMs + openMs + slackMs,
        // begin and end of the closed window, then of the open one
        onMoment: note,
        signal,
      },
    );
    if (open === undefined) throw new Error(`${profile.kind}: the load generator made no open window`);
    const failed = closed.errors + closed.timeouts + open.errors + open.timeouts;
    if (failed > 0) throw new Error(`${profile.kind}: ${failed} requests failed, expected none`);
    const served = await server.served();
    const [closedFrom = 0, closedUntil = 0, openFrom = 0, openUntil = 0] = moments;
    return {
      closed: {
        reported: closed.latencyMs,
        truth: closedTruth(served, { fromMs: closedFrom, untilMs: closedUntil }),
      },
      open: {
        reported: open.latencyMs,
        truth: openTruth(served, rateRps, { fromMs: openFrom, untilMs: openUntil }),
      },
      lateSendsPercent: (open.lateSends / open.planned) * 100,
    };
  } finally {
    await server.stop();
  }
}

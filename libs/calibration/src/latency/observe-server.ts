import {
  generateLoad,
  startKnownLatencyServer,
  type CpuPlan,
  type LatencyProfile,
  type LoadOutcome,
} from '@tare/metrics';

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

export type Latencies = LoadOutcome['latencyMs'];

/** What the load generator reports in either loop. */
export type Observed = {
  readonly closed: Latencies;
  readonly open: Latencies;
  readonly lateSendsPercent: number;
};

const connections = 2;
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
      { cpus: cpus.generator, deadlineMs: warmupMs + closedMs + openMs + slackMs, signal },
    );
    if (open === undefined) throw new Error(`${profile.kind}: the load generator made no open window`);
    const failed = closed.errors + closed.timeouts + open.errors + open.timeouts;
    if (failed > 0) throw new Error(`${profile.kind}: ${failed} requests failed, expected none`);
    return {
      closed: closed.latencyMs,
      open: open.latencyMs,
      lateSendsPercent: (open.lateSends / open.planned) * 100,
    };
  } finally {
    await server.stop();
  }
}

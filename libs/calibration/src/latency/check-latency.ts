import {
  trueMeanMs,
  trueQuantileMs,
  type CpuPlan,
  type LatencyProfile,
  type LoadOutcome,
} from '@tare/metrics';
import { atMost, closeTo, made, notMade, shown } from '../check/check-items.ts';
import { figureText } from '../check/figure-text.ts';
import type { Check, CheckItem } from '../result/calibration-file.ts';
import { observeServer, type Observed } from './observe-server.ts';

export type LatencyCheck = {
  /** Length of each window at the servers that do not stall. */
  readonly windowMs: number;
  /** How many times the stalling server stalls in a window; a whole number. */
  readonly stalls: number;
  /** undefined where server and generator cannot have CPUs of their own. */
  readonly cpus: CpuPlan;
  readonly seed: number;
  readonly signal: AbortSignal;
};

const unit = 'ms';
const title = {
  id: 'latency',
  part: 'latency',
  title: 'Latency of servers with a known latency',
  unit,
} as const;

const quantiles = [
  ['p50', 0.5],
  ['p90', 0.9],
  ['p95', 0.95],
  ['p99', 0.99],
] as const;
const plainTolerance = { relative: 0.02, absolute: 0.1 };
const stallTolerance = { relative: 0.05 };
/** What a reply may cost besides the known latency: the way there and back, and HTTP on both sides. No more is forgiven. */
const mostWayMs = 0.5;
/** A closed loop that reports less than this share of the truth hides it. */
const hiddenShare = 0.1;
const warmupMs = 500;
const rateRps = 400;

const atOnce: LatencyProfile = { kind: 'fixed', delayMs: 0 };
const plain: readonly { readonly name: string; readonly profile: LatencyProfile }[] = [
  { name: 'always 10 ms', profile: { kind: 'fixed', delayMs: 10 } },
  {
    name: '93 % in 2 ms, 7 % in 20 ms',
    profile: { kind: 'bimodal', fastMs: 2, slowMs: 20, fastShare: 0.93 },
  },
];
const stalling = { kind: 'stalling', stallMs: 200, periodMs: 2000 } as const satisfies LatencyProfile;
const stallName = '200 ms of stall every 2 s';

/**
 * Puts servers of known latency under load in both loops and compares the reported quantiles with the truth. What the way
 * costs is measured with a server that answers at once, and belongs to the truth of the others.
 */
export async function checkLatency({ windowMs, stalls, cpus, seed, signal }: LatencyCheck): Promise<Check> {
  if (cpus === undefined) {
    return notMade(title, 'server and load generator need CPUs of their own: two CPUs, and taskset');
  }
  const shared = { cpus, seed, signal };
  const windows = { warmupMs, closedMs: windowMs, openMs: windowMs, rateRps };
  const way = await observeServer({ ...shared, profile: atOnce, windows });
  const items: CheckItem[] = [
    atMost('closed loop, answered at once, p50', way.closed.p50, mostWayMs, unit),
    atMost('open loop, answered at once, p50', way.open.p50, mostWayMs, unit),
  ];
  for (const { name, profile } of plain) {
    const observed = await observeServer({ ...shared, profile, windows });
    items.push(
      ...plainItems(`closed loop, ${name}`, profile, observed.closed, Math.min(way.closed.p50, mostWayMs)),
      ...plainItems(`open loop, ${name}`, profile, observed.open, Math.min(way.open.p50, mostWayMs)),
    );
  }
  const stallMs = stalls * stalling.periodMs;
  const stalled = await observeServer({
    ...shared,
    profile: stalling,
    windows: { warmupMs, closedMs: stallMs, openMs: stallMs, rateRps },
  });
  return made(
    title,
    [...items, ...stallItems(stalled)],
    [
      `Truth: the known latency, and what the way costs: ${figureText(way.closed.p50)} ms in the closed loop, ${figureText(way.open.p50)} ms in the open one (the median of a server that answers at once).`,
      `Under the stall the truth is that of uniform arrivals: quantile q is 200 ms − (1 − q) · 2 s. The open loop sent ${rateRps} requests per second, ${figureText(stalled.lateSendsPercent)} % of them more than 1 ms late.`,
    ],
  );
}

function plainItems(
  name: string,
  profile: LatencyProfile,
  reported: LoadOutcome['latencyMs'],
  wayMs: number,
): readonly CheckItem[] {
  const slowestMs = trueQuantileMs(profile, 1) + wayMs;
  return [
    ...quantiles.map(([key, quantile]) =>
      closeTo(
        {
          what: `${name}, ${key}`,
          reported: reported[key],
          truth: trueQuantileMs(profile, quantile) + wayMs,
          unit,
        },
        plainTolerance,
      ),
    ),
    closeTo(
      { what: `${name}, mean`, reported: reported.mean, truth: trueMeanMs(profile) + wayMs, unit },
      plainTolerance,
    ),
    // one hiccup of the host makes it
    shown(`${name}, max`, reported.max, slowestMs, unit),
  ];
}

function stallItems({ open, closed }: Observed): readonly CheckItem[] {
  const truth = (quantile: number): number => trueQuantileMs(stalling, quantile);
  return [
    shown(`open loop, ${stallName}, mean`, open.mean, trueMeanMs(stalling), unit),
    shown(`open loop, ${stallName}, p90`, open.p90, truth(0.9), unit),
    shown(`open loop, ${stallName}, p95`, open.p95, truth(0.95), unit),
    closeTo(
      { what: `open loop, ${stallName}, p99`, reported: open.p99, truth: truth(0.99), unit },
      stallTolerance,
    ),
    {
      ...shown(`closed loop, ${stallName}, p99 (hides it)`, closed.p99, truth(0.99), unit),
      limitText: `below ${figureText(truth(0.99) * hiddenShare)} ms: a closed loop hides stalls`,
      passed: closed.p99 < truth(0.99) * hiddenShare,
    },
  ];
}

import { trueMeanMs, trueQuantileMs, type CpuPlan, type LatencyProfile } from '@tare/metrics';
import { median } from '@tare/statistics';
import { atMost, closeTo, made, notMade, shown } from '../check/check-items.ts';
import { figureText } from '../check/figure-text.ts';
import type { Check, CheckItem } from '../result/calibration-file.ts';
import { observeServer, type Latencies, type Observed } from './observe-server.ts';

export type LatencyCheck = {
  /** Length of each window at the servers that do not stall. */
  readonly windowMs: number;
  /** Of those windows; the median of each figure counts. */
  readonly repetitions: number;
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

const soonMs = 1;
// not at once: the closed loop would then be so fast that its two connections wait for each other
const soon: LatencyProfile = { kind: 'fixed', delayMs: soonMs };
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
 * costs is measured with a server that answers in 1 ms, and belongs to the truth of the others.
 */
export async function checkLatency(options: LatencyCheck): Promise<Check> {
  const { windowMs, repetitions, stalls, cpus, seed, signal } = options;
  if (cpus === undefined) {
    return notMade(title, 'server and load generator need CPUs of their own: two CPUs, and taskset');
  }
  const shared = { cpus, seed, signal };
  const windows = { warmupMs, closedMs: windowMs, openMs: windowMs, rateRps };
  const observe = async (profile: LatencyProfile): Promise<Observed> => {
    const observed: Observed[] = [];
    for (let done = 0; done < repetitions; done += 1) {
      observed.push(await observeServer({ ...shared, profile, windows }));
    }
    return medianOf(observed);
  };
  const nearest = await observe(soon);
  const closedWayMs = nearest.closed.p50 - soonMs;
  const openWayMs = nearest.open.p50 - soonMs;
  const items: CheckItem[] = [
    atMost('closed loop, cost of the way', closedWayMs, mostWayMs, unit),
    atMost('open loop, cost of the way', openWayMs, mostWayMs, unit),
  ];
  for (const { name, profile } of plain) {
    const observed = await observe(profile);
    items.push(
      ...plainItems(`closed loop, ${name}`, profile, observed.closed, Math.min(closedWayMs, mostWayMs)),
      ...plainItems(`open loop, ${name}`, profile, observed.open, Math.min(openWayMs, mostWayMs)),
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
      `Truth: the known latency, and what the way costs: ${figureText(closedWayMs)} ms in the closed loop, ${figureText(openWayMs)} ms in the open one (by the median of a server that answers in ${soonMs} ms). Of ${repetitions} windows the median of each figure counts.`,
      `Under the stall the truth is that of uniform arrivals: quantile q is 200 ms − (1 − q) · 2 s. The open loop sent ${rateRps} requests per second, ${figureText(stalled.lateSendsPercent)} % of them more than 1 ms late.`,
    ],
  );
}

function medianOf(observed: readonly Observed[]): Observed {
  const over = (figure: (each: Observed) => number): number => median(observed.map(figure));
  const latency = (loop: 'closed' | 'open'): Latencies => ({
    mean: over((each) => each[loop].mean),
    p50: over((each) => each[loop].p50),
    p90: over((each) => each[loop].p90),
    p95: over((each) => each[loop].p95),
    p99: over((each) => each[loop].p99),
    max: over((each) => each[loop].max),
  });
  return {
    closed: latency('closed'),
    open: latency('open'),
    lateSendsPercent: over(({ lateSendsPercent }) => lateSendsPercent),
  };
}

function plainItems(
  name: string,
  profile: LatencyProfile,
  reported: Latencies,
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

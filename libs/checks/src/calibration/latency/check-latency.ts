import { trueMeanMs, trueQuantileMs, type CpuPlan, type LatencyProfile } from '@tare/metrics';
import { median } from '@tare/statistics';
import { atMost, closeTo, made, notMade, shown } from '../check/check-items.ts';
import { figureText } from '../check/figure-text.ts';
import type { Check, CheckItem } from '../result/calibration-file.ts';
import type { Compared, Latencies } from './latencies.ts';
import { observeServer, type Observed } from './observe-server.ts';

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
// Two percent of these are a millisecond and more. A shorter one is shown, for what a host adds by its own hiccups is then
// beyond two percent of it.
const plain: readonly {
  readonly name: string;
  readonly profile: LatencyProfile;
  readonly judged: boolean;
}[] = [
  { name: 'always 10 ms', profile: { kind: 'fixed', delayMs: 10 }, judged: false },
  { name: 'always 100 ms', profile: { kind: 'fixed', delayMs: 100 }, judged: true },
  {
    name: '93 % in 40 ms, 7 % in 200 ms',
    profile: { kind: 'bimodal', fastMs: 40, slowMs: 200, fastShare: 0.93 },
    judged: true,
  },
];
const stalling = { kind: 'stalling', stallMs: 200, periodMs: 2000 } as const satisfies LatencyProfile;
const stallName = '200 ms of stall every 2 s';

/**
 * Puts servers of known latency under load in both loops and compares the reported quantiles with the truth. The truth is the
 * server's own record, for a host that pauses for some milliseconds makes the known latency longer than it is meant to be;
 * that the record is right is checked against what is meant. What the way costs, on which the server has no eye, is measured
 * with a server that answers in 1 ms, and belongs to the truth of the others.
 */
export async function checkLatency(options: LatencyCheck): Promise<Check> {
  const { windowMs, repetitions, stalls, cpus, seed, signal } = options;
  if (cpus === undefined) {
    return notMade(title, 'server and load generator need CPUs of their own: two CPUs, and taskset');
  }
  const shared = { cpus, seed, signal };
  const windows = { warmupMs, closedMs: windowMs, openMs: windowMs, rateRps };
  const observe = async (profile: LatencyProfile): Promise<readonly Observed[]> => {
    const observed: Observed[] = [];
    for (let done = 0; done < repetitions; done += 1) {
      observed.push(await observeServer({ ...shared, profile, windows }));
    }
    return observed;
  };
  const nearest = await observe(soon);
  const closedWayMs = wayOf(nearest.map(({ closed }) => closed));
  const openWayMs = wayOf(nearest.map(({ open }) => open));
  const items: CheckItem[] = [
    atMost('closed loop, cost of the way', closedWayMs, mostWayMs, unit),
    atMost('open loop, cost of the way', openWayMs, mostWayMs, unit),
  ];
  for (const { name, profile, judged } of plain) {
    const observed = await observe(profile);
    items.push(
      recordItem(name, profile, observed),
      // no report shows the quantiles of a closed loop beside those of an open one
      ...plainItems(
        `closed loop, ${name}`,
        observed.map(({ closed }) => closed),
        Math.min(closedWayMs, mostWayMs),
      ).map(asShown),
      ...plainItems(
        `open loop, ${name}`,
        observed.map(({ open }) => open),
        Math.min(openWayMs, mostWayMs),
      ).map((item) => (judged ? item : asShown(item))),
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
      `Truth: the server's own record of its latencies, in the open loop from the planned times, and what the way costs: ${figureText(closedWayMs)} ms in the closed loop, ${figureText(openWayMs)} ms in the open one (by the median of a server that answers in ${soonMs} ms). Of ${repetitions} windows the one with the median error counts for each figure.`,
      `Under the stall the truth is that of uniform arrivals: quantile q is 200 ms − (1 − q) · 2 s. The open loop sent ${rateRps} requests per second, ${figureText(stalled.lateSendsPercent)} % of them more than 1 ms late.`,
    ],
  );
}

function asShown(item: CheckItem): CheckItem {
  return { ...item, limitText: 'shown, not judged', passed: null };
}

function wayOf(windows: readonly Compared[]): number {
  return median(windows.map(({ reported, truth }) => reported.p50 - truth.p50));
}

/** Whether the server's own record agrees with the latency that it is meant to have. */
function recordItem(name: string, profile: LatencyProfile, observed: readonly Observed[]): CheckItem {
  const recorded = median(observed.map(({ closed }) => closed.truth.p50));
  const what = `the server's record, ${name}, p50`;
  return closeTo({ what, reported: recorded, truth: trueQuantileMs(profile, 0.5), unit }, plainTolerance);
}

function plainItems(name: string, windows: readonly Compared[], wayMs: number): readonly CheckItem[] {
  const judged = [...quantiles.map(([key]) => key), 'mean'] as const;
  const compared = (key: keyof Latencies) => {
    const { reported, truth } = middleOf(windows, key);
    return { what: `${name}, ${key}`, reported, truth: truth + wayMs, unit };
  };
  const last = compared('max');
  return [
    ...judged.map((key) => closeTo(compared(key), plainTolerance)),
    // one hiccup of the host makes it
    shown(last.what, last.reported, last.truth, unit),
  ];
}

/** The figure of the window whose error is the median one. */
function middleOf(
  windows: readonly Compared[],
  key: keyof Latencies,
): { readonly reported: number; readonly truth: number } {
  const pairs = windows
    .map(({ reported, truth }) => ({ reported: reported[key], truth: truth[key] }))
    .toSorted((one, other) => one.reported - one.truth - (other.reported - other.truth));
  return pairs[Math.floor(pairs.length / 2)] ?? { reported: 0, truth: 0 };
}

function stallItems({
  open: { reported: open },
  closed: { reported: closed },
}: Observed): readonly CheckItem[] {
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

import {
  generateLoad,
  startKnownLatencyServer,
  trueMeanMs,
  trueQuantileMs,
  windowSchedule,
  type CpuPlan,
  type LatencyProfile,
  type LoadOutcome,
  type ServedRequest,
} from '@tare/metrics';
import { counted, mean, median, quantile } from '@tare/statistics';
import type { Check, CheckItem } from '@tare/results/calibration';
import { atMost, closeTo, figureText, made, notMade, shown } from './check-items.ts';

type LatencyCheck = {
  /** Length of each window for the servers that do not stall. */
  readonly windowMs: number;
  /** Number of those windows; the median of each figure counts. */
  readonly repetitions: number;
  /** How many times the stalling server stalls in a window; a whole number. */
  readonly stalls: number;
  /** undefined where server and generator cannot have separate CPUs. */
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
/** Upper limit for the cost of a reply besides the known latency: transport, and HTTP on both sides. */
const mostWayMs = 0.5;
/** A closed loop hides the truth when it reports less than this share of it. */
const hiddenShare = 0.1;
const warmupMs = 500;
const rateRps = 400;
// arrivals are random: of 400 a second too few meet the stalls for a p99 within 5 %
const stallRateRps = 1000;

const soonMs = 1;
// not at once, because connections of such a fast closed loop would wait for each other
const soon: LatencyProfile = { kind: 'fixed', delayMs: soonMs };
// Two percent of a judged latency are almost a millisecond or more. Shorter ones are only shown, because the hiccups of a
// host exceed two percent of them.
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
 * Puts servers of known latency under load in both loops and compares the reported quantiles with the truth. The truth is
 * the server's own record, because a host that pauses for some milliseconds makes the known latency longer than intended;
 * the check compares the record with the intended latency too. The server cannot see the cost of transport: a server that
 * answers in 1 ms measures it, and the truth of the others includes it.
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
      // not judged, because no report shows the quantiles of a closed loop beside those of an open one
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
    windows: { warmupMs, closedMs: stallMs, openMs: stallMs, rateRps: stallRateRps },
  });
  return made(
    title,
    [...items, ...stallItems(stalled)],
    [
      `Truth: the server's own record of its latencies, in the open loop from the planned times, and what the way costs: ${figureText(closedWayMs)} ms in the closed loop, ${figureText(openWayMs)} ms in the open one (by the median of a server that answers in ${soonMs} ms). Of ${repetitions} windows the one with the median error counts for each figure.`,
      `Under the stall the truth is that of uniform arrivals: quantile q is 200 ms − (1 − q) · 2 s. The open loop sent ${stallRateRps} requests per second, ${figureText(stalled.lateSendsPercent)} % of them more than 1 ms late.`,
    ],
  );
}

function asShown(item: CheckItem): CheckItem {
  return { ...item, limitText: 'shown, not judged', passed: null };
}

function wayOf(windows: readonly Compared[]): number {
  return median(windows.map(({ reported, truth }) => reported.p50 - truth.p50));
}

/** Whether the server's own record agrees with its intended latency. */
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
    // one hiccup of the host determines the maximum
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

/** The load windows of a server of known latency. */
type LatencyWindows = {
  readonly warmupMs: number;
  readonly closedMs: number;
  readonly openMs: number;
  /** Rate of the open loop. */
  readonly rateRps: number;
};

type Observation = {
  readonly profile: LatencyProfile;
  readonly windows: LatencyWindows;
  readonly cpus: NonNullable<CpuPlan>;
  readonly seed: number;
  readonly signal: AbortSignal;
};

/** Both loops, each as the generator and the server saw it. */
type Observed = {
  readonly closed: Compared;
  readonly open: Compared;
  readonly lateSendsPercent: number;
};

// of the closed loop; more would fall into step and wait for each other's replies
const connections = 8;
const timeoutSeconds = 10;
const slackMs = 60_000;

/**
 * Puts a server of known latency under a closed loop and then under load at a fixed rate, on separate CPUs.
 * @throws Error when a request fails, because the quantiles would leave it out.
 */
async function observeServer({ profile, windows, cpus, seed, signal }: Observation): Promise<Observed> {
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
        // start and end of the closed window come first
        onMoment: note,
        signal,
      },
    );
    if (open === undefined) throw new Error(`${profile.kind}: the load generator made no open window`);
    const failed = closed.errors + closed.timeouts + open.errors + open.timeouts;
    if (failed > 0) throw new Error(`${profile.kind}: ${counted(failed, 'request')} failed, expected none`);
    const served = await server.served();
    const [closedFrom = 0, closedUntil = 0] = moments;
    const { plannedMs } = windowSchedule({ rateRps, durationMs: openMs }, seed);
    return {
      closed: {
        reported: closed.latencyMs,
        truth: closedTruth(served, { fromMs: closedFrom, untilMs: closedUntil }),
      },
      open: {
        reported: open.latencyMs,
        truth: openTruth(
          served,
          Array.from({ length: open.planned }, (_, index) => plannedMs(index)),
        ),
      },
      lateSendsPercent: (open.lateSends / open.planned) * 100,
    };
  } finally {
    await server.stop();
  }
}

/** Mean, quantiles and maximum in milliseconds, as the load generator reports them. */
type Latencies = LoadOutcome['latencyMs'];

/** The same figures from the load generator and from the server's own record. */
export type Compared = { readonly reported: Latencies; readonly truth: Latencies };

/** An interval on the machine's monotonic clock, in milliseconds. */
type Stretch = { readonly fromMs: number; readonly untilMs: number };

/** The latencies of a closed loop from the server's record: arrival to reply for every reply in the window. */
export function closedTruth(served: readonly ServedRequest[], { fromMs, untilMs }: Stretch): Latencies {
  return latenciesOf(
    served
      .filter(({ repliedMs }) => repliedMs >= fromMs && repliedMs <= untilMs)
      .map(({ arrivedMs, repliedMs }) => repliedMs - arrivedMs),
  );
}

/**
 * The latencies of an open loop from the server's record: planned send time to reply. Nothing is sent after the window, so
 * its requests are the last ones. The server does not know when the window began: at the latest time for which no request
 * arrived before its own.
 * @param plannedMs the planned times since the window began, in their order.
 */
export function openTruth(served: readonly ServedRequest[], plannedMs: readonly number[]): Latencies {
  const inOrder = served.toSorted((one, other) => one.arrivedMs - other.arrivedMs).slice(-plannedMs.length);
  const plannedAt = (index: number): number => plannedMs[index] ?? 0;
  const startMs = inOrder.reduce(
    (least, { arrivedMs }, index) => Math.min(least, arrivedMs - plannedAt(index)),
    Number.POSITIVE_INFINITY,
  );
  return latenciesOf(inOrder.map(({ repliedMs }, index) => repliedMs - (startMs + plannedAt(index))));
}

function latenciesOf(ms: readonly number[]): Latencies {
  return {
    mean: mean(ms),
    p50: quantile(ms, 0.5),
    p90: quantile(ms, 0.9),
    p95: quantile(ms, 0.95),
    p99: quantile(ms, 0.99),
    max: quantile(ms, 1),
  };
}

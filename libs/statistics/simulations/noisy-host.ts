import { seededNormal } from '../fixtures/seeded-normal.ts';
import type { PairedSlices, Slice } from '../src/paired-slices.ts';
import { seededUniform } from './round-noise.ts';

/** How a candidate is slower than its baseline by itself, whatever the host does. */
export type OwnSlowness =
  | { readonly kind: 'none' }
  | { readonly kind: 'constant'; readonly percent: number }
  /** Three times slower in bursts of this length that come at random. */
  | { readonly kind: 'bursts'; readonly sharePercent: number; readonly burstMs: number }
  /** A CFS quota: off for the last 30 ms of every 100. */
  | { readonly kind: 'throttle' };

export const hostTruths: Readonly<Record<string, OwnSlowness>> = {
  equal: { kind: 'none' },
  '5 % slower': { kind: 'constant', percent: 5 },
  '2 % in 5 ms': { kind: 'bursts', sharePercent: 2, burstMs: 5 },
  '2 % in 50 ms': { kind: 'bursts', sharePercent: 2, burstMs: 50 },
  '2 % in 500 ms': { kind: 'bursts', sharePercent: 2, burstMs: 500 },
  '4 % in 50 ms': { kind: 'bursts', sharePercent: 4, burstMs: 50 },
  '4 % in 500 ms': { kind: 'bursts', sharePercent: 4, burstMs: 500 },
  '10 % in 5 ms': { kind: 'bursts', sharePercent: 10, burstMs: 5 },
  '10 % in 50 ms': { kind: 'bursts', sharePercent: 10, burstMs: 50 },
  '10 % in 500 ms': { kind: 'bursts', sharePercent: 10, burstMs: 500 },
  throttled: { kind: 'throttle' },
};

/** The candidate's throughput ÷ the baseline's, of requests ÷ time over a long closed loop. */
export function trueRatio(slowness: OwnSlowness): number {
  switch (slowness.kind) {
    case 'none':
      return 1;
    case 'constant':
      return 1 / (1 + slowness.percent / 100);
    case 'bursts':
      return 1 - (slowness.sharePercent / 100) * (2 / 3);
    case 'throttle':
      return 0.7;
  }
}

/**
 * A quiet 2-core VM as it was measured with slices of 84 ms: the log-ratio of adjacent slices of equal copies has quartiles of −6.6 and
 * +7.9 %, 5th and 95th percentiles of −45 and +48 %, a correlation of 0.1 with the next.
 */
export const host = {
  /** Mean time between two disturbances. */
  calmMs: 580,
  /** Mean length of one. */
  disturbedMs: 75,
  /** Speed while it lasts, evenly spread. */
  slowest: 0.1,
  fastest: 0.5,
  /** Drift of the host from second to second. */
  driftStdev: 0.04,
  /** Of the work of one request, as a logarithm. */
  jitter: 0.18,
  /** Of a launch, as a logarithm. */
  launchStdev: 0.005,
} as const;

const requestMs = 7;
const connections = 8;
const sendMs = 25;
const windowMs = 8_000;
const longestMs = 60_000;

/** A slice with what the simulation knows about it. */
export type KnownSlice = Slice & {
  /** Time that the host took from it. */
  readonly lostMs: number;
  /** Share of its time in which the candidate was slow by itself. */
  readonly ownShare: number;
};
export type KnownSlices = {
  readonly candidate: readonly KnownSlice[];
  readonly baseline: readonly KnownSlice[];
};

/** One trial pair: both are sent eight requests at a time for 25 ms in turn, and drained, until each had 8 s. */
export function simulateTrialPair(slowness: OwnSlowness, seed: number, quiet = false): KnownSlices {
  const normal = seededNormal(seed);
  const uniform = seededUniform(seed + 1e14);
  const own = seededUniform(seed + 2e14);
  const work = seededNormal(seed + 3e14);
  const wait = (meanMs: number, random: () => number) => -Math.log(random()) * meanMs;

  const speed = new Float64Array(longestMs);
  const ofHost = new Float64Array(longestMs);
  let [disturbed, untilMs, factor, drift] = [false, wait(host.calmMs, uniform), 1, normal()];
  for (let ms = 0; ms < longestMs; ms += 1) {
    while (ms >= untilMs) {
      disturbed = !disturbed;
      untilMs += wait(disturbed ? host.disturbedMs : host.calmMs, uniform);
      factor = disturbed ? host.slowest + (host.fastest - host.slowest) * uniform() : 1;
    }
    if (ms % 1000 === 0) drift = 0.9 * drift + Math.sqrt(1 - 0.81) * normal();
    ofHost[ms] = quiet ? 1 : factor;
    speed[ms] = quiet ? 1 : factor * Math.exp(host.driftStdev * drift);
  }

  const ownSpeed = new Float64Array(longestMs).fill(1);
  if (slowness.kind === 'constant') ownSpeed.fill(trueRatio(slowness));
  if (slowness.kind === 'throttle') {
    const phase = Math.floor(own() * 100);
    ownSpeed.forEach((_, ms) => {
      if ((ms + phase) % 100 >= 70) ownSpeed[ms] = 0;
    });
  }
  if (slowness.kind === 'bursts') {
    const share = slowness.sharePercent / 100;
    const gapMs = (slowness.burstMs * (1 - share)) / share;
    // A first gap that starts anywhere.
    for (let ms = wait(gapMs, own) - (own() < share ? gapMs : 0); ms < longestMs;) {
      const from = Math.round(ms);
      ownSpeed.fill(1 / 3, Math.max(0, from), Math.max(0, from + slowness.burstMs));
      ms = from + slowness.burstMs + wait(gapMs, own);
    }
  }

  const launch = quiet ? [0, 0] : [host.launchStdev * normal(), host.launchStdev * normal()];
  let now = 0;
  const slice = (isCandidate: boolean): KnownSlice => {
    const startMs = now;
    const scale = Math.exp(launch[isCandidate ? 0 : 1] ?? 0);
    let [answered, owed, lostMs, ownMs] = [0, connections, 0, 0];
    while (owed > 0) {
      let left = requestMs * (quiet ? 1 : Math.exp(host.jitter * work() - host.jitter ** 2 / 2)) * scale;
      while (left > 1e-12) {
        const ms = Math.floor(now);
        const mine = isCandidate ? (ownSpeed[ms] ?? 1) : 1;
        const rate = (speed[ms] ?? 1) * mine;
        const spanMs = Math.min(ms + 1 - now, rate > 0 ? left / rate : Infinity);
        left -= spanMs * rate;
        lostMs += spanMs * (1 - (ofHost[ms] ?? 1));
        if (mine < 0.5) ownMs += spanMs;
        now = spanMs === ms + 1 - now ? ms + 1 : now + spanMs;
      }
      answered += 1;
      owed -= 1;
      if (now - startMs < sendMs) owed += 1;
    }
    const durationMs = now - startMs;
    return { requests: answered, durationMs, lostMs, ownShare: ownMs / durationMs };
  };

  const candidate: KnownSlice[] = [];
  const baseline: KnownSlice[] = [];
  const spentMs = (slices: readonly Slice[]) => slices.reduce((sum, each) => sum + each.durationMs, 0);
  // Which of the two begins is drawn, the order turns round from pair to pair.
  let candidateFirst = own() < 0.5;
  while (Math.min(spentMs(candidate), spentMs(baseline)) < windowMs && now < longestMs - 2_000) {
    if (candidateFirst) candidate.push(slice(true));
    baseline.push(slice(false));
    if (!candidateFirst) candidate.push(slice(true));
    candidateFirst = !candidateFirst;
  }
  return { candidate, baseline };
}

/** What a meter tells of the time that the host took from a slice. */
export type Evidence = {
  /** Mean share of a disturbance that the evidence shows; a single one deviates by `error` of that. */
  readonly part: number;
  readonly error: number;
  /** Mean of what the evidence shows without any disturbance. */
  readonly noiseMs: number;
  /** Share of the candidate's own stalls that are taken for the host's. */
  readonly blames: number;
};

/** The slices with what such a meter tells. */
export function told(
  pair: KnownSlices,
  { part, error, noiseMs, blames }: Evidence,
  seed: number,
): PairedSlices {
  const uniform = seededUniform(seed);
  const withEvidence = (slice: KnownSlice): Slice => ({
    ...slice,
    disturbedMs:
      Math.max(0, slice.lostMs * part * (1 + error * (2 * uniform() - 1))) -
      noiseMs * Math.log(uniform()) +
      blames * slice.ownShare * slice.durationMs,
  });
  return { candidate: pair.candidate.map(withEvidence), baseline: pair.baseline.map(withEvidence) };
}

import { latencyWindowOf, type Metric, metricCatalogue, robustRound, type Trial } from '@tare/results';
import {
  decideGuarded,
  decideSequentially,
  mean,
  median,
  planGuardedLooks,
  planLooks,
  sampleStandardDeviation,
  seededRandom,
  type Direction,
  type GuardedRound,
  type SeededRandom,
} from '@tare/statistics';
import type { MetricPower } from '@tare/results/calibration';

/** Recorded rounds of two equal copies, as one metric decides by them. */
export type RecordedRounds = {
  readonly metric: string;
  readonly direction: Direction;
  /** Relative difference that does not matter, as a share. */
  readonly margin: number;
  /** Log-ratios, robust ones and those of the figures: the same where a metric has no robust ones. */
  readonly rounds: readonly GuardedRound[];
  readonly isRobust: boolean;
};

/**
 * What the judged metrics of a run say by round, copy against baseline. Left out are those that equal the net ones for a plain
 * process, those whose windows hold too few requests, and those that some round has no figure of.
 */
export function recordedRounds(
  trials: readonly Trial[],
  { baseline, copy }: { readonly baseline: string; readonly copy: string },
): readonly RecordedRounds[] {
  const rounds = [...Map.groupBy(trials, ({ round }) => round).values()];
  const pairs = rounds.flatMap((ofRound) => {
    const [one, other] = [copy, baseline].map((name) =>
      ofRound.find(({ environment }) => environment === name),
    );
    return one === undefined || other === undefined ? [] : [{ candidate: one, baseline: other }];
  });
  return metricCatalogue
    .filter(({ judged, key }) => judged && !key.includes('Gross'))
    .flatMap((metric) => {
      const { key, direction, margin } = metric;
      const figures = pairs.map((pair) => roundOf(pair, metric));
      const found = figures.filter((each) => each !== null);
      if (found.length === 0 || found.length < pairs.length) return [];
      const isRobust = found.every((each) => each.isRobust);
      const wholes = found.map(({ whole }) => ({ typical: whole, whole }));
      return [{ metric: key, direction, margin, isRobust, rounds: isRobust ? found : wholes }];
    });
}

type Pair = { readonly candidate: Trial; readonly baseline: Trial };

function roundOf(pair: Pair, metric: Metric): (GuardedRound & { readonly isRobust: boolean }) | null {
  const { fewestRequests = 0 } = metric;
  const { candidate, baseline } = pair;
  const [one, other] = [metric.of(candidate) ?? 0, metric.of(baseline) ?? 0];
  const requests = [candidate, baseline].map((trial) => latencyWindowOf(trial)?.requests ?? 0);
  if (!(one > 0 && other > 0) || Math.min(...requests) < fewestRequests) return null;
  const whole = Math.log(one / other);
  const robust = robustRound(metric, { candidate, baseline: [baseline] });
  return robust === undefined ? { typical: whole, whole, isRobust: false } : { ...robust, isRobust: true };
}

type PowerOptions = {
  /** The most rounds of the runs that are made of the recorded ones. */
  readonly mostRounds: number;
  /** How long a round takes. */
  readonly roundMs: number;
  /** How much slower the candidate is made, as a share. */
  readonly slowdown: number;
  readonly resamples: number;
  readonly seed: number;
};

/**
 * How soon runs on this host decide about one metric: many runs made of rounds that are drawn from the recorded ones with
 * replacement, decided at the looks of a run, once as they are (until "same") and once with the candidate slower by a known
 * share (until that is found). The truth of the recorded copies is that they are equal, so their mean is taken off, and
 * the spread that this takes with it is given back.
 *
 * A slowdown beyond the margin is found by the verdict "worse"; one that lies within or on it can have no such verdict, and counts
 * as found when the interval of a look leaves no doubt that there is a difference.
 * @throws RangeError for fewer than two rounds.
 */
export function powerOf(recorded: RecordedRounds, options: PowerOptions): MetricPower {
  const { metric, margin, direction } = recorded;
  const { slowdown } = options;
  const centred = centredRounds(recorded.rounds);
  const shift = direction === 'lower' ? Math.log1p(slowdown) : -Math.log1p(slowdown);
  const random = seededRandom(options.seed);
  const drawn = Array.from({ length: options.resamples }, () => draw(centred, options.mostRounds, random));
  const slower = drawn.map((rounds) =>
    rounds.map(({ typical, whole }) => ({ typical: typical + shift, whole: whole + shift })),
  );
  const roundsUntil = deciderOf(recorded, options);
  const marginToFind = margin < slowdown ? margin : 0;
  return {
    metric,
    logRatioStdev: sampleStandardDeviation(centred.map(({ typical }) => typical)),
    found: timed(
      slower.map((rounds) => roundsUntil('worse', rounds, marginToFind)),
      options,
    ),
    same: timed(
      drawn.map((rounds) => roundsUntil('same', rounds, margin)),
      options,
    ),
  };
}

function centredRounds(rounds: readonly GuardedRound[]): readonly GuardedRound[] {
  const typicalMean = mean(rounds.map(({ typical }) => typical));
  const wholeMean = mean(rounds.map(({ whole }) => whole));
  const given = Math.sqrt(rounds.length / (rounds.length - 1));
  return rounds.map(({ typical, whole }) => ({
    typical: (typical - typicalMean) * given,
    whole: (whole - wholeMean) * given,
  }));
}

function draw<T>(values: readonly T[], count: number, random: SeededRandom): readonly T[] {
  return Array.from({ length: count }, () => values[random.below(values.length)] as T);
}

/** How many rounds a run takes until it decides so; Infinity where it ends without. */
type RoundsUntil = (wanted: 'worse' | 'same', rounds: readonly GuardedRound[], margin: number) => number;

/** Plans the looks once: their levels take far longer to compute than a decision. */
function deciderOf({ isRobust, direction }: RecordedRounds, { mostRounds }: PowerOptions): RoundsUntil {
  if (isRobust) {
    const plan = planGuardedLooks(mostRounds);
    return (wanted, rounds, margin) => {
      const { decision, typical, whole } = decideGuarded(rounds, { plan, margin, direction });
      return decision === wanted ? (typical?.rounds ?? whole?.rounds ?? Infinity) : Infinity;
    };
  }
  const plan = planLooks(mostRounds);
  return (wanted, rounds, margin) => {
    const wholes = rounds.map(({ whole }) => whole);
    const { decision, look } = decideSequentially(wholes, { plan, margin, direction });
    return decision === wanted ? (look?.rounds ?? Infinity) : Infinity;
  };
}

function timed(untilDecided: readonly number[], { roundMs }: PowerOptions): MetricPower['found'] {
  const decided = untilDecided.filter(Number.isFinite).length;
  const middle = median(untilDecided.map((rounds) => Math.min(rounds, Number.MAX_SAFE_INTEGER)));
  // where half of the runs or more do not decide there is no median
  const rounds = decided * 2 > untilDecided.length ? Math.ceil(middle) : null;
  return {
    rounds,
    minutes: rounds === null ? null : (rounds * roundMs) / 60_000,
    percent: (decided / untilDecided.length) * 100,
  };
}

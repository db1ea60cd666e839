import {
  comparePaired,
  decideGuarded,
  decideSequentially,
  decisionOf,
  type Direction,
  fewestRounds,
  type GuardedRound,
  logRatioOfTotals,
  type Look,
  mean,
  planGuardedLooks,
  planLooks,
  roundsMoreToDecide,
  type SequentialDecision,
  slowRequestsLogRatio,
  typicalLogRatio,
  typicalRequestLogRatio,
  typicalStartLogRatio,
  typicalTailLogRatio,
} from '@tare/statistics';
import { burstOf, latencyWindowOf, metricCatalogue, tareOf } from './metric-catalogue.ts';
import type { Metric, MetricKey } from './metric-catalogue.ts';
import type { Comparison, Trial } from './run-file.ts';

const countedOnly = 'errors are counted, not compared by ratio';

/** Relative differences that do not matter, as shares, by key of the metric; others have those of the catalogue. */
export type Margins = Partial<Readonly<Record<MetricKey, number>>>;

/** When open comparisons are tested. The error is spent over these looks, so they must not depend on what was measured. */
export type Looks = {
  /** The most rounds that there can be. */
  readonly mostRounds: number;
  /** Rounds of the looks, ascending, at least 6, the last at most `mostRounds`. */
  readonly rounds: readonly number[];
  /** Why there are no more rounds, if fewer than the most were made. */
  readonly end?: 'budget' | 'interrupted' | undefined;
};

type CompareOptions = {
  /** Name of an environment; without trials of it there is nothing to compare. */
  readonly baseline: string;
  /**
   * Name of the A/A control, if there is one: a second copy of the baseline. Everything else is compared with the mean of the
   * two, which varies less than either; the control itself with the baseline.
   */
  readonly control?: string | null | undefined;
  /** Environments that get no verdict: the emulated ones. */
  readonly unjudged?: readonly string[];
  readonly margins?: Margins;
  /** Seed of the random flips of comparisons with more than 12 rounds: that of the run. */
  readonly seed: number;
  /** By default one look, at all rounds that there are. */
  readonly looks?: Looks | undefined;
};

/**
 * Compares every other environment with the baseline, paired by round, for every workload and metric, and judges each
 * comparison by itself (no correction for their number: see docs/method.md).
 * Workloads keep the order of the trials, candidates are sorted by name, metrics come in the order of the catalogue.
 * A metric that either of the two has no figure for is left out: a process is never restarted, a machine is.
 * @throws Error when an environment has two trials in one round of a workload; RangeError for a figure that is NaN or
 *   infinite, or a margin below 0.
 */
export function compare(trials: readonly Trial[], options: CompareOptions): Comparison[] {
  return [...Map.groupBy(trials, (trial) => trial.workload)].flatMap(([workload, ofWorkload]) =>
    compareWorkload(workload, ofWorkload, options),
  );
}

function compareWorkload(
  workload: string,
  trials: readonly Trial[],
  { baseline, control, unjudged = [], margins = {}, seed, looks }: CompareOptions,
): Comparison[] {
  const rounds = [...new Set(trials.map((trial) => trial.round))].toSorted((a, b) => a - b);
  const names = [...new Set(trials.map((trial) => trial.environment))].toSorted();
  const inRounds = new Map(names.map((name) => [name, trialOfEachRound(trials, name, rounds)] as const));
  const ofBaseline = inRounds.get(baseline) ?? rounds.map(() => null);
  const ofControl = inRounds.get(control ?? '') ?? rounds.map(() => null);
  return [...inRounds]
    .filter(([candidate]) => candidate !== baseline)
    .flatMap(([candidate, ofCandidate]) => {
      const sides = rounds.map((_, place) => {
        const again = candidate === control ? null : ofControl[place];
        return { candidate: ofCandidate[place] ?? null, baseline: copies(ofBaseline[place], again) };
      });
      const copyCount = Math.max(...sides.map((side) => side.baseline.length));
      return metricCatalogue
        .filter((metric) => hasFigures(metric, ofCandidate) && hasFigures(metric, ofBaseline))
        .map((metric) => {
          const margin = margins[metric.key] ?? metric.margin;
          const figures = compareMetric(metric, sides, margin, seed);
          const isJudged = !unjudged.includes(candidate) && figures.p !== null && judges(metric, sides);
          return {
            workload,
            metric: metric.key,
            baseline,
            candidate,
            ...(copyCount > 1 && { copies: copyCount }),
            ...figures,
            ...(isJudged ? judged(metric, sides, figures, looks) : notJudged),
          };
        });
    });
}

/** The trial of the baseline, and that of its control if there is one; none without the first. */
function copies(baseline: Trial | null | undefined, control: Trial | null | undefined): readonly Trial[] {
  if (!baseline) return [];
  return control ? [baseline, control] : [baseline];
}

/** A round of a comparison: one trial, and those of the copies of the baseline; null and none where there was no trial. */
type Sides = { readonly candidate: Trial | null; readonly baseline: readonly Trial[] };

/** The trial of each round, null where the environment was not measured. */
type TrialOfRounds = readonly (Trial | null)[];

function trialOfEachRound(
  trials: readonly Trial[],
  environment: string,
  rounds: readonly number[],
): TrialOfRounds {
  const own = Map.groupBy(
    trials.filter((trial) => trial.environment === environment),
    (trial) => trial.round,
  );
  return rounds.map((round) => {
    const found = own.get(round) ?? [];
    if (found.length > 1) {
      throw new Error(
        `compare: ${found.length} trials of "${environment}" in round ${round} of "${found[0]?.workload}", expected 1`,
      );
    }
    return found[0] ?? null;
  });
}

type Judged = Pick<Comparison, 'verdict' | 'look' | 'roundsMore'>;
type Figures = Omit<
  Comparison,
  'workload' | 'metric' | 'baseline' | 'candidate' | 'copies' | 'pAdjusted' | keyof Judged
>;

const notJudged: Judged = { verdict: null, look: null, roundsMore: null };

function compareMetric(metric: Metric, rounds: readonly Sides[], margin: number, seed: number): Figures {
  const { direction } = metric;
  if (metric.key === 'errors') {
    // a count may be 0, and has no ratio
    const nothing = comparePaired([], [], { margin, direction, seed });
    return { ...figuresOf(nothing), n: bothOf(rounds).length, warnings: [countedOnly] };
  }
  // an environment that is decided is left out of later rounds: those are not missing
  const last = rounds.findLastIndex(({ candidate }) => candidate !== null && metric.of(candidate) !== null);
  const made = rounds.slice(0, last + 1);
  const own = made.map(({ candidate }) => candidate && metric.of(candidate));
  const other = made.map(({ baseline }) => figureOfCopies(metric, baseline));
  return figuresOf(comparePaired(own, other, { margin, direction, seed }));
}

function figuresOf(compared: ReturnType<typeof comparePaired>): Figures {
  const { n, ratio, hodgesLehmannRatio, p, margin, logRatioStdev, minimumDetectableRatio, warnings } =
    compared;
  return {
    n,
    ratio,
    hodgesLehmannRatio,
    ci95: pair(compared.ci95),
    ci90: pair(compared.ci90),
    p,
    margin,
    logRatioStdev,
    minimumDetectableRatio,
    warnings: warnings.map(({ message }) => message),
  };
}

function pair(interval: readonly [number, number] | null): [number, number] | null {
  return interval === null ? null : [interval[0], interval[1]];
}

function hasFigures(metric: Metric, trials: TrialOfRounds): boolean {
  return trials.some((trial) => trial !== null && metric.of(trial) !== null);
}

/** Geometric mean of the copies of the baseline; of the first alone if another has no figure; null without its own. */
function figureOfCopies(metric: Metric, copies: readonly Trial[]): number | null {
  const [first = null, ...others] = copies.map((trial) => metric.of(trial));
  if (first === null || !(first > 0)) return first;
  const all = [first, ...others.filter((figure) => figure !== null && figure > 0)] as number[];
  return Math.exp(mean(all.map(Math.log)));
}

type Both = { readonly candidate: Trial; readonly baseline: readonly Trial[] };

function bothOf(rounds: readonly Sides[]): readonly Both[] {
  return rounds.flatMap(({ candidate, baseline }) =>
    candidate !== null && baseline.length > 0 ? [{ candidate, baseline }] : [],
  );
}

/** Whether a metric is judged, and its windows hold enough requests to be meaningful. */
function judges(metric: Metric, rounds: readonly Sides[]): boolean {
  const { judged: isJudged, fewestRequests = 0 } = metric;
  const holdsEnough = (trial: Trial): boolean =>
    (latencyWindowOf(trial)?.requests ?? Infinity) >= fewestRequests;
  return (
    isJudged && bothOf(rounds).every(({ candidate, baseline }) => [candidate, ...baseline].every(holdsEnough))
  );
}

/**
 * Decides one comparison at the looks so far. The typical start decides startup, if all starts support it; if slices alternate, the
 * typical pair of slices decides throughput, if all slices together support it; the typical request decides p50, if the p50s support it, and
 * the typical slow request p95, if all slow requests support it; the tare decides a gross figure, if the gross figures support it. Anything else is decided by its figures of the rounds.
 */
function judged(
  metric: Metric,
  rounds: readonly Sides[],
  { margin, ratio, logRatioStdev, n }: Figures,
  looks: Looks | undefined,
): Judged {
  const both = bothOf(rounds).filter((each) => isPositive(metric, each));
  const options = { margin, direction: metric.direction, ...(looks ?? oneLook(both.length)) };
  const { decision, look } = decidedBy(metric, both, options);
  const verdict = decision === 'open' ? 'undecided' : decision;
  const roundsMore =
    verdict !== 'undecided' || ratio === null || logRatioStdev === null
      ? null
      : roundsMoreToDecide({ n, ratio, logRatioStdev, margin });
  return { verdict, look, roundsMore };
}

type Decided = { readonly decision: SequentialDecision['decision']; readonly look: ShownLook | null };
type ShownLook = NonNullable<Comparison['look']>;

function decidedBy(
  metric: Metric,
  both: readonly Both[],
  { mostRounds, rounds, ...options }: Looks & { readonly margin: number; readonly direction: Direction },
): Decided {
  const robust = robustRounds(metric, both);
  if (robust === undefined) {
    const logRatios = both.map((each) => logRatioOf(metric, each));
    const plan = planLooks(mostRounds, { rounds });
    const { decision, look } = decideSequentially(logRatios, { ...options, plan });
    return { decision, look: look && lookOf(look, 'rounds') };
  }
  const plan = planGuardedLooks(mostRounds, rounds);
  const { decision, by, typical, whole } = decideGuarded(robust, { ...options, plan });
  const { margin, direction } = options;
  // open because the whole does not support what the typical ones say: then its bounds show why
  const isNotBorneOut =
    by === null && typical !== null && decisionOf(typical.interval, margin, direction) !== 'open';
  const shownBy = by ?? (isNotBorneOut && whole !== null ? 'whole' : 'typical');
  const shown = shownBy === 'whole' ? whole : typical;
  if (shown === null) return { decision, look: null };
  const ofAll = whole === null ? {} : { whole: [whole.interval[0], whole.interval[1]] as [number, number] };
  return { decision, look: { ...lookOf(shown, shownBy), ...ofAll } };
}

/** The looks of a run of that many rounds with one at its end; none with fewer rounds than a test needs. */
function oneLook(rounds: number): Looks {
  return { mostRounds: Math.max(1, rounds), rounds: rounds < fewestRounds ? [] : [rounds] };
}

function lookOf({ rounds, interval, sameWithin }: Look, by: ShownLook['by']): ShownLook {
  return { rounds, interval: [interval[0], interval[1]], sameWithin, by };
}

function isPositive(metric: Metric, { candidate, baseline }: Both): boolean {
  return (metric.of(candidate) ?? 0) > 0 && (figureOfCopies(metric, baseline) ?? 0) > 0;
}

function logRatioOf(metric: Metric, { candidate, baseline }: Both): number {
  return Math.log(metric.of(candidate) ?? NaN) - Math.log(figureOfCopies(metric, baseline) ?? NaN);
}

/** The robust figure of the metric and the figure itself, of every round; undefined if the metric or a round has none. */
function robustRounds(metric: Metric, both: readonly Both[]): readonly GuardedRound[] | undefined {
  const rounds = both.flatMap((each) => robustRound(metric, each) ?? []);
  return rounds.length === both.length && rounds.length > 0 ? rounds : undefined;
}

/**
 * The robust figure of a metric in one round and the figure itself, both as log-ratios: startup by its bursts, throughput by its slices,
 * p50 and p95 by their requests, a gross figure by its tare; against the mean of the copies of the baseline. Undefined for another metric, and if the trials
 * lack the data.
 */
export function robustRound(metric: Metric, { candidate, baseline }: Both): GuardedRound | undefined {
  const figures = baseline.flatMap((copy) => robustPair(metric, candidate, copy) ?? []);
  if (figures.length < baseline.length || figures.length === 0) return undefined;
  return {
    typical: mean(figures.map(({ typical }) => typical)),
    whole: mean(figures.map(({ whole }) => whole)),
  };
}

function robustPair(metric: Metric, candidate: Trial, baseline: Trial): GuardedRound | undefined {
  if (metric.key === 'throughputRps') return bySlices(candidate, baseline);
  if (metric.key === 'startupMs') return byStarts(metric, candidate, baseline);
  if (metric.key === 'latencyP50Ms') return byRequests(metric, candidate, baseline);
  if (metric.key === 'latencyP95Ms') return bySlowRequests(metric, candidate, baseline);
  return byTare(metric, candidate, baseline);
}

/**
 * The gross figures as if the app used the same in both, the mean of the two. Its use varies far more from launch to launch than what
 * an environment adds, and is compared by itself: net. Undefined without net.
 */
function byTare(metric: Metric, candidate: Trial, baseline: Trial): GuardedRound | undefined {
  const [own, other] = [partsOf(metric, candidate), partsOf(metric, baseline)];
  if (own === undefined || other === undefined) return undefined;
  const net = (own.net + other.net) / 2;
  return {
    typical: Math.log((net + own.tare) / (net + other.tare)),
    whole: logRatioOf(metric, { candidate, baseline: [baseline] }),
  };
}

function partsOf(metric: Metric, trial: Trial): { readonly net: number; readonly tare: number } | undefined {
  const [net, tare] = [metric.netOf?.(trial) ?? null, tareOf(metric, trial)];
  return net === null || tare === null ? undefined : { net, tare };
}

/** What the slices say; undefined without slices, or if no pair has replies on both sides. */
function bySlices(candidate: Trial, baseline: Trial): GuardedRound | undefined {
  const [own, other] = [candidate, baseline].map(({ load }) =>
    load.sliceSeries?.map(([requests, durationMs]) => ({ requests, durationMs })),
  );
  if (own === undefined || own.length !== other?.length) return undefined;
  if (!own.some(({ requests }, place) => requests > 0 && (other[place]?.requests ?? 0) > 0)) return undefined;
  const slices = { candidate: own, baseline: other };
  return { typical: typicalLogRatio(slices), whole: logRatioOfTotals(slices) };
}

/** What the bursts say; undefined without a burst. */
function byStarts(metric: Metric, candidate: Trial, baseline: Trial): GuardedRound | undefined {
  const [own, other] = [burstOf(candidate), burstOf(baseline)];
  if (Math.min(own.length, other.length) < 2) return undefined;
  const whole = logRatioOf(metric, { candidate, baseline: [baseline] });
  return { typical: typicalStartLogRatio(own, other), whole };
}

/** What the requests say that both got at the same times of their windows; undefined if there were none or too few. */
function byRequests(metric: Metric, candidate: Trial, baseline: Trial): GuardedRound | undefined {
  const requests = sameRequests(candidate, baseline);
  const typical = requests && typicalRequestLogRatio(requests.candidate, requests.baseline);
  if (typical === undefined) return undefined;
  return { typical, whole: logRatioOf(metric, { candidate, baseline: [baseline] }) };
}

/** What the slow ones of them say. */
function bySlowRequests(metric: Metric, candidate: Trial, baseline: Trial): GuardedRound | undefined {
  const requests = sameRequests(candidate, baseline);
  if (requests === undefined) return undefined;
  const typical = typicalTailLogRatio(requests.candidate, requests.baseline);
  if (typical === undefined) return undefined;
  const whole =
    slowRequestsLogRatio(requests.candidate, requests.baseline) ??
    logRatioOf(metric, { candidate, baseline: [baseline] });
  return { typical, whole };
}

type Latencies = readonly (number | null)[];

/** Latencies of the open windows of a round, request by request; undefined without them, or if the windows had other arrivals. */
export function sameRequests(
  candidate: Trial,
  baseline: Trial,
): { readonly candidate: Latencies; readonly baseline: Latencies } | undefined {
  const [own, other] = [candidate.open, baseline.open];
  if (own?.series === undefined || other?.series === undefined) return undefined;
  const isAlike =
    own.arrivals === other.arrivals && own.rateRps === other.rateRps && own.planned === other.planned;
  return isAlike ? { candidate: own.series.latencyMs, baseline: other.series.latencyMs } : undefined;
}

/** Whether a gross figure was decided by its tare. */
export function isByTare({ metric, look }: Pick<Comparison, 'metric' | 'look'>): boolean {
  const known: Metric | undefined = metricCatalogue.find(({ key }) => key === metric);
  return look?.by === 'typical' && known?.netOf !== undefined;
}

/**
 * With the ratio and the interval of the look that judged it: what is typical has both of its own, and later rounds do not change them. As
 * it is where nothing was judged.
 */
export function asDecided<T extends Pick<Comparison, 'ratio' | 'ci95' | 'look'>>(comparison: T): T {
  const { look } = comparison;
  if (!look) return comparison;
  const [low, high] = look.interval;
  // the interval of a look is its log-ratio ± half of its width
  return { ...comparison, ratio: Math.sqrt(low * high), ci95: look.interval };
}

import type { CapacityLimit, Guards, Slo, StepOutcome } from '@tare/results';

/** The bounds and the goal of a search. */
export type SearchAim = {
  readonly startRps: number;
  /** The lowest rate to try. */
  readonly leastRps: number;
  readonly maxRps: number;
  /** What `maxRps` stands for: the limit of the generator, or the highest rate asked for. */
  readonly maxIs: 'generator' | 'maximum';
  /** The search ends when the bracket is this share of its lower end wide. */
  readonly tolerance: number;
  /** Maximum number of steps, repeats included. */
  readonly maxSteps: number;
};

/** A finished step. */
export type SearchStep = { readonly rateRps: number; readonly outcome: StepOutcome };

/** The result of a search. */
export type Bracket = {
  /** Highest rate that meets the objective; null when none did. */
  readonly highestRps: number | null;
  /** Lowest rate that misses it; null when none did. */
  readonly lowestMissRps: number | null;
  readonly limit: CapacityLimit;
};

type SearchMove = { readonly kind: 'try'; readonly rateRps: number } | ({ readonly kind: 'done' } & Bracket);

type Judged = {
  readonly rateRps: number;
  /** open: the steps at this rate disagree, or the generator failed in the only one. */
  readonly verdict: StepOutcome | 'open';
  readonly isConfirmed: boolean;
};

// a schedule of a few seconds cannot tell finer rates apart
const rateDigits = 4;

/**
 * Chooses the next move of a search for the highest rate that meets an objective: doubling (or halving, when the first
 * rate misses), then bisection of the ratio. The steps are its only state: the same steps give the same move.
 *
 * The search tries both ends of the final bracket twice, and repeats a rate at which steps disagree. It goes on when an
 * end does not hold, so one hiccup of the host does not decide. A rate at which the generator fails twice is a wall: the
 * search ends there and proves nothing about the server beyond it.
 */
export function nextMove(aim: SearchAim, steps: readonly SearchStep[]): SearchMove {
  const judged = judgeRates(steps);
  const miss = judged.find(({ verdict }) => verdict === 'misses');
  const floor = judged.findLast(
    ({ verdict, rateRps }) => verdict === 'meets' && (miss === undefined || rateRps < miss.rateRps),
  );
  // a generator that fails below a rate it has managed was disturbed; that is not its limit
  const limited = judged.find(
    ({ verdict, rateRps }) => verdict === 'generator-limited' && rateRps > (floor?.rateRps ?? 0),
  );
  const wall = limited !== undefined && limited.rateRps < (miss?.rateRps ?? Infinity) ? limited : miss;
  const done = (limit: CapacityLimit): SearchMove => ({
    kind: 'done',
    highestRps: floor?.rateRps ?? null,
    lowestMissRps: miss?.rateRps ?? null,
    limit,
  });
  if (steps.length >= aim.maxSteps) return done('steps');
  const open = judged.find(({ verdict }) => verdict === 'open');
  if (open !== undefined) return { kind: 'try', rateRps: open.rateRps };
  const further = rateBetween(aim, floor?.rateRps, wall);
  if (further !== undefined) return { kind: 'try', rateRps: further };
  // confirm the lower end first: if it fails, the upper end no longer matters
  const unsure = [floor, wall].find((end) => end?.isConfirmed === false);
  if (unsure !== undefined) return { kind: 'try', rateRps: unsure.rateRps };
  if (wall === undefined) return done(aim.maxIs);
  return done(wall.verdict === 'generator-limited' ? 'generator' : 'slo');
}

/** The next rate to try; undefined when the bracket is narrow enough. */
function rateBetween(
  aim: SearchAim,
  floorRps: number | undefined,
  wall: Judged | undefined,
): number | undefined {
  if (floorRps === undefined && wall === undefined) return rounded(Math.min(aim.startRps, aim.maxRps));
  if (wall === undefined) {
    return floorRps === undefined || floorRps >= aim.maxRps
      ? undefined
      : Math.min(rounded(floorRps * 2), aim.maxRps);
  }
  if (floorRps === undefined) {
    return wall.rateRps <= aim.leastRps ? undefined : Math.max(rounded(wall.rateRps / 2), aim.leastRps);
  }
  if (wall.verdict === 'generator-limited' || wall.rateRps / floorRps - 1 <= aim.tolerance) return undefined;
  const middle = rounded(Math.sqrt(floorRps * wall.rateRps));
  return middle > floorRps && middle < wall.rateRps ? middle : undefined;
}

/** The rates tried so far in ascending order, each with the verdict of its steps. */
function judgeRates(steps: readonly SearchStep[]): readonly Judged[] {
  return [...Map.groupBy(steps, ({ rateRps }) => rateRps)]
    .map(([rateRps, atRate]): Judged => {
      const count = (wanted: StepOutcome) => atRate.filter(({ outcome }) => outcome === wanted).length;
      const lead = count('meets') - count('misses');
      const limited = count('generator-limited');
      const proven = atRate.length - limited;
      // a disturbed host turns hits into misses, never misses into hits: a miss needs the clearer lead
      const isConfirmed = lead > 0 ? proven >= 2 : lead <= -2;
      if (limited >= 2 && limited > proven)
        return { rateRps, verdict: 'generator-limited', isConfirmed: true };
      if (lead === 0) return { rateRps, verdict: 'open', isConfirmed: false };
      return { rateRps, verdict: lead > 0 ? 'meets' : 'misses', isConfirmed };
    })
    .sort((one, other) => one.rateRps - other.rateRps);
}

function rounded(rateRps: number): number {
  return Number(rateRps.toPrecision(rateDigits));
}

/**
 * The first rate of a search: the wanted one, halved until it is at most half of the warm-up throughput. This does not
 * flood a slow server, and all servers get the same rates where possible.
 * @param servedRps throughput of the closed-loop warm-up.
 * @returns requests per second, at least `leastRps`.
 */
export function firstRate(wantedRps: number, servedRps: number, leastRps: number): number {
  let rateRps = wantedRps;
  while (rateRps > servedRps / 2 && rateRps > leastRps) rateRps /= 2;
  return Math.max(rateRps, leastRps);
}

/** The figures that decide the outcome of a step. */
export type StepFigures = {
  readonly planned: number;
  readonly requests: number;
  readonly errors: number;
  readonly timeouts: number;
  readonly lateSends: number;
  /** Latency at the quantile of the objective. */
  readonly sloLatencyMs: number;
  readonly generatorCpuPercent: number;
};

/** The guards of a run that apply to a step, in percent. */
export type StepGuards = Pick<Guards, 'lateSendsPercent' | 'generatorCpuPercent' | 'errorsPercent'>;

/**
 * Says whether a step meets an objective. Latency counts from the planned send time, so a late or busy generator can only
 * make it longer: if such a step meets the objective, the server does; if it misses, it proves nothing. A step with too
 * many errors and timeouts, or without any reply, misses. Pure.
 */
export function classifyStep(figures: StepFigures, slo: Slo, guards: StepGuards): StepOutcome {
  const { planned, requests, errors, timeouts, lateSends, sloLatencyMs, generatorCpuPercent } = figures;
  const percentOfPlanned = (count: number): number => (count / planned) * 100;
  const failed = requests === 0 || percentOfPlanned(errors + timeouts) > guards.errorsPercent;
  if (!failed && sloLatencyMs <= slo.limitMs) return 'meets';
  // the generator has one thread, so more CPUs do not help
  const isLimited =
    percentOfPlanned(lateSends) > guards.lateSendsPercent || generatorCpuPercent > guards.generatorCpuPercent;
  return isLimited ? 'generator-limited' : 'misses';
}

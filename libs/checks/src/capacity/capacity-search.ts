import type { CapacityLimit, Guards, Slo, StepOutcome } from '@tare/results';

/** What a search is after. */
export type SearchAim = {
  readonly startRps: number;
  /** No rate below is tried. */
  readonly leastRps: number;
  readonly maxRps: number;
  /** What it means when `maxRps` meets the objective: the generator goes no further, or nobody asked for more. */
  readonly maxIs: 'generator' | 'maximum';
  /** The search ends when the bracket is this share of its lower end wide. */
  readonly tolerance: number;
  /** So many steps at most, repeats included. */
  readonly maxSteps: number;
};

/** A step that was made. */
export type SearchStep = { readonly rateRps: number; readonly outcome: StepOutcome };

/** What a search found. */
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
  /** open: the steps at this rate do not agree, or the only one was the generator's fault. */
  readonly verdict: StepOutcome | 'open';
  readonly isConfirmed: boolean;
};

// finer rates are finer than any schedule of a few seconds can tell apart
const rateDigits = 4;

/**
 * Says what comes after some steps of a search for the highest rate that meets an objective: doubling (or halving, when
 * the first rate misses), then bisection of the ratio. The steps are all of its state: the same steps give the same move.
 *
 * Both ends of the final bracket are tried twice, and where the steps at one rate disagree, more of them decide. An end
 * that falls this way opens the search again: one hiccup of the host does not decide it. A rate at which the
 * generator fails twice is a wall: the search ends there, and proves nothing about the server beyond.
 */
export function nextMove(aim: SearchAim, steps: readonly SearchStep[]): SearchMove {
  const judged = judgeRates(steps);
  const miss = judged.find(({ verdict }) => verdict === 'misses');
  const floor = judged.findLast(
    ({ verdict, rateRps }) => verdict === 'meets' && (miss === undefined || rateRps < miss.rateRps),
  );
  // a generator that fails below a rate that it managed was disturbed, not at its limit
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
  // the lower end first: should it fall, the upper end need not be confirmed
  const unsure = [floor, wall].find((end) => end?.isConfirmed === false);
  if (unsure !== undefined) return { kind: 'try', rateRps: unsure.rateRps };
  if (wall === undefined) return done(aim.maxIs);
  return done(wall.verdict === 'generator-limited' ? 'generator' : 'slo');
}

/** The next rate to try; undefined when the bracket is as narrow as it shall be. */
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

/** The rates that were tried, from the lowest, each with what its steps say together. */
function judgeRates(steps: readonly SearchStep[]): readonly Judged[] {
  return [...Map.groupBy(steps, ({ rateRps }) => rateRps)]
    .map(([rateRps, atRate]): Judged => {
      const count = (wanted: StepOutcome) => atRate.filter(({ outcome }) => outcome === wanted).length;
      const lead = count('meets') - count('misses');
      const limited = count('generator-limited');
      const proven = atRate.length - limited;
      // a disturbance of the host makes misses out of hits, never hits out of misses: a miss wants the clearer lead
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
 * The first rate of a search: the wanted one, halved until it is no more than half of what the server did in its warm-up.
 * So a slow server is not flooded for seconds, and the rates of all servers are the same where they can be.
 * @param servedRps replies per second of the closed-loop warm-up.
 * @returns requests per second, not below `leastRps`.
 */
export function firstRate(wantedRps: number, servedRps: number, leastRps: number): number {
  let rateRps = wantedRps;
  while (rateRps > servedRps / 2 && rateRps > leastRps) rateRps /= 2;
  return Math.max(rateRps, leastRps);
}

/** The figures of a step that decide about it. */
export type StepFigures = {
  readonly planned: number;
  readonly requests: number;
  readonly errors: number;
  readonly timeouts: number;
  readonly lateSends: number;
  /** The quantile that the objective names. */
  readonly sloLatencyMs: number;
  readonly generatorCpuPercent: number;
};

/** The guards of a run that a step must hold to, in percent. */
export type StepGuards = Pick<Guards, 'lateSendsPercent' | 'generatorCpuPercent' | 'errorsPercent'>;

/**
 * Says whether a step meets an objective. Latency counts from the planned time of sending, so a generator that is late or
 * busy can only make it longer: a step that meets the objective all the same has met it, and one that misses it says nothing.
 * Too many errors and timeouts miss the objective, and so does a step without any reply. Pure.
 */
export function classifyStep(figures: StepFigures, slo: Slo, guards: StepGuards): StepOutcome {
  const { planned, requests, errors, timeouts, lateSends, sloLatencyMs, generatorCpuPercent } = figures;
  const percentOfPlanned = (count: number): number => (count / planned) * 100;
  const failed = requests === 0 || percentOfPlanned(errors + timeouts) > guards.errorsPercent;
  if (!failed && sloLatencyMs <= slo.limitMs) return 'meets';
  // the generator has one thread: more CPUs do not help it
  const isLimited =
    percentOfPlanned(lateSends) > guards.lateSendsPercent || generatorCpuPercent > guards.generatorCpuPercent;
  return isLimited ? 'generator-limited' : 'misses';
}

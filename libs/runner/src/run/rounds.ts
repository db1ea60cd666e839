import { isDeepStrictEqual } from 'node:util';
import type {
  Comparison,
  JournalRound,
  LostEnvironment,
  Looks,
  Repeat,
  RoundPlan,
  Trial,
} from '@tare/results';
import { counted, roundOrders } from '@tare/statistics';
import { obstacleTo } from './launch-workload.ts';
import { performRound, type RoundPlace, type Session, timeLeft, type Write } from './round.ts';
import {
  comparisonTitle,
  environmentsAfterFirstLook,
  lookAt,
  type LookedRounds,
  looksWithin,
  roundsBeforeLooks,
} from './round-plan.ts';
import type { Usable } from './run-events.ts';
import { firstSizes, roundsBeforeSizes, type RoundSizes, sizesAfter, sizesAfterLook } from './round-sizes.ts';

export type Measured = {
  readonly trials: readonly Trial[];
  readonly lost: readonly LostEnvironment[];
};

/**
 * Measures every environment once in every round, in an order that follows from the seed. Unless their number is given, the
 * rounds end when every judged comparison is decided at one of the looks, at the most rounds, or when the budget is spent;
 * an environment whose comparisons are all decided takes part in no more of them, and one that gets no verdict only in those
 * before the first look; what is left of them measures what is open (`sizesAfterLook`). If the configuration says
 * so, only the budget or the most rounds end a run, not its decisions. A round in which a trial fails or violates a guard is
 * repeated whole, as often as the configuration allows. An environment that fails in a round more often than that is lost:
 * this round and all later ones are made without it. Everything goes to the journal as it becomes known. What an interrupted
 * run had measured is read from there, and everything else is computed again.
 * @returns the trials of the last attempt of every round, and which environments were lost.
 * @throws Error of the run itself: a journal that cannot be written.
 */
export async function measureRounds(session: Session): Promise<Measured> {
  const { listener, ending } = session;
  const rounds = new Rounds(session);
  const tellEnding = (): void => {
    listener({ kind: 'ending', round: rounds.done + 1 });
  };
  ending?.addEventListener('abort', tellEnding);
  try {
    return await rounds.measure();
  } finally {
    ending?.removeEventListener('abort', tellEnding);
  }
}

/** The rounds of a run as far as they have come, and what the next one measures. */
class Rounds {
  /** How many there have been. */
  done = 0;
  readonly #session: Session;
  readonly #names: readonly string[];
  /** Of the environments that go on after the first look. */
  readonly #judgedNames: readonly string[];
  /** Rounds before the first look, or all that were asked for. */
  readonly #firstRounds: number;
  readonly #budgetMs: number;
  readonly #begunAt: number;
  readonly #trials: Trial[] = [];
  readonly #repeats: Repeat[] = [];
  readonly #lost: LostEnvironment[] = [];
  readonly #decided = new Set<string>();
  #due: readonly string[];
  /** Chosen from the first rounds. */
  #sizes: RoundSizes;
  /** Those of the next round, which measures only what is open. */
  #nextSizes: RoundSizes;
  #isCalm = false;
  #left: ReturnType<typeof timeLeft>;
  #looks: Looks | undefined;
  /** What the rounds took without the environments that get no verdict. */
  #restMs = 0;
  /** What one of them took; 0 before the first look. */
  #roundMs = 0;

  constructor(session: Session) {
    const { config, known, measured, unjudged } = session;
    const { rounds, baseline, budgetMs } = config;
    const trials = known.flatMap((each) => each.trials);
    const tookMs = known.at(-1)?.elapsedMs ?? 0;
    this.#session = session;
    this.#names = measured.map(({ environment }) => environment.name);
    this.#judgedNames = environmentsAfterFirstLook(this.#names, unjudged, baseline);
    this.#firstRounds = rounds.kind === 'fixed' ? rounds.rounds : roundsBeforeLooks(rounds);
    this.#budgetMs = rounds.kind === 'looks' && rounds.until !== 'rounds' ? budgetMs : Infinity;
    this.#begunAt = performance.now() - tookMs;
    this.#due = this.#names;
    this.#sizes = sizesAtFirst(session);
    this.#nextSizes = this.#sizes;
    const before =
      trials.length === 0 ? undefined : { trials: trials.length, eachMs: tookMs / trials.length };
    this.#left = timeLeft(this.#sizes, before);
  }

  async measure(): Promise<Measured> {
    const { config, seed, known } = this.#session;
    const { rounds: wanted } = config;
    const most = wanted.kind === 'fixed' ? wanted.rounds : wanted.max;
    let endedBy: EndedBy | undefined;
    await this.#begin();
    for (const order of roundOrders(this.#names, most, seed)) {
      const names = order.filter((name) => this.#takesPart(name));
      if (names.length === 0) break;
      const recorded = known[this.done];
      const elapsedMs = await this.#makeRound(names, recorded);
      this.done += 1;
      endedBy =
        wanted.kind === 'fixed'
          ? this.#afterAskedRound(wanted.rounds, elapsedMs)
          : await this.#afterRound(wanted, elapsedMs, recorded);
      if (endedBy !== undefined) break;
    }
    await this.#end(endedBy ?? 'rounds');
    return { trials: this.#trials, lost: this.#lost };
  }

  async #begin(): Promise<void> {
    const { config, listener, seed, runId, journalFolder, isResumed, known } = this.#session;
    const rounds = config.rounds.kind === 'fixed' ? config.rounds.rounds : undefined;
    listener({ kind: 'run-started', runId, seed, rounds, journal: journalFolder });
    if (!isResumed) return;
    listener({
      kind: 'resumed',
      rounds: known.filter(({ isWhole }) => isWhole).length,
      trials: known.flatMap((each) => each.trials),
      repeats: known.flatMap((each) => each.repeats),
      lost: known.flatMap((each) => each.lost),
    });
    this.#restMs = known.at(-1)?.restMs ?? 0;
    await this.#write({ kind: 'resumed' });
  }

  #takesPart(name: string): boolean {
    const { emulatedRounds = Infinity } = this.#session.config;
    // what gets no verdict is only shown: a few rounds are enough for that, and leave the time to the others
    const isShown = this.done >= emulatedRounds && !this.#judgedNames.includes(name);
    return this.#due.includes(name) && !this.#isLost(name) && !isShown;
  }

  /** Makes the next round, or takes what an interrupted run has recorded of it. @returns how long the run has taken. */
  async #makeRound(names: readonly string[], recorded: JournalRound | undefined): Promise<number> {
    const { measured, journal, newlyTold } = this.#session;
    this.#repeats.push(...(recorded?.repeats ?? []));
    this.#lost.push(...(recorded?.lost ?? []));
    if (recorded !== undefined) this.#restMs = recorded.restMs;
    if (recorded?.isWhole === true) {
      this.#trials.push(...recorded.trials);
      return recorded.elapsedMs;
    }
    const environments = names.flatMap(
      (name) => measured.find(({ environment }) => environment.name === name)?.environment ?? [],
    );
    const lists = { repeats: this.#repeats, lost: this.#lost };
    this.#trials.push(
      ...(await completeRound(this.#session, environments, this.#place(names), recorded, lists)),
    );
    const [elapsedMs, at] = [this.#elapsedMs(), new Date().toISOString()];
    const told = [...newlyTold()];
    await journal.append({ kind: 'round', round: this.done + 1, told, at, elapsedMs, restMs: this.#restMs });
    return elapsedMs;
  }

  #place(names: readonly string[]): Round {
    const rounds = this.#looks?.mostRounds ?? this.#firstRounds;
    return {
      round: this.done + 1,
      rounds,
      before: this.#trials.length,
      total: this.#trials.length + (rounds - this.done) * this.#trialsOf(names),
      left: this.#left,
      sizes: this.#nextSizes,
      inTime: () => !this.#isInterrupted() && this.#elapsedMs() < this.#budgetMs,
      onGroup: (group, tookMs) => {
        if (group.some((name) => this.#judgedNames.includes(name))) this.#restMs += tookMs;
      },
      write: (line) => this.#write(line),
    };
  }

  /** What ends a run of a given number of rounds; undefined when it goes on. */
  #afterAskedRound(rounds: number, elapsedMs: number): EndedBy | undefined {
    this.#roundMs = elapsedMs / this.done;
    return this.#isInterrupted() && this.done < rounds ? 'interrupted' : undefined;
  }

  /** What ends a run with looks; undefined when it goes on. */
  async #afterRound(
    wanted: LookedRounds,
    elapsedMs: number,
    recorded: JournalRound | undefined,
  ): Promise<EndedBy | undefined> {
    if (!this.#canCompare()) return 'nothing to compare';
    if (roundsBeforeSizes.includes(this.done)) await this.#chooseSizes(recorded);
    if (this.done === this.#firstRounds) this.#planLooks(wanted, elapsedMs);
    const looks = this.#looks;
    if (looks?.rounds.includes(this.done) === true && (await this.#look(wanted, looks, recorded)))
      return 'decided';
    if (this.done === looks?.mostRounds) return this.done < this.#mostOf(wanted) ? 'budget' : 'rounds';
    if (this.#isInterrupted()) return 'interrupted';
    return looks !== undefined && elapsedMs + this.#roundMs > this.#budgetMs ? 'budget' : undefined;
  }

  /** Whether the baseline and something to compare with it are still measured; a run of the baseline alone has its control. */
  #canCompare(): boolean {
    const { config, control, unjudged } = this.#session;
    const isLeft = (name: string): boolean => this.#names.includes(name) && !this.#isLost(name);
    const candidates = this.#names.filter(
      (name) => name !== config.baseline && name !== control && !unjudged.includes(name),
    );
    return isLeft(config.baseline) && (candidates.length === 0 || candidates.some(isLeft));
  }

  async #chooseSizes(recorded: JournalRound | undefined): Promise<void> {
    const { config, listener, seed, unjudged } = this.#session;
    const judged = this.#trials.filter(({ environment }) => !unjudged.includes(environment));
    const chosen = sizesAfter(judged, { config, roundMs: this.#restMs / this.done, seed });
    if (chosen === undefined) return;
    const { message, sizes, isCalm } = chosen;
    this.#isCalm = isCalm;
    if (isDeepStrictEqual(sizes, this.#sizes)) return;
    this.#sizes = sizes;
    this.#nextSizes = sizes;
    await this.#decide(recorded, { message, diagnostic: { level: 'info', code: 'window', message } });
    listener({ kind: 'sizes-chosen', message });
  }

  /** Fixes the looks: how many rounds the rest of the budget has room for is known when those before the first look are over. */
  #planLooks(wanted: LookedRounds, elapsedMs: number): void {
    const { config, listener } = this.#session;
    this.#roundMs = this.#restMs / this.done;
    const restOfBudget = Math.max(0, config.budgetMs - elapsedMs);
    this.#looks = looksWithin(
      { ...wanted, max: this.#mostOf(wanted) },
      this.done + Math.floor(restOfBudget / this.#roundMs),
    );
    if (elapsedMs > this.#budgetMs) {
      listener({ kind: 'told', message: budgetTooShort(this.#budgetMs, this.done, elapsedMs) });
    }
    this.#due = this.#judgedNames;
    const eachMs = this.#roundMs / this.#trialsOf(this.#due);
    this.#left = timeLeft(
      this.#sizes,
      { trials: this.#trials.length, eachMs },
      this.#begunAt + this.#budgetMs,
    );
  }

  /** The most rounds of a run with looks, which follow from the spreads within the first ones and never from the figures. */
  #mostOf({ max, calm = max }: LookedRounds): number {
    return this.#isCalm ? calm : max;
  }

  /** Judges what there is, and leaves the next rounds what is open. @returns whether the run ends because all is decided. */
  async #look(wanted: LookedRounds, looks: Looks, recorded: JournalRound | undefined): Promise<boolean> {
    const { config, control, unjudged, seed, judgeLook, listener } = this.#session;
    const { baseline, margins } = config;
    const notJudged = [...unjudged, ...this.#lost.map(({ name }) => name)];
    const { judged, open, candidates } =
      judgeLook?.(this.#trials, looks, notJudged) ??
      lookAt({ trials: this.#trials, baseline, control, unjudged: notJudged, margins, seed, looks });
    if (wanted.until === 'decided') {
      this.#due = this.#judgedNames.filter((name) => name === baseline || candidates.includes(name));
      const baselines = [baseline, control].filter((name) => name !== undefined);
      this.#nextSizes = sizesAfterLook(this.#sizes, open, config, { environments: this.#due, baselines });
    }
    const isDecided = wanted.until === 'decided' && open.length === 0;
    const roundsMore = isDecided ? 0 : looks.mostRounds - this.done;
    // a gate is done with what is undecided once it cannot be a regression, or another metric is one
    const decided = judged.filter(
      (one) => !open.includes(one) && one.verdict !== 'undecided' && !this.#decided.has(comparisonTitle(one)),
    );
    for (const one of decided) this.#decided.add(comparisonTitle(one));
    const plan = this.#planSoFar('rounds');
    const message = lookText(this.done, judged.length - open.length, judged.length, decided);
    await this.#decide(recorded, { message, plan });
    const trials = this.#trials.length;
    listener({
      kind: 'looked',
      round: this.done,
      judged,
      open,
      decided,
      goesOn: roundsMore === 0 ? [] : this.#due,
      leftMs: this.#left.now(trials, trials + roundsMore * this.#trialsOf(this.#due)),
      plan,
    });
    return isDecided;
  }

  async #end(endedBy: EndedBy): Promise<void> {
    const { rounds } = this.#session.config;
    const plan: RoundPlan =
      rounds.kind === 'fixed' && endedBy !== 'interrupted'
        ? { kind: 'fixed', rounds: Math.max(1, this.done) }
        : this.#planSoFar(endedBy);
    if (this.#trials.length > 0) await this.#write({ kind: 'ended', plan });
  }

  #planSoFar(endedBy: EndedBy): LookedPlan {
    const { rounds: wanted } = this.#session.config;
    const rounds = Math.max(1, this.done);
    // a given number of rounds that somebody ended is judged as at one look that came too early
    const given = wanted.kind === 'fixed' ? { rounds: [], mostRounds: wanted.rounds } : undefined;
    const looks = given ?? this.#looks ?? { rounds: [], mostRounds: rounds };
    return {
      kind: 'looks',
      looks: looks.rounds.filter((each) => each <= rounds),
      mostRounds: looks.mostRounds,
      rounds,
      endedBy,
      roundMs: this.#roundMs,
    };
  }

  /** Writes a decision, unless the interrupted run has. */
  async #decide(recorded: JournalRound | undefined, decision: Decision): Promise<void> {
    if (recorded?.decisions.some(({ message }) => message === decision.message) === true) return;
    await this.#write({ kind: 'decision', round: this.done, ...decision });
  }

  readonly #write: Write = (line) =>
    this.#session.journal.append({
      ...line,
      at: new Date().toISOString(),
      elapsedMs: this.#elapsedMs(),
      restMs: this.#restMs,
    });

  #elapsedMs(): number {
    return performance.now() - this.#begunAt;
  }

  #isInterrupted(): boolean {
    return this.#session.ending?.aborted === true;
  }

  #isLost(name: string): boolean {
    return this.#lost.some((each) => each.name === name);
  }

  /** How many trials a round of these environments has. */
  #trialsOf(names: readonly string[]): number {
    const { config, measured, preparation } = this.#session;
    const environments = measured
      .map(({ environment }) => environment)
      .filter(({ name }) => names.includes(name));
    return config.workloads.reduce(
      (sum, workload) =>
        sum + environments.filter((each) => obstacleTo(workload, each, preparation) === undefined).length,
      0,
    );
  }
}

function sizesAtFirst({ config, rates, measured, unjudged }: Session): RoundSizes {
  if (config.rounds.kind === 'fixed')
    return { load: config.load, starts: config.starts, startedOnce: [], withoutOpen: [] };
  const names = measured
    .map(({ environment }) => environment.name)
    .filter((name) => !unjudged.includes(name));
  const all = config.workloads.flatMap((workload) =>
    names.flatMap((name) => rates.of(workload.name, name) ?? []),
  );
  return firstSizes(config, all.length === 0 ? undefined : Math.min(...all));
}

type Decision = Pick<JournalRound['decisions'][number], 'message' | 'diagnostic' | 'plan'>;

/** "after 8 rounds 13 of 16 are decided, now Startup of primes in docker: worse" */
function lookText(rounds: number, decided: number, all: number, now: readonly Comparison[]): string {
  const news = now.map((one) => `${comparisonTitle(one)}: ${one.verdict ?? ''}`).join(', ');
  return `after ${counted(rounds, 'round')} ${decided} of ${all} are decided${news === '' ? '' : `, now ${news}`}`;
}

function budgetTooShort(budgetMs: number, rounds: number, tookMs: number): string {
  const minutes = (ms: number): string => `${Number((ms / msPerMinute).toPrecision(2))} min`;
  return `the budget of ${minutes(budgetMs)} is spent: the ${counted(rounds, 'round')} before the first look took ${minutes(tookMs)}; no more are made`;
}

const msPerMinute = 60_000;

type LookedPlan = Extract<RoundPlan, { kind: 'looks' }>;
type EndedBy = LookedPlan['endedBy'];

type Round = Omit<RoundPlace, 'attempt' | 'mayRepeat' | 'kept'> & { readonly inTime: () => boolean };

/**
 * Repeats a round until it is clean or may not be repeated again. An environment that still fails is lost, and the round is made without
 * it. Adds to both lists.
 * @param recorded what was measured of it before the run was interrupted; the lists already have what was repeated and lost then.
 */
async function completeRound(
  session: Session,
  environments: readonly Usable['environment'][],
  round: Round,
  recorded: JournalRound | undefined,
  { repeats, lost }: { readonly repeats: Repeat[]; readonly lost: LostEnvironment[] },
): Promise<readonly Trial[]> {
  const { config, listener, signal } = session;
  const failedBefore = (recorded?.repeats ?? []).filter(({ cause }) => cause === 'failure');
  const failures = new Map(
    [...Map.groupBy(failedBefore, ({ environment }) => environment)].map(([name, of]) => [name, of.length]),
  );
  let left = environments.filter(({ name }) => !lost.some((each) => each.name === name));
  let kept: RoundPlace['kept'] = recorded;
  for (let attempt = 1 + (recorded?.repeats.length ?? 0); left.length > 0; attempt++) {
    const outcome = await performRound(session, left, {
      ...round,
      attempt,
      kept,
      // a round that only violates a guard is kept, with its warnings, when the time is up
      mayRepeat: attempt <= config.retries && round.inTime(),
    });
    if (outcome.kind === 'complete') return outcome.trials;
    kept = undefined;
    const { repeat } = outcome;
    repeats.push(repeat);
    const samples = outcome.kind === 'failed' ? { samples: [...outcome.samples] } : {};
    await round.write({ kind: 'repeat', repeat, ...samples });
    listener({ kind: 'round-repeated', repeat });
    if (outcome.kind === 'violated') continue;
    const { environment: name, reason } = repeat;
    const times = (failures.get(name) ?? 0) + 1;
    failures.set(name, times);
    const failed = left.find((each) => each.name === name);
    if (failed === undefined) throw outcome.error;
    const isUsable = times <= config.retries && (await failed.probe(signal)).usable;
    signal.throwIfAborted();
    if (isUsable) continue;
    left = left.filter((each) => each !== failed);
    lost.push({ name, round: round.round, reason });
    await round.write({ kind: 'lost', name, round: round.round, reason });
    listener({ kind: 'failed', environment: name, round: round.round, reason });
  }
  return [];
}

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
  const { config, listener, seed, runId, journal, journalFolder, ending, known } = session;
  const environments = new Map(session.measured.map(({ environment }) => [environment.name, environment]));
  const { rounds: wanted } = config;
  const all = [...environments.keys()];
  const orders = roundOrders(all, wanted.kind === 'fixed' ? wanted.rounds : wanted.max, seed);
  const before = wanted.kind === 'fixed' ? wanted.rounds : roundsBeforeLooks(wanted);
  const afterFirstLook = environmentsAfterFirstLook(all, session.unjudged, config.baseline);
  const trialsOf = (names: readonly string[]): number =>
    config.workloads.reduce((sum, workload) => {
      const able = names
        .flatMap((name) => environments.get(name) ?? [])
        .filter((each) => obstacleTo(workload, each, session.preparation) === undefined);
      return sum + able.length;
    }, 0);
  listener({
    kind: 'run-started',
    runId,
    seed,
    rounds: wanted.kind === 'fixed' ? wanted.rounds : undefined,
    journal: journalFolder,
  });
  const keptTrials = known.flatMap((each) => each.trials);
  const keptMs = known.at(-1)?.elapsedMs ?? 0;
  let sizes = sizesAtFirst(session);
  let left = timeLeft(
    sizes,
    keptTrials.length === 0 ? undefined : { trials: keptTrials.length, eachMs: keptMs / keptTrials.length },
  );
  let inRound: readonly string[] = all;
  let restMs = 0;
  let roundMs = 0;
  let done = 0;
  let looks: Looks | undefined;
  let endedBy: EndedBy = 'rounds';
  const budgetMs = wanted.kind === 'looks' && wanted.until !== 'rounds' ? config.budgetMs : Infinity;
  const decisionsEnd = wanted.kind === 'looks' && wanted.until === 'decided';
  const decidedBefore = new Set<string>();
  const begunAt = performance.now() - keptMs;
  const elapsed = (): number => performance.now() - begunAt;
  const write: Write = (line) =>
    journal.append({ ...line, at: new Date().toISOString(), elapsedMs: elapsed(), restMs });
  const trials: Trial[] = [];
  const repeats: Repeat[] = [];
  const lost: LostEnvironment[] = [];
  // what gets no verdict is only shown: a few rounds are enough for that, and leave the time to the others
  const isShown = (name: string, rounds: number): boolean =>
    rounds >= (config.emulatedRounds ?? Infinity) && !afterFirstLook.includes(name);
  const tellEnding = (): void => {
    listener({ kind: 'ending', round: done + 1 });
  };
  ending?.addEventListener('abort', tellEnding);
  if (session.isResumed) {
    listener({
      kind: 'resumed',
      rounds: known.filter(({ isWhole }) => isWhole).length,
      trials: keptTrials,
      repeats: known.flatMap((each) => each.repeats),
      lost: known.flatMap((each) => each.lost),
    });
    restMs = known.at(-1)?.restMs ?? 0;
    await write({ kind: 'resumed' });
  }
  for (const names of orders) {
    const rounds = looks?.mostRounds ?? before;
    const due = names.filter(
      (name) => inRound.includes(name) && !lost.some((each) => each.name === name) && !isShown(name, done),
    );
    if (due.length === 0) break;
    const round = {
      round: done + 1,
      rounds,
      before: trials.length,
      total: trials.length + (rounds - done) * trialsOf(due),
      left,
      sizes,
      inTime: () => ending?.aborted !== true && elapsed() < budgetMs,
      onGroup: (group: readonly string[], tookMs: number) => {
        if (group.some((name) => afterFirstLook.includes(name))) restMs += tookMs;
      },
      write,
    };
    const dueEnvironments = due.flatMap((name) => environments.get(name) ?? []);
    const recorded = known[done];
    repeats.push(...(recorded?.repeats ?? []));
    lost.push(...(recorded?.lost ?? []));
    if (recorded !== undefined) restMs = recorded.restMs;
    let elapsedMs = recorded?.elapsedMs ?? 0;
    if (recorded?.isWhole === true) trials.push(...recorded.trials);
    else {
      trials.push(...(await completeRound(session, dueEnvironments, round, recorded, repeats, lost)));
      elapsedMs = elapsed();
      const told = [...session.newlyTold()];
      await journal.append({
        ...{ kind: 'round', round: done + 1, told },
        ...{ at: new Date().toISOString(), elapsedMs, restMs },
      });
    }
    const decide = async (decision: Pick<Decision, 'message' | 'diagnostic' | 'plan'>): Promise<void> => {
      if (recorded?.decisions.some(({ message }) => message === decision.message) === true) return;
      await write({ kind: 'decision', round: done, ...decision });
    };
    done += 1;
    if (wanted.kind === 'fixed') {
      roundMs = elapsedMs / done;
      if (ending?.aborted !== true || done === wanted.rounds) continue;
      endedBy = 'interrupted';
      break;
    }
    if (!canCompare(session, all, lost)) {
      endedBy = 'nothing to compare';
      break;
    }
    if (roundsBeforeSizes.includes(done)) {
      const judged = trials.filter(({ environment }) => !session.unjudged.includes(environment));
      const chosen = sizesAfter(judged, { config, roundMs: restMs / done, seed });
      if (chosen !== undefined && !isDeepStrictEqual(chosen.sizes, sizes)) {
        const { message } = chosen;
        sizes = chosen.sizes;
        await decide({ message, diagnostic: { level: 'info', code: 'window', message } });
        listener({ kind: 'sizes-chosen', message });
      }
    }
    if (done === before) {
      roundMs = restMs / done;
      looks = looksWithin(wanted, done + Math.floor(Math.max(0, config.budgetMs - elapsedMs) / roundMs));
      if (elapsedMs > budgetMs)
        listener({ kind: 'told', message: budgetTooShort(budgetMs, done, elapsedMs) });
      inRound = afterFirstLook;
      left = timeLeft(
        sizes,
        { trials: trials.length, eachMs: roundMs / trialsOf(inRound) },
        begunAt + budgetMs,
      );
    }
    if (looks?.rounds.includes(done) === true) {
      const lookedAt = { ...lookedAtOf(session, lost), trials, looks };
      const { judged, open, candidates } =
        session.judgeLook?.(trials, looks, lookedAt.unjudged) ?? lookAt(lookedAt);
      const isDecided = decisionsEnd && open.length === 0;
      if (decisionsEnd) {
        inRound = afterFirstLook.filter((name) => name === config.baseline || candidates.includes(name));
        const baselines = [config.baseline, session.control].filter((name) => name !== undefined);
        sizes = sizesAfterLook(sizes, open, config, { environments: inRound, baselines });
      }
      const roundsMore = isDecided ? 0 : looks.mostRounds - done;
      const decided = judged.filter((one) => !open.includes(one) && !decidedBefore.has(comparisonTitle(one)));
      for (const one of decided) decidedBefore.add(comparisonTitle(one));
      const plan = planOf({ looks, rounds: done, endedBy, roundMs });
      await decide({ message: lookText(done, judged.length - open.length, judged.length, decided), plan });
      listener({
        kind: 'looked',
        round: done,
        judged,
        open,
        decided,
        goesOn: roundsMore === 0 ? [] : inRound,
        leftMs: left.now(trials.length, trials.length + roundsMore * trialsOf(inRound)),
        plan,
      });
      if (isDecided) {
        endedBy = 'decided';
        break;
      }
    }
    if (done === looks?.mostRounds) {
      if (done < wanted.max) endedBy = 'budget';
      break;
    }
    if (ending?.aborted === true) {
      endedBy = 'interrupted';
      break;
    }
    if (looks !== undefined && elapsedMs + roundMs > budgetMs) {
      endedBy = 'budget';
      break;
    }
  }
  ending?.removeEventListener('abort', tellEnding);
  const rounds = Math.max(1, done);
  // a given number of rounds that somebody ended is judged as at one look that came too early
  const given = wanted.kind === 'fixed' ? { rounds: [], mostRounds: wanted.rounds } : undefined;
  const plan: RoundPlan =
    given !== undefined && endedBy !== 'interrupted'
      ? { kind: 'fixed', rounds }
      : planOf({ looks: given ?? looks, rounds, endedBy, roundMs });
  if (trials.length > 0) await write({ kind: 'ended', plan });
  return { trials, lost };
}

function sizesAtFirst({ config, rates, measured, unjudged }: Session): RoundSizes {
  if (config.rounds.kind === 'fixed') return { load: config.load, starts: config.starts, startedOnce: [] };
  const names = measured
    .map(({ environment }) => environment.name)
    .filter((name) => !unjudged.includes(name));
  const all = config.workloads.flatMap((workload) =>
    names.flatMap((name) => rates.of(workload.name, name) ?? []),
  );
  return firstSizes(config, all.length === 0 ? undefined : Math.min(...all));
}

type Decision = JournalRound['decisions'][number];

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

type EndedBy = Extract<RoundPlan, { kind: 'looks' }>['endedBy'];

function planOf({
  looks,
  rounds,
  endedBy,
  roundMs,
}: {
  readonly looks: Looks | undefined;
  readonly rounds: number;
  readonly endedBy: EndedBy;
  readonly roundMs: number;
}): RoundPlan {
  return {
    kind: 'looks',
    looks: (looks?.rounds ?? []).filter((each) => each <= rounds),
    mostRounds: looks?.mostRounds ?? rounds,
    rounds,
    endedBy,
    roundMs,
  };
}

/** Whether the baseline and something to compare with it are still measured; a run of the baseline alone has its control. */
function canCompare(
  { config: { baseline }, control, unjudged }: Session,
  all: readonly string[],
  lost: readonly LostEnvironment[],
): boolean {
  const isLeft = (name: string): boolean => all.includes(name) && !lost.some((each) => each.name === name);
  const candidates = all.filter((name) => name !== baseline && name !== control && !unjudged.includes(name));
  return isLeft(baseline) && (candidates.length === 0 || candidates.some(isLeft));
}

function lookedAtOf({ config, control, unjudged, seed }: Session, lost: readonly LostEnvironment[]) {
  const { baseline, margins } = config;
  return { baseline, control, unjudged: [...unjudged, ...lost.map(({ name }) => name)], margins, seed };
}

type Round = Omit<RoundPlace, 'attempt' | 'mayRepeat' | 'kept'> & { readonly inTime: () => boolean };

/**
 * Repeats a round until it is clean or may not be repeated again. An environment that still fails is lost, and the round is made without
 * it. Adds to `repeats` and `lost`.
 * @param recorded what was measured of it before the run was interrupted; the lists already have what was repeated and lost then.
 */
async function completeRound(
  session: Session,
  environments: readonly Usable['environment'][],
  round: Round,
  recorded: JournalRound | undefined,
  repeats: Repeat[],
  lost: LostEnvironment[],
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

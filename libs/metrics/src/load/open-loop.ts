import { trainClient } from './http-client.ts';
import type { Moment, OpenOutcome } from './load-spec.ts';
import { openSender, type OpenTarget, type SlicedSide } from './open-sender.ts';
import { seededRandom, shuffled } from './seeded-random.ts';

/**
 * Length of a slice of an open window. A server that pauses because of its load (a garbage collection, a used-up quota) is
 * not seen to the end of a pause that outlasts the slice: of pauses of 20 ms that loses one in ten, in all environments
 * alike. A host that changes its speed or pauses for seconds spreads over the environments the better the shorter the slices
 * are: between equal copies, p95 varied by 13.1 % in slices of 250 ms, and by 8.1 % in slices of 100 ms of the same 13 launches.
 */
export const openSliceMs = 100;

// how often the oldest open requests are checked against their deadline
const deadlineTickMs = 20;

type OpenLoopOptions = {
  /** Whether the clock may be polled between sends; only where the server has other CPUs. */
  readonly spin: boolean;
  /**
   * Whether the load ends when a server hangs or fails more often than it answers. A server beyond its
   * capacity may do either, and a search for that capacity wants the counts.
   */
  readonly strict: boolean;
  readonly sliceMs: number;
  readonly tell: (moment: Moment) => void;
};

/**
 * Sends requests in an open loop: at planned times, whatever the replies do. A latency runs from the planned time of
 * sending to the end of the reply, so a server that stalls cannot hide it by holding the generator up (coordinated
 * omission, Tene). The replies to all requests planned in a window are waited for, up to the timeout.
 *
 * A single server has one whole window. Several alternate in slices, each loaded while the others have nothing to do.
 * @param targets with the same timeout; at least one.
 * @returns the outcome of each target, in their order.
 * @throws SideError for a server that fails under load, GeneratorError if the generator lacks something.
 */
export async function runOpenLoop(
  targets: readonly OpenTarget[],
  { spin, strict, sliceMs, tell }: OpenLoopOptions,
): Promise<readonly OpenOutcome[]> {
  const { promise: failed, reject: fail } = Promise.withResolvers<never>();
  failed.catch(() => undefined);
  await trainClient();
  const senders = targets.map((target) => openSender(target, { spin, fail }));
  const ticker = setInterval(() => {
    for (const sender of senders) {
      sender.expire();
      const error = strict ? sender.hung() : undefined;
      if (error !== undefined) fail(error);
    }
  }, deadlineTickMs);

  const isSliced = senders.length > 1;
  const warmUpAndSend = async (): Promise<readonly OpenOutcome[]> => {
    for (const sender of senders) {
      await sender.warmUp();
      if (isSliced) await sender.drained(Infinity);
    }
    tell('open-start');
    const counts = await alternate(senders, isSliced ? sliceMs : Infinity, targets[0]?.seed ?? 0);
    tell('open-end');
    return senders.map((sender, index) => ({ ...sender.outcome(strict), ...(isSliced && counts[index]) }));
  };
  try {
    return await Promise.race([failed, warmUpAndSend()]);
  } finally {
    clearInterval(ticker);
    await Promise.all(senders.map((sender) => sender.close()));
  }
}

// a generator that is late more often than this is short of CPU; the guard on late sends says so
const mostSentAgain = 0.25;

/**
 * Sends the windows of several sides in slices, one after the other, until each has had its whole window. A slice begins
 * when no request of another side is under way. The order is random in every other round of slices and reversed in the one
 * that follows it: reversed alone, slices would come in a beat and fall into step with stalls that keep another one.
 *
 * A side that is still busy when the others could have had their slices goes on with its own, as it would have done had
 * they had them. So a stall is met by the same share of requests as in a whole window, however long it lasts: waiting for
 * its end without sending would leave most of it out, which is coordinated omission slice by slice.
 *
 * A round of slices in which the generator was late once too often is sent again, by all its sides: what made it late may have
 * held up any of them. It stays if a request failed, because a failure always counts.
 * @returns how many slices each side's window is made of, and how many were sent again.
 */
export async function alternate(
  sides: readonly SlicedSide[],
  sliceMs: number,
  seed: number,
): Promise<readonly { readonly slices: number; readonly slicesAgain: number }[]> {
  const random = seededRandom(seed);
  let order = sides;
  let sentMs = new Map(sides.map((side) => [side, 0]));
  let counts = new Map(sides.map((side) => [side, 0]));
  const again = new Map(sides.map((side) => [side, 0]));
  let roundsLeft = mostSentAgain * Math.max(...sides.map(({ durationMs }) => durationMs / sliceMs));
  const isOver = (side: SlicedSide): boolean => (sentMs.get(side) ?? 0) >= side.durationMs;
  let isRandom = true;
  for (let left = sides; left.length > 0; left = left.filter((side) => !isOver(side))) {
    const othersMs = (left.length - 1) * sliceMs;
    order = isRandom ? shuffled(left, random) : order.toReversed();
    const before = { sentMs: new Map(sentMs), counts: new Map(counts) };
    for (const side of order.filter((each) => !isOver(each))) {
      let isDrained = false;
      while (!isDrained && !isOver(side)) {
        const fromMs = sentMs.get(side) ?? 0;
        const untilMs = Math.min(fromMs + sliceMs, side.durationMs);
        await side.send(fromMs, untilMs);
        sentMs.set(side, untilMs);
        counts.set(side, (counts.get(side) ?? 0) + 1);
        isDrained = await side.drained(isOver(side) ? Infinity : othersMs);
      }
    }
    isRandom = !isRandom;
    const isSentAgain =
      roundsLeft >= 1 && left.some((side) => side.isLate()) && !left.some((side) => side.hasFailed());
    for (const side of left) {
      if (!isSentAgain) side.count();
      else {
        side.forget();
        const sent = (counts.get(side) ?? 0) - (before.counts.get(side) ?? 0);
        again.set(side, (again.get(side) ?? 0) + sent);
      }
    }
    if (!isSentAgain) continue;
    roundsLeft -= 1;
    ({ sentMs, counts } = before);
  }
  return sides.map((side) => ({ slices: counts.get(side) ?? 0, slicesAgain: again.get(side) ?? 0 }));
}

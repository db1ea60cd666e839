import { trainClient } from './http-client.ts';
import type { Moment, OpenOutcome } from './load-spec.ts';
import { openSender, type OpenTarget } from './open-sender.ts';
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
  const counts = senders.map(() => 0);
  let sidesLeft = senders.length;
  const sides = senders.map((sender, index): SlicedSide => ({
    ...sender,
    send: async (fromMs, untilMs) => {
      if (counts.every((count) => count === 0)) tell('open-start');
      counts[index] = (counts[index] ?? 0) + 1;
      await sender.send(fromMs, untilMs);
      if (untilMs === sender.durationMs) sidesLeft -= 1;
      if (sidesLeft === 0) tell('open-end');
    },
  }));
  const warmUpAndSend = async (): Promise<readonly OpenOutcome[]> => {
    for (const sender of senders) {
      await sender.warmUp();
      if (isSliced) await sender.drained(Infinity);
    }
    await alternate(sides, isSliced ? sliceMs : Infinity, targets[0]?.seed ?? 0);
    return senders.map((sender, index) => ({
      ...sender.outcome(strict),
      ...(isSliced && { slices: counts[index] ?? 0 }),
    }));
  };
  try {
    return await Promise.race([failed, warmUpAndSend()]);
  } finally {
    clearInterval(ticker);
    await Promise.all(senders.map((sender) => sender.close()));
  }
}

/** A server whose window is sent in slices. */
export type SlicedSide = {
  /** Length of its window: the sum of its slices. */
  readonly durationMs: number;
  /** Sends what is planned from one time of the window to another, and returns when that time is over. */
  readonly send: (fromMs: number, untilMs: number) => Promise<void>;
  /** @returns whether no request is under way, at the latest after `withinMs`. */
  readonly drained: (withinMs: number) => Promise<boolean>;
};

/**
 * Sends the windows of several sides in slices, one after the other, until each has had its whole window. A slice begins
 * when no request of another side is under way. The order is random in every other round of slices and reversed in the one
 * that follows it: reversed alone, slices would come in a beat and fall into step with stalls that keep another one.
 *
 * A side that is still busy when the others could have had their slices goes on with its own, as it would have done had
 * they had them. So a stall is met by the same share of requests as in a whole window, however long it lasts: waiting for
 * its end without sending would leave most of it out, which is coordinated omission slice by slice.
 */
export async function alternate(sides: readonly SlicedSide[], sliceMs: number, seed: number): Promise<void> {
  const random = seededRandom(seed);
  let order = sides;
  const sentMs = new Map(sides.map((side) => [side, 0]));
  const isOver = (side: SlicedSide): boolean => (sentMs.get(side) ?? 0) >= side.durationMs;
  let isRandom = true;
  for (let left = sides; left.length > 0; left = left.filter((side) => !isOver(side))) {
    const othersMs = (left.length - 1) * sliceMs;
    order = isRandom ? shuffled(left, random) : order.toReversed();
    for (const side of order.filter((each) => !isOver(each))) {
      let isDrained = false;
      while (!isDrained && !isOver(side)) {
        const fromMs = sentMs.get(side) ?? 0;
        const untilMs = Math.min(fromMs + sliceMs, side.durationMs);
        await side.send(fromMs, untilMs);
        sentMs.set(side, untilMs);
        isDrained = await side.drained(isOver(side) ? Infinity : othersMs);
      }
    }
    isRandom = !isRandom;
  }
}

import { expect, it } from 'vitest';
import { trueQuantileMs } from './latency-profile.ts';
import { alternate } from './open-loop.ts';
import type { SlicedSide } from './open-sender.ts';
import { poissonArrivals } from './send-clock.ts';

const sliceMs = 250;
const leadMs = 5;

/** A time without a real clock: it passes only where something waits for it. */
type World = { nowMs: number };

type Sent = { readonly plannedAtMs: number; readonly repliedAtMs: number };
type SliceMade = { readonly fromMs: number; readonly untilMs: number; readonly atMs: number };
type FakeSide = SlicedSide & {
  /** What counts. */
  readonly sent: readonly Sent[];
  readonly slices: readonly SliceMade[];
};

/** @param replyAt when a request that arrives at a time of the world is answered. */
function fakeSide(
  world: World,
  { rateRps, durationMs, seed = 1 }: { rateRps: number; durationMs: number; seed?: number },
  replyAt: (arrivedAtMs: number) => number,
): FakeSide {
  const schedule = poissonArrivals(rateRps, durationMs, seed);
  const sent: Sent[] = [];
  const slices: SliceMade[] = [];
  let lastReplyAtMs = 0;
  let counted = 0;
  return {
    durationMs,
    count: () => {
      counted = sent.length;
    },
    forget: () => {
      sent.length = counted;
    },
    isLate: () => false,
    hasFailed: () => false,
    sent,
    slices,
    send: (fromMs, untilMs) => {
      world.nowMs += leadMs;
      slices.push({ fromMs, untilMs, atMs: world.nowMs });
      for (let at = schedule.plannedBefore(fromMs); at < schedule.plannedBefore(untilMs); at++) {
        const plannedAtMs = world.nowMs + schedule.plannedMs(at) - fromMs;
        const repliedAtMs = replyAt(plannedAtMs);
        lastReplyAtMs = Math.max(lastReplyAtMs, repliedAtMs);
        sent.push({ plannedAtMs, repliedAtMs });
      }
      world.nowMs += untilMs - fromMs;
      return Promise.resolve();
    },
    drained: (withinMs) => {
      const waitMs = Math.max(0, lastReplyAtMs - world.nowMs);
      world.nowMs += Math.min(waitMs, withinMs);
      return Promise.resolve(waitMs <= withinMs);
    },
  };
}

const after = (latencyMs: number) => (arrivedAtMs: number) => arrivedAtMs + latencyMs;
/** Answers at once, but stands still for a while once in every period of the world's time. */
const stalling =
  ({ stallMs, periodMs, phaseMs = 0 }: { stallMs: number; periodMs: number; phaseMs?: number }) =>
  (arrivedAtMs: number): number =>
    arrivedAtMs + Math.max(0, stallMs - ((arrivedAtMs + phaseMs) % periodMs));

function quantileMs(sent: readonly Sent[], quantile: number): number {
  const latencies = sent
    .map(({ plannedAtMs, repliedAtMs }) => repliedAtMs - plannedAtMs)
    .toSorted((one, other) => one - other);
  return latencies[Math.ceil(quantile * latencies.length) - 1] ?? NaN;
}

it('sends the windows in slices, every other round of them in the reversed order of the one before', async () => {
  const world = { nowMs: 0 };
  const order: string[] = [];
  const named = (name: string): SlicedSide => {
    const side = fakeSide(world, { rateRps: 100, durationMs: 600 }, after(0));
    return {
      ...side,
      send: (...stretch) => {
        order.push(`${name} ${stretch.join('-')}`);
        return side.send(...stretch);
      },
    };
  };
  await alternate(['a', 'b', 'c'].map(named), sliceMs, 1);
  const rounds = [order.slice(0, 3), order.slice(3, 6), order.slice(6)];
  const namesOf = (round: readonly string[] | undefined): readonly string[] =>
    (round ?? []).map((each) => each.charAt(0));
  expect(namesOf(rounds[1])).toEqual(namesOf(rounds[0]).toReversed());
  for (const [index, stretch] of ['0-250', '250-500', '500-600'].entries())
    expect(rounds[index]?.toSorted()).toEqual(['a', 'b', 'c'].map((name) => `${name} ${stretch}`));
});

it('has the sides in random orders, which the seed fixes', async () => {
  const orderOf = async (seed: number): Promise<string> => {
    const world = { nowMs: 0 };
    let order = '';
    const sides = ['a', 'b'].map((name): SlicedSide => {
      const side = fakeSide(world, { rateRps: 10, durationMs: 5000 }, after(0));
      return {
        ...side,
        send: (...stretch) => {
          order += name;
          return side.send(...stretch);
        },
      };
    });
    await alternate(sides, sliceMs, seed);
    return order;
  };
  expect(await orderOf(3)).toBe(await orderOf(3));
  expect(await orderOf(4)).not.toBe(await orderOf(3));
  expect(await orderOf(3)).toMatch(/abba.*baab|baab.*abba/);
});

it('begins a slice only when no request of another side is under way', async () => {
  const world = { nowMs: 0 };
  const load = { rateRps: 100, durationMs: 3000 };
  const fast = fakeSide(world, load, after(10));
  const slow = fakeSide(world, load, after(100));
  await alternate([fast, slow], sliceMs, 1);
  expect([fast.sent.length, slow.sent.length]).toEqual([300, 300]);
  for (const one of fast.sent) {
    const meets = (other: Sent): boolean =>
      other.plannedAtMs < one.repliedAtMs && one.plannedAtMs < other.repliedAtMs;
    expect(slow.sent.filter(meets)).toEqual([]);
  }
  expect(quantileMs(fast.sent, 0.99)).toBeCloseTo(10, 6);
  expect(quantileMs(slow.sent, 0.5)).toBeCloseTo(100, 6);
});

it('leaves the planned times where they are within a slice', async () => {
  const world = { nowMs: 0 };
  const side = fakeSide(world, { rateRps: 100, durationMs: 1000 }, after(300));
  await alternate([side, fakeSide(world, { rateRps: 100, durationMs: 1000 }, after(0))], sliceMs, 1);
  const schedule = poissonArrivals(100, 1000, 1);
  let index = 0;
  for (const { fromMs, untilMs, atMs } of side.slices) {
    for (; index < schedule.plannedBefore(untilMs); index++)
      expect(side.sent[index]?.plannedAtMs).toBeCloseTo(atMs + schedule.plannedMs(index) - fromMs, 9);
  }
  expect(index).toBe(100);
});

it('goes on with a longer window alone, and sends that of a single side in one piece', async () => {
  const world = { nowMs: 0 };
  const long = fakeSide(world, { rateRps: 100, durationMs: 1000 }, after(1));
  const short = fakeSide(world, { rateRps: 100, durationMs: 250 }, after(1));
  await alternate([long, short], sliceMs, 1);
  expect([long.slices.length, short.slices.length]).toEqual([4, 1]);
  const alone = fakeSide(world, { rateRps: 100, durationMs: 1000 }, after(1));
  await alternate([alone], Infinity, 1);
  expect(alone.slices.map(({ fromMs, untilMs }) => [fromMs, untilMs])).toEqual([[0, 1000]]);
});

it('waits for the last replies before it ends', async () => {
  const world = { nowMs: 0 };
  const sides = [5000, 0].map((latencyMs) =>
    fakeSide(world, { rateRps: 100, durationMs: 500 }, after(latencyMs)),
  );
  await alternate(sides, sliceMs, 1);
  for (const { sent } of sides) {
    expect(sent).toHaveLength(50);
    expect(world.nowMs).toBeGreaterThanOrEqual(Math.max(...sent.map(({ repliedAtMs }) => repliedAtMs)));
  }
});

it('sends a round of slices again in which the generator was late, as all sides have had it', async () => {
  const world = { nowMs: 0 };
  const load = { rateRps: 100, durationMs: 3000 };
  const [steady, late] = [fakeSide(world, load, after(10)), fakeSide(world, load, after(10))];
  // in its second slice, and in the one that stands for it
  const isLate = (): boolean => late.slices.length === 2 || late.slices.length === 3;
  const counts = await alternate([steady, { ...late, isLate }], sliceMs, 1);
  expect(counts).toEqual(Array(2).fill({ slices: 12, slicesAgain: 2 }));
  for (const { sent, slices } of [steady, late]) {
    expect(slices.map(({ fromMs }) => fromMs / sliceMs)).toEqual([
      0, 1, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
    ]);
    expect(sent).toHaveLength(300);
  }
});

it('sends at most a quarter of the slices again, and none in which a request failed', async () => {
  const world = { nowMs: 0 };
  const load = { rateRps: 100, durationMs: 3000 };
  const late = { ...fakeSide(world, load, after(10)), isLate: () => true };
  const other = fakeSide(world, load, after(10));
  expect(await alternate([late, other], sliceMs, 1)).toEqual(Array(2).fill({ slices: 12, slicesAgain: 3 }));
  const failing = { ...fakeSide(world, load, after(10)), hasFailed: () => true };
  expect(await alternate([late, failing], sliceMs, 1)).toEqual(Array(2).fill({ slices: 12, slicesAgain: 0 }));
  expect(await alternate([late], Infinity, 1)).toEqual([{ slices: 1, slicesAgain: 0 }]);
});

// shorter than a slice, longer than one, and longer than all slices of a round together
it.each([
  { stallMs: 20, periodMs: 203 },
  { stallMs: 200, periodMs: 2030 },
  { stallMs: 1000, periodMs: 10_130 },
  { stallMs: 4000, periodMs: 40_130 },
])(
  'sees a stall of $stallMs ms in every $periodMs ms as it is, whichever slice it begins in',
  async (stall) => {
    for (const others of [1, 3]) {
      const sent: Sent[] = [];
      for (let seed = 0; seed < 60; seed++) {
        const world = { nowMs: 0 };
        // a phase that the slices do not keep step with
        const replyAt = stalling({ ...stall, phaseMs: seed * 777.7 });
        const load = { rateRps: 100, durationMs: 100_000, seed };
        const side = fakeSide(world, load, replyAt);
        const quick = Array.from({ length: others }, () => fakeSide(world, load, after(3)));
        await alternate([side, ...quick], sliceMs, seed);
        sent.push(...side.sent);
      }
      for (const [quantile, limit] of [
        [0.99, 0.05],
        // beside three others, a fifth is missed of a stall that lasts about as long as the slices of all
        [0.95, others === 3 && stall.stallMs === 1000 ? 0.35 : 0.1],
      ] as const) {
        const truthMs = trueQuantileMs({ kind: 'stalling', ...stall }, quantile);
        expect
          .soft(Math.abs(quantileMs(sent, quantile) / truthMs - 1), `p${100 * quantile} beside ${others}`)
          .toBeLessThan(limit);
      }
    }
  },
);

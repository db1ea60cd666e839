import { describe, expect, test } from 'vitest';
import { normalSample, seededNormal } from '../fixtures/seeded-normal.ts';
import { decideSequentially, planLooks, type DecisionOptions } from './sequential-decision.ts';

const plan = planLooks(30);
const options: DecisionOptions = { plan, margin: 0.02, direction: 'lower' };
const margin = Math.log(1.02);
/** Log-ratios with exactly this mean and standard deviation. */
function rounds(n: number, centre: number, stdev: number): number[] {
  const pattern = Array.from({ length: n }, (_, round) => (round % 2 === 0 ? 1 : -1));
  return pattern.map((sign) => centre + sign * stdev * Math.sqrt((n - 1) / n));
}

describe('planLooks', () => {
  test('looks ever more seldom, last at the most rounds', () => {
    expect(plan.looks.map((look) => look.rounds)).toEqual([6, 8, 10, 12, 15, 20, 25, 30]);
    expect(planLooks(13).looks.map((look) => look.rounds)).toEqual([6, 8, 10, 12, 13]);
    expect(planLooks(6).looks.map((look) => look.rounds)).toEqual([6]);
    expect(
      planLooks(70)
        .looks.map((look) => look.rounds)
        .slice(-3),
    ).toEqual([50, 60, 70]);
  });

  test('spends all the error in the end, and ever more on the way', () => {
    const spent = plan.looks.map((look) => look.spent);
    expect(spent.at(-1)).toBeCloseTo(plan.error, 12);
    expect(spent).toEqual(spent.toSorted((a, b) => a - b));
  });

  test('has no look with too few rounds for one', () => {
    expect(planLooks(5).looks).toEqual([]);
  });

  test.each([
    { looks: [5, 10], message: 'planLooks: look 0 is 5, expected a whole number of at least 6' },
    { looks: [6, 6], message: 'planLooks: look 1 is 6, expected a whole number of at least 7' },
    { looks: [6, 40], message: 'planLooks: look 1 is at 40 rounds, expected at most 30' },
    { looks: [6.5], message: 'planLooks: look 0 is 6.5, expected a whole number of at least 6' },
  ])('says "$message"', ({ looks, message }) => {
    expect(() => planLooks(30, { rounds: looks })).toThrow(new RangeError(message));
  });

  test.each([0, 1, NaN])('refuses the error %s', (error) => {
    expect(() => planLooks(30, { error })).toThrow(/^planLooks: error is /);
  });

  test('refuses no rounds', () => {
    expect(() => planLooks(0)).toThrow(/^planLooks: mostRounds is 0/);
  });
});

describe('decideSequentially', () => {
  test('decides at the first look what is clear', () => {
    const same = decideSequentially(rounds(6, 0, 0.002), options);
    expect(same).toMatchObject({ decision: 'same', look: { rounds: 6 }, nextLook: null });
    expect(decideSequentially(rounds(6, 0.1, 0.01), options).decision).toBe('worse');
    expect(decideSequentially(rounds(6, -0.1, 0.01), options).decision).toBe('better');
  });

  test('knows which way is good', () => {
    const higher = { ...options, direction: 'higher' } as const;
    expect(decideSequentially(rounds(6, 0.1, 0.01), higher).decision).toBe('better');
    expect(decideSequentially(rounds(6, -0.1, 0.01), higher).decision).toBe('worse');
  });

  test('leaves open what is not clear, with its bounds and the next look', () => {
    const open = decideSequentially(rounds(8, 0.01, 0.02), options);
    expect(open).toMatchObject({ decision: 'open', look: { rounds: 8 }, nextLook: 10 });
    const [lower, upper] = open.look?.interval ?? [NaN, NaN];
    expect(lower).toBeLessThan(open.look?.ratio ?? NaN);
    expect(upper).toBeGreaterThan(1.02);
    expect(open.look?.sameWithin).toBe(upper - 1);
  });

  test('between two looks sees only what the last one saw', () => {
    const seen = rounds(8, 0.01, 0.02);
    expect(decideSequentially([...seen, 0.5], options).look).toEqual(decideSequentially(seen, options).look);
  });

  test('keeps what a look decided, whatever comes later', () => {
    const decided = decideSequentially(rounds(6, 0, 0.002), options);
    const later = [...rounds(6, 0, 0.002), ...rounds(24, 0.3, 0.01)];
    expect(decideSequentially(later, options)).toEqual(decided);
  });

  test('gives opposite bounds for opposite rounds', () => {
    const values = normalSample(12, 3, 0.01, 0.03);
    const one = decideSequentially(values, options).look;
    const other = decideSequentially(
      values.map((value) => -value),
      options,
    ).look;
    expect(one?.interval[0]).toBeCloseTo(1 / (other?.interval[1] ?? NaN), 12);
    expect(one?.sameWithin).toBeCloseTo(other?.sameWithin ?? NaN, 12);
  });

  test('decides figures without any spread', () => {
    expect(decideSequentially([0, 0, 0, 0, 0, 0], options)).toMatchObject({
      decision: 'same',
      look: { interval: [1, 1], sameWithin: 0 },
    });
  });

  test.each([0, 1, 5])('has no look after %s rounds', (n) => {
    expect(decideSequentially(rounds(n, 0.1, 0.001), options)).toEqual({
      decision: 'open',
      look: null,
      nextLook: 6,
    });
    expect(decideSequentially(rounds(n, 0.1, 0.001), { ...options, end: 'budget' })).toEqual({
      decision: 'open',
      look: null,
      nextLook: null,
    });
  });

  test('finds nothing the same within a margin of 0', () => {
    const none = { ...options, margin: 0 };
    expect(decideSequentially([0, 0, 0, 0, 0, 0], none).decision).toBe('open');
    expect(decideSequentially(rounds(6, 0.1, 0.01), none).decision).toBe('worse');
  });

  test('after the budget looks once more, with all the error that is left', () => {
    const values = rounds(9, 0, 0.014);
    expect(decideSequentially(values, options)).toMatchObject({ decision: 'open', look: { rounds: 8 } });
    const ended = decideSequentially(values, { ...options, end: 'budget' });
    expect(ended).toMatchObject({ decision: 'same', look: { rounds: 9, spent: plan.error }, nextLook: null });
  });

  test('interrupted, looks once more with what is due', () => {
    const ended = decideSequentially(rounds(9, 0, 0.014), { ...options, end: 'interrupted' });
    expect(ended).toMatchObject({ decision: 'open', look: { rounds: 9 }, nextLook: null });
    expect(ended.look?.spent).toBeCloseTo(plan.error * 0.3 ** 1.5, 12);
    expect(ended.look?.level).toBeLessThan(plan.looks[2]?.level ?? NaN);
  });

  test('at the most rounds ends as it was planned', () => {
    const values = normalSample(30, 8, margin, 0.05);
    const ended = decideSequentially(values, { ...options, end: 'budget' });
    expect(ended).toEqual(decideSequentially(values, options));
    expect(ended).toMatchObject({ look: { rounds: 30 }, nextLook: null });
  });

  test('gives no bounds beyond the range of a double', () => {
    expect(decideSequentially(rounds(6, 0, 500), options)).toMatchObject({ decision: 'open', look: null });
  });

  test.each([NaN, Infinity])('refuses the round %s', (bad) => {
    expect(() => decideSequentially([0, 0, 0, 0, 0, bad], options)).toThrow(/^decideSequentially: value 5/);
  });

  test('refuses more rounds than were planned', () => {
    expect(() => decideSequentially(rounds(31, 0, 1), options)).toThrow(
      new RangeError('decision: 31 rounds, expected at most 30'),
    );
  });

  test('refuses a negative margin', () => {
    expect(() => decideSequentially(rounds(6, 0, 1), { ...options, margin: -0.1 })).toThrow(RangeError);
  });
});

describe('of 1,000 simulated comparisons', () => {
  const runs = 1_000;
  function shares(truth: number, spread: number, seed: number) {
    const counts = { worse: 0, same: 0, better: 0, open: 0 };
    const normal = seededNormal(seed);
    for (let run = 0; run < runs; run += 1) {
      const values = Array.from({ length: 30 }, () => truth + spread * normal());
      counts[decideSequentially(values, options).decision] += 1;
    }
    return counts;
  }

  test('those on the margin are decided wrongly in no more than 5 %', () => {
    const { worse, same, better } = shares(margin, margin, 1);
    // 3 standard deviations above 5 %.
    expect(worse + same + better).toBeLessThan(71);
  });

  test('those of equals are almost never called different, and mostly the same', () => {
    const { worse, same, better } = shares(0, margin, 2);
    expect(worse + better).toBe(0);
    expect(same).toBeGreaterThan(980);
  });

  test('those that are twice the margin worse are found', () => {
    expect(shares(2 * margin, margin, 3).worse).toBeGreaterThan(985);
  });
});

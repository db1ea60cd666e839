import { describe, expect, test } from 'vitest';
import { decideGuarded, planGuardedLooks, type GuardedRound } from './guarded-decision.ts';
import { seededNormal } from '../fixtures/seeded-normal.ts';

const plan = planGuardedLooks(30);
const options = { plan, margin: 0.02, direction: 'higher' } as const;

type Figure = { readonly centre: number; readonly stdev: number };
/** Rounds whose two figures have exactly these means and standard deviations. */
function rounds(n: number, typical: Figure, whole: Figure): GuardedRound[] {
  const scale = Math.sqrt((n - 1) / n);
  return Array.from({ length: n }, (_, round) => {
    const sign = round % 2 === 0 ? scale : -scale;
    return { typical: typical.centre + sign * typical.stdev, whole: whole.centre + sign * whole.stdev };
  });
}

describe('decideGuarded', () => {
  test('lets the typical slice decide where the whole varies too much to do so', () => {
    const same = decideGuarded(rounds(10, { centre: 0, stdev: 0.01 }, { centre: 0, stdev: 0.035 }), options);
    expect(same).toMatchObject({ decision: 'same', by: 'typical', nextLook: null });
    const worse = decideGuarded(
      rounds(6, { centre: -0.08, stdev: 0.012 }, { centre: -0.07, stdev: 0.035 }),
      options,
    );
    expect(worse).toMatchObject({ decision: 'worse', by: 'typical', whole: { rounds: 6 } });
  });

  test('calls nothing the same whose whole lies beyond the margin', () => {
    const hidden = rounds(10, { centre: 0, stdev: 0.005 }, { centre: -0.03, stdev: 0.04 });
    expect(decideGuarded(hidden, options)).toMatchObject({ decision: 'open', by: null, nextLook: 12 });
  });

  test('calls nothing the same whose whole may be two margins away', () => {
    const unsure = rounds(10, { centre: 0, stdev: 0.005 }, { centre: 0.015, stdev: 0.06 });
    expect(decideGuarded(unsure, options).decision).toBe('open');
  });

  test('calls nothing better whose whole is not', () => {
    const stalls = rounds(10, { centre: 0.06, stdev: 0.01 }, { centre: -0.01, stdev: 0.04 });
    expect(decideGuarded(stalls, options).decision).toBe('open');
  });

  test('finds a loss that the typical slice hides', () => {
    const stalls = rounds(15, { centre: -0.01, stdev: 0.01 }, { centre: -0.069, stdev: 0.035 });
    expect(decideGuarded(stalls, options)).toMatchObject({ decision: 'worse', by: 'whole' });
  });

  test('keeps what a look decided', () => {
    const decided = rounds(10, { centre: 0, stdev: 0.005 }, { centre: 0, stdev: 0.02 });
    const later = rounds(20, { centre: -0.3, stdev: 0.01 }, { centre: -0.3, stdev: 0.01 });
    expect(decideGuarded([...decided, ...later], options)).toEqual(decideGuarded(decided, options));
  });

  test('looks once more after the budget', () => {
    const values = rounds(9, { centre: 0, stdev: 0.013 }, { centre: 0, stdev: 0.03 });
    expect(decideGuarded(values, options).decision).toBe('open');
    expect(decideGuarded(values, { ...options, end: 'budget' })).toMatchObject({
      decision: 'same',
      typical: { rounds: 9 },
    });
  });

  test('has no look before six rounds', () => {
    const few = rounds(5, { centre: 1, stdev: 0 }, { centre: 1, stdev: 0 });
    expect(decideGuarded(few, options)).toEqual({
      decision: 'open',
      by: null,
      typical: null,
      whole: null,
      nextLook: 6,
    });
  });

  test('decides wrongly in no more than 5 % of 1,000 simulated comparisons on the margin', () => {
    const normal = seededNormal(5);
    const edge = -Math.log(1.02);
    let wrong = 0;
    for (let run = 0; run < 1_000; run += 1) {
      const values = Array.from({ length: 30 }, () => ({
        typical: edge + 0.014 * normal(),
        whole: edge + 0.035 * normal(),
      }));
      if (decideGuarded(values, options).decision !== 'open') wrong += 1;
    }
    expect(wrong).toBeLessThan(71);
  });

  test('refuses figures that are no numbers', () => {
    const bad = Array.from({ length: 6 }, () => ({ typical: 0, whole: NaN }));
    expect(() => decideGuarded(bad, options)).toThrow(RangeError);
  });
});

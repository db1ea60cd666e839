import { expect, test } from 'vitest';
import { logAxis } from './log-axis.ts';

test.each([
  [[50, 200], 8],
  [[1, 100_000], 8],
  [[6.25, 800], 12],
  [[49, 51], 8],
  [[0.05, 2000, 0, NaN], 8],
])('holds %j with a few ticks inside', (figures, mostTicks) => {
  const { min, max, ticks } = logAxis(figures, mostTicks);
  for (const figure of figures.filter((each) => each > 0)) {
    expect(Math.log10(figure)).toBeGreaterThan(min);
    expect(Math.log10(figure)).toBeLessThan(max);
  }
  expect(ticks.length).toBeLessThanOrEqual(mostTicks);
  expect(ticks.length).toBeGreaterThan(0);
  for (const tick of ticks) expect(tick >= min && tick <= max).toBe(true);
});

test('is there without any figure', () => {
  expect(logAxis([], 8).ticks.map((tick) => 10 ** tick)).toContain(1);
});

import { expect, it } from 'vitest';
import { shareOf } from '../result/share.ts';
import { shareItem, type ShareRule } from './share-items.ts';

const share = (hits: number, runs: number) =>
  shareOf({
    part: 'aa',
    source: 'simulated',
    design: '12 rounds',
    slowdownPercent: 0,
    metric: 'throughputRps',
    outcome: 'significant',
    hits,
    runs,
  });

it.each<[ShareRule, number, number, boolean | null]>([
  [{ kind: 'nominal' }, 100, 2000, true],
  [{ kind: 'nominal' }, 60, 2000, false],
  [{ kind: 'nominal' }, 140, 2000, false],
  [{ kind: 'below-nominal' }, 60, 2000, true],
  [{ kind: 'below-nominal' }, 100, 2000, false],
  [{ kind: 'not-above-nominal', familySize: 7 }, 0, 40, true],
  [{ kind: 'not-above-nominal', familySize: 1 }, 6, 40, false],
  // seven metrics are looked at: one of them may be a little further out
  [{ kind: 'not-above-nominal', familySize: 7 }, 6, 40, true],
  [{ kind: 'at-least', percent: 90 }, 90, 100, true],
  [{ kind: 'at-least', percent: 90 }, 89, 100, false],
  [{ kind: 'shown' }, 89, 100, null],
])('judges %j: %i of %i', (rule, hits, runs, passed) => {
  expect(shareItem(share(hits, runs), rule).passed).toBe(passed);
});

it('shows the interval', () => {
  const item = shareItem(share(100, 2000), { kind: 'nominal' });
  expect(item.what).toBe('12 rounds, Throughput: p < 0.05');
  expect(item.errorText).toBe('100 of 2000, 95 % interval 4.1 … 6.0 %');
});

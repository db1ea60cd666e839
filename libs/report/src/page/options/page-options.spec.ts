import { expect, test } from 'vitest';
import { drawPageChart } from '../draw-page-chart.ts';
import { forestOption } from './forest-option.ts';
import { titleLines, trialsOption } from './trials-option.ts';

const column = (title: string, emulated: boolean, figures: readonly number[]) => ({
  title,
  emulated,
  colourIndex: 0,
  median: figures[0] ?? 0,
  ci95: null,
  trials: figures.map((figure, place) => ({ round: place + 1, figure, tip: `${title} ${figure}` })),
});

const row = { title: 'docker', ratio: 1.1, ci95: [1.05, 1.15] as const, verdict: 'worse' as const, valueText: '×1.10', tip: 'docker: ×1.10' }; // prettier-ignore

test('emulated environments have axes of their own', () => {
  const plain = trialsOption([column('native', false, [1, 2])], 'trials');
  const both = trialsOption([column('native', false, [1, 2]), column('vm', true, [100, 120])], 'trials');
  expect(plain.yAxis).toHaveLength(1);
  expect(both.yAxis).toHaveLength(2);
});

test('every trial is a point that tells its exact value', () => {
  const { html } = drawPageChart(trialsOption([column('native', false, [1, 2, 3])], 'trials'));
  expect(html.match(/<circle [^>]*data-t="native \d"/g)).toHaveLength(3);
});

test('a drawing has variables for colours, no style sheet and no text that is not escaped', () => {
  const hostile = column('<script>$&', false, [1, 2]);
  const { html } = drawPageChart(trialsOption([hostile], '<img>'));
  expect(html).not.toMatch(/<style|<script|<img|zr\d|#[0-9a-f]{6}/i);
  expect(html).toContain('aria-label="&lt;img&gt;"');
  expect(html).toContain('data-t="&lt;script&gt;$&amp; 1"');
});

test('the same chart gives the same bytes', () => {
  const chart = forestOption({ rows: [row], margin: 0.05, direction: 'lower', alternative: 'ratios' });
  expect(drawPageChart(chart).html).toBe(drawPageChart(chart).html);
});

test('an interval without end is cut off at the edge of the forest plot', () => {
  const wild = { ...row, ci95: [1e-9, 1e9] as const };
  const { html } = drawPageChart(
    forestOption({ rows: [wild], margin: 0.05, direction: 'lower', alternative: 'ratios' }),
  );
  expect(html).not.toMatch(/NaN|Infinity/);
});

test('long titles take two lines and are cut', () => {
  expect(titleLines('native', 10)).toEqual(['native']);
  expect(titleLines('vagrant (emulated)', 10)).toEqual(['vagrant', '(emulated)']);
  expect(titleLines('a-very-long-name', 8)).toEqual(['a-very-…']);
});

import { expect, test } from 'vitest';
import { exampleRun } from '../../fixtures/example-run.ts';
import { planCharts } from './chart-plan.ts';
import { drawChart } from './draw-chart.ts';
import { renderCharts } from './render-charts.ts';

test('the same run gives the same bytes, whatever was drawn before', () => {
  const first = renderCharts(exampleRun());
  renderCharts(exampleRun(1));
  expect(renderCharts(exampleRun())).toEqual(first);
  const last = planCharts(exampleRun()).at(-1);
  expect(last && drawChart(last)).toBe(first.at(-1)?.svg);
});

test('a picture has a light ground, a label, values, and no style sheet', () => {
  const [startup] = renderCharts(exampleRun());
  expect(startup?.svg).toMatch(
    /^<svg data-source="tare-report" role="img" aria-label="primes: startup time" /,
  );
  expect(startup?.svg).toContain('fill="#FFFFFF"');
  expect(startup?.svg).toContain('>ms (lower is better)<');
  expect(startup?.svg).toContain('>83.5 ± 2.8<');
  expect(startup?.svg).not.toMatch(/<style|class=|zr\d/);
});

test('every trial is a dot and every interval three lines', () => {
  const throughput = renderCharts(exampleRun(4))[1];
  expect(throughput?.svg.match(/<circle /g)).toHaveLength(4 * 4);
  expect(throughput?.svg.match(/stroke="#1F2328" stroke-width="2"/g)).toHaveLength(4 * 3);
});

test('one trial gives a dot and no interval', () => {
  const throughput = renderCharts(exampleRun(1))[1];
  expect(throughput?.svg.match(/<circle /g)).toHaveLength(4);
  expect(throughput?.svg).not.toContain('stroke-width="2"');
});

test('a bar that is broken off has two gaps, and neither dots nor an interval', () => {
  const [startup] = renderCharts(exampleRun(4));
  expect(startup?.svg.match(/<circle /g)).toHaveLength(3 * 4);
  expect(startup?.svg.match(/stroke="#1F2328" stroke-width="2"/g)).toHaveLength(3 * 3);
  const polygons = (svg: string | undefined) => svg?.match(/<polygon /g)?.length ?? 0;
  const throughput = renderCharts(exampleRun(4))[1];
  expect([polygons(startup?.svg), polygons(throughput?.svg)]).toEqual([2, 0]);
});

test('text of a run is escaped in a picture', () => {
  const run = exampleRun();
  const [startup] = renderCharts({ ...run, summary: { '<a> & "b"': run.summary.primes ?? {} } });
  expect(startup?.svg).toContain('aria-label="&lt;a&gt; &amp; &quot;b&quot;: startup time"');
  expect(startup?.svg).not.toContain('<a>');
});

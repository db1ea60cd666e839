import { environmentColours } from '../../charts/palette.ts';
import { percentileAxis } from '../data/percentile-curve.ts';
import type { PercentileCurve } from '../data/percentile-curve.ts';
import { chartInk, chartWidthPx, silentLayer, valueAxis } from './page-chart.ts';
import type { PageChart } from './page-chart.ts';
import { logScale } from './page-scale.ts';
import type { PageScale } from './page-scale.ts';

export type PercentileLine = {
  readonly colourIndex: number;
  readonly emulated: boolean;
  readonly curve: PercentileCurve;
  /** One per named percentile of the curve. */
  readonly tips: readonly string[];
};

const heightPx = 250;

/** Latency over percentiles: x is log10 of 1 ÷ (1 − p), which gives each further nine the same room; y is logarithmic. */
export function percentileOption(lines: readonly PercentileLine[], alternative: string): PageChart {
  const latencies = lines.flatMap(({ curve }) => curve.line.map(({ latencyMs }) => latencyMs));
  const positive = latencies.filter((latency) => latency > 0);
  const y = logScale(Math.min(...positive), Math.max(...positive), 5);
  return {
    widthPx: chartWidthPx,
    heightPx,
    alternative,
    grid: [{ left: 50, right: 14, top: 12, bottom: 46 }],
    xAxis: [valueAxis(percentScale, { split: true, title: 'percentile of the requests' })],
    yAxis: [valueAxis(y, { split: true })],
    layers: lines.flatMap(({ curve, tips, emulated, colourIndex }) => {
      const colour = colourAt(colourIndex);
      const place = (percentile: number, latencyMs: number) => [
        -Math.log10(1 - percentile / 100),
        y.positionOf(Math.max(latencyMs, Math.min(...positive))),
      ];
      return [
        silentLayer([[0]], (_, api) => ({
          type: 'polyline',
          shape: {
            points: curve.line.map(({ percentile, latencyMs }) => {
              const [atX = 0, atY = 0] = api.coord(place(percentile, latencyMs));
              return [atX, atY];
            }),
          },
          style: { fill: 'none', stroke: colour, lineWidth: 1.8, ...(emulated ? { lineDash: [5, 4] } : {}) },
        })),
        {
          tips,
          series: {
            type: 'custom' as const,
            data: curve.named.map(({ percentile, latencyMs }) => place(percentile, latencyMs)),
            renderItem: (_, api) => {
              const [cx = 0, cy = 0] = api.coord([api.value(0), api.value(1)]);
              return { type: 'circle', shape: { cx, cy, r: 3 }, style: { fill: colour } };
            },
          },
        },
      ];
    }),
  };
}

const percentTicks = [50, 90, 99, 99.9];
const percentScale: PageScale = {
  kind: 'log',
  min: percentileAxis.from,
  max: percentileAxis.to + 0.06,
  ticks: percentTicks.map((percent) => -Math.log10(1 - percent / 100)),
  positionOf: (percent) => -Math.log10(1 - percent / 100),
  textAt: (position) => `${Number((100 * (1 - 10 ** -position)).toFixed(2))} %`,
};

function colourAt(index: number): string {
  return environmentColours[index % environmentColours.length] ?? chartInk.text;
}

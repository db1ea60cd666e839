import { chartInk, chartWidthPx, silentLayer, valueAxis } from './page-chart.ts';
import type { ChartLayer, PageChart } from './page-chart.ts';
import { pageScale } from './page-scale.ts';

/** One environment over time: a strip of the chart. */
export type Strip = {
  readonly title: string;
  /** All that it draws: its scale begins at 0 and holds them. */
  readonly figures: readonly number[];
  /** @param place of the strip, which is the index of its axes. */
  readonly layers: (place: number) => readonly ChartLayer[];
};

const stripPx = 74;
const titlePx = 30;
const bottomPx = 42;
const leftPx = 50;
const rightPx = 14;

/** Quantities over the same time, one below the other, each with a scale of its own from 0. */
export function stripChart(
  strips: readonly Strip[],
  { endMs, timeTitle, alternative }: { endMs: number; timeTitle: string; alternative: string },
): PageChart {
  const xScale = { ...pageScale([0, endMs / 1000], 6, 0), max: endMs / 1000 };
  return {
    widthPx: chartWidthPx,
    heightPx: strips.length * (stripPx + titlePx) + bottomPx,
    alternative,
    grid: strips.map((_, place) => ({
      left: leftPx,
      right: rightPx,
      top: titlePx + place * (stripPx + titlePx),
      height: stripPx,
    })),
    xAxis: strips.map((_, place) => {
      const isLast = place === strips.length - 1;
      const axis = valueAxis(xScale, { split: false, gridIndex: place, ...(isLast ? { title: timeTitle } : {}) });
      return isLast ? axis : { ...axis, axisLabel: { show: false } };
    }), // prettier-ignore
    yAxis: strips.map(({ figures }, place) =>
      valueAxis(pageScale(figures, 2, 0), { split: true, gridIndex: place }),
    ),
    layers: strips.flatMap((strip, place) => [titleLayer(strip.title, place), ...strip.layers(place)]),
  };
}

function titleLayer(title: string, place: number): ChartLayer {
  return silentLayer(
    [[0]],
    () => ({
      type: 'text',
      x: leftPx,
      y: place * (stripPx + titlePx) + titlePx - 13,
      style: { text: title, fill: chartInk.text, verticalAlign: 'middle' },
    }),
    place,
  );
}

export type StripLine = {
  readonly atMs: readonly number[];
  readonly figures: readonly number[];
  readonly colour: string;
  readonly lineWidth: number;
  readonly opacity?: number;
  readonly dashed?: boolean;
};

/** A line along a strip. */
export function stripLine(
  { atMs, figures, colour, lineWidth, opacity = 1, dashed = false }: StripLine,
  place: number,
): ChartLayer {
  return silentLayer(
    [[0]],
    (_, api) => ({
      type: 'polyline',
      shape: {
        points: figures.map((figure, step) => {
          const [x = 0, y = 0] = api.coord([(atMs[step] ?? 0) / 1000, figure]);
          return [x, y];
        }),
      },
      style: { fill: 'none', stroke: colour, lineWidth, opacity, ...(dashed ? { lineDash: [5, 3] } : {}) },
    }),
    place,
  );
}

/** Places along a strip that show nothing and tell their exact figures. */
export function stripTips(
  atMs: readonly number[],
  figures: readonly number[],
  tips: readonly string[],
  place: number,
): ChartLayer {
  return {
    tips,
    series: {
      type: 'custom',
      xAxisIndex: place,
      yAxisIndex: place,
      data: figures.map((figure, step) => [(atMs[step] ?? 0) / 1000, figure]),
      renderItem: (_, api) => {
        const [cx = 0, cy = 0] = api.coord([api.value(0), api.value(1)]);
        return { type: 'circle', shape: { cx, cy, r: 4 }, style: { fill: chartInk.text, opacity: 0 } };
      },
    },
  };
}

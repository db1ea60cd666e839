import { environmentColours } from '../../charts/palette.ts';
import { chartInk, chartWidthPx, hiddenAxis, silentLayer, valueAxis } from './page-chart.ts';
import type { ChartLayer, PageChart } from './page-chart.ts';
import { pageScale } from './page-scale.ts';
import type { PageScale } from './page-scale.ts';

/** The trials of one environment, a column of the chart. */
export type TrialsColumn = {
  readonly title: string;
  readonly emulated: boolean;
  readonly colourIndex: number;
  readonly trials: readonly { readonly round: number; readonly figure: number; readonly tip: string }[];
  readonly median: number;
  /** 95 % interval of the mean over the trials; null with one trial. */
  readonly ci95: readonly [number, number] | null;
};

const heightPx = 214;
const topPx = 12;
const bottomPx = 34;
const scalePx = 50;
const edgePx = 6;
const characterPx = 6;
const wantedTicks = 5;
const columnEdge = 0.1;

/**
 * Every trial as a point: a column per environment, and within it the rounds from left to right, so that drift is a slope and an
 * outlier a point of its own. A line at the median, a band over the interval. Emulated environments stand on the right with
 * a scale of their own: on a common one they would flatten the others.
 */
export function trialsOption(columns: readonly TrialsColumn[], alternative: string): PageChart {
  const groups = [columns.filter(({ emulated }) => !emulated), columns.filter(({ emulated }) => emulated)];
  const shown = groups.filter(({ length }) => length > 0);
  const rounds = Math.max(...columns.flatMap(({ trials }) => trials.map(({ round }) => round)), 1);
  const columnPx = (chartWidthPx - shown.length * (scalePx + edgePx)) / columns.length;
  let left = 0;
  const parts = shown.map((group, gridIndex) => {
    const widthPx = columnPx * group.length;
    const part = partOf(group, rounds, columnPx, gridIndex);
    const grid = { left: left + scalePx, width: widthPx, top: topPx, height: heightPx - topPx - bottomPx };
    left += scalePx + widthPx + edgePx;
    return { ...part, grid };
  });
  return {
    widthPx: chartWidthPx,
    heightPx,
    alternative,
    grid: parts.map(({ grid }) => grid),
    xAxis: parts.map(({ xAxis }) => xAxis),
    yAxis: parts.map(({ yAxis }) => yAxis),
    layers: parts.flatMap(({ layers }) => layers),
  };
}

function partOf(group: readonly TrialsColumn[], rounds: number, columnPx: number, gridIndex: number) {
  const figures = group.flatMap(({ trials }) => trials.map(({ figure }) => figure));
  const scale = pageScale(figures, wantedTicks);
  return {
    xAxis: hiddenAxis(0, group.length, gridIndex),
    yAxis: valueAxis(scale, { split: true, gridIndex }),
    layers: [
      ...group.map((column, place) => levelLayer(column, place, scale, gridIndex)),
      ...group.map((column, place) => pointLayer(column, place, rounds, scale, gridIndex)),
      titleLayer(group, columnPx, gridIndex),
    ],
  };
}

function levelLayer(column: TrialsColumn, place: number, scale: PageScale, gridIndex: number): ChartLayer {
  const colour = colourOf(column);
  const inScale = (figure: number) => Math.min(scale.max, Math.max(scale.min, scale.positionOf(figure)));
  const [low, high] = column.ci95 ?? [column.median, column.median];
  const data = [place, inScale(column.median), inScale(low), inScale(high)];
  return silentLayer(
    [data],
    (_, api) => {
      const [x1 = 0, y = 0] = api.coord([place + columnEdge / 2, api.value(1)]);
      const [x2 = 0, yLow = 0] = api.coord([place + 1 - columnEdge / 2, api.value(2)]);
      const [, yHigh = 0] = api.coord([place, api.value(3)]);
      return {
        type: 'group',
        children: [
          {
            type: 'polygon',
            shape: { points: [[x1, yLow], [x2, yLow], [x2, yHigh], [x1, yHigh]] },
            style: { fill: colour, opacity: 0.16 },
          },
          { type: 'line', shape: { x1, y1: y, x2, y2: y }, style: { stroke: colour, lineWidth: 1.6 } },
        ],
      };
    },
    gridIndex,
  ); // prettier-ignore
}

function pointLayer(
  column: TrialsColumn,
  place: number,
  rounds: number,
  scale: PageScale,
  gridIndex: number,
): ChartLayer {
  const colour = colourOf(column);
  const within = (round: number) =>
    rounds === 1 ? 0.5 : columnEdge + ((round - 1) / (rounds - 1)) * (1 - 2 * columnEdge);
  return {
    tips: column.trials.map(({ tip }) => tip),
    series: {
      type: 'custom',
      xAxisIndex: gridIndex,
      yAxisIndex: gridIndex,
      data: column.trials.map(({ round, figure }) => [place + within(round), scale.positionOf(figure)]),
      renderItem: (_, api) => {
        const [cx = 0, cy = 0] = api.coord([api.value(0), api.value(1)]);
        return { type: 'circle', shape: { cx, cy, r: 2.3 }, style: { fill: colour } };
      },
    },
  };
}

function titleLayer(group: readonly TrialsColumn[], columnPx: number, gridIndex: number): ChartLayer {
  return silentLayer(
    group.map((_, place) => [place]),
    (_, api) => {
      const place = Number(api.value(0));
      const [x = 0] = api.coord([place + 0.5, 0]);
      const lines = titleLines(group[place]?.title ?? '', Math.floor((columnPx - 2) / characterPx));
      return {
        type: 'group',
        children: lines.map((text, line) => ({
          type: 'text' as const,
          x,
          y: heightPx - bottomPx + 12 + line * 13,
          style: { text, align: 'center' as const, verticalAlign: 'middle' as const, fill: chartInk.text },
        })),
      };
    },
    gridIndex,
  );
}

/** A title on at most two lines, each no longer than so many characters; what is cut off has "…". */
export function titleLines(title: string, characters: number): readonly string[] {
  const [first = '', ...rest] = title.split(' ');
  const cut = (text: string) =>
    text.length <= characters ? text : `${text.slice(0, Math.max(1, characters - 1))}…`;
  if (title.length <= characters || rest.length === 0) return [cut(title)];
  return [cut(first), cut(rest.join(' '))];
}

function colourOf({ colourIndex }: TrialsColumn): string {
  return environmentColours[colourIndex % environmentColours.length] ?? chartInk.text;
}

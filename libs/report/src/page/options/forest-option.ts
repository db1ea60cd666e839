import type { Verdict } from '@tare/results';
import { chartInk, chartWidthPx, hiddenAxis, silentLayer, valueAxis } from './page-chart.ts';
import type { PageChart } from './page-chart.ts';
import { logScale } from './page-scale.ts';

/** One environment against the baseline. */
export type ForestRow = {
  readonly title: string;
  readonly ratio: number;
  readonly ci95: readonly [number, number] | null;
  readonly verdict: Verdict | null;
  /** What stands to the right of the interval: "×3.28". */
  readonly valueText: string;
  readonly tip: string;
};

export type ForestPlan = {
  readonly rows: readonly ForestRow[];
  /** Relative difference that does not matter, as a share. */
  readonly margin: number;
  readonly direction: 'lower' | 'higher';
  readonly alternative: string;
};

const rowPx = 34;
const topPx = 12;
const bottomPx = 56;
const leftPx = 92;
const rightPx = 100;
const longestTitle = 14;
/** An interval that goes further than this beyond all the ratios is cut off at the edge. */
const longestReach = 1.5;

/** Ratios to the baseline with their intervals on a logarithmic axis, the band of the margin behind them, the verdict in words beside. */
export function forestOption({ rows, margin, direction, alternative }: ForestPlan): PageChart {
  const heightPx = topPx + rows.length * rowPx + bottomPx;
  const ratios = rows.map(({ ratio }) => ratio);
  const [low, high] = [Math.min(...ratios) / longestReach, Math.max(...ratios) * longestReach];
  const bounds = [1 / (1 + margin), 1 + margin] as const;
  const ends = rows.flatMap(({ ci95, ratio }) =>
    ci95 === null ? [ratio] : [Math.max(ci95[0], low), Math.min(ci95[1], high)],
  );
  const scale = logScale(
    Math.min(...ends, bounds[0]),
    Math.max(...ends, bounds[1]),
    5,
    chartWidthPx - leftPx - rightPx,
  );
  const grid = { left: leftPx, right: rightPx, top: topPx, height: rows.length * rowPx };
  const sides = direction === 'lower' ? ['← better', 'worse →'] : ['← worse', 'better →'];
  return {
    widthPx: chartWidthPx,
    heightPx,
    alternative,
    grid: [grid],
    xAxis: [
      {
        ...valueAxis({ ...scale, textAt: (position) => `×${scale.textAt(position)}` }, { split: false }),
        position: 'bottom',
      },
    ],
    yAxis: [hiddenAxis(0, rows.length, 0, true)],
    layers: [
      silentLayer([bounds.map(scale.positionOf)], (_, api) => {
        const [x1 = 0, y1 = 0] = api.coord([api.value(0), 0]);
        const [x2 = 0, y2 = 0] = api.coord([api.value(1), rows.length]);
        const [x = 0] = api.coord([0, 0]);
        return {
          type: 'group',
          children: [
            { type: 'polygon', shape: { points: [[x1, y1], [x2, y1], [x2, y2], [x1, y2]] }, style: { fill: chartInk.band } },
            { type: 'line', shape: { x1: x, y1, x2: x, y2 }, style: { stroke: chartInk.faint, lineDash: [2, 3] } },
          ],
        };
      }), // prettier-ignore
      silentLayer([[0]], () => ({
        type: 'group',
        children: [
          { type: 'text', x: leftPx, y: heightPx - 14, style: { text: sides[0] ?? '', fill: chartInk.faint, verticalAlign: 'middle' } },
          { type: 'text', x: chartWidthPx - rightPx, y: heightPx - 14, style: { text: sides[1] ?? '', fill: chartInk.faint, align: 'right', verticalAlign: 'middle' } },
        ],
      })), // prettier-ignore
      {
        tips: rows.map(({ tip }) => tip),
        series: {
          type: 'custom',
          data: rows.map(({ ratio }, place) => [scale.positionOf(ratio), place + 0.5]),
          renderItem: ({ dataIndex }, api) => {
            const row = rows[dataIndex];
            const [cx = 0, cy = 0] = api.coord([api.value(0), api.value(1)]);
            const colour = row === undefined || row.verdict === null ? chartInk.faint : chartInk[row.verdict];
            const isSure = row !== undefined && row.verdict !== null && row.verdict !== 'undecided';
            return {
              type: 'circle',
              shape: { cx, cy, r: 4.5 },
              z2: 5,
              style: { fill: isSure ? colour : chartInk.ground, stroke: colour, lineWidth: 2 },
            };
          },
        },
      },
      silentLayer(
        rows.map((_, place) => [place]),
        ({ dataIndex }, api) => {
          const row = rows[dataIndex];
          if (row === undefined) return null;
          const [, y = 0] = api.coord([0, dataIndex + 0.5]);
          const colour = row.verdict === null ? chartInk.faint : chartInk[row.verdict];
          const [from, to] = row.ci95 ?? [row.ratio, row.ratio];
          const [x1 = 0] = api.coord([Math.max(scale.positionOf(from), scale.min), 0]);
          const [x2 = 0] = api.coord([Math.min(scale.positionOf(to), scale.max), 0]);
          const x = chartWidthPx - rightPx + 12;
          const verdict = row.verdict ?? 'no verdict';
          const text = (at: number, dy: number, content: string, fill: string, align: 'left' | 'right') => ({
            type: 'text' as const,
            x: at,
            y: y + dy,
            style: { text: content, fill, align, verticalAlign: 'middle' as const },
          });
          return {
            type: 'group',
            children: [
              ...(row.ci95 === null ? [] : [{ type: 'line' as const, shape: { x1, y1: y, x2, y2: y }, style: { stroke: colour, lineWidth: 2 } }]),
              text(leftPx - 10, 0, shortened(row.title), chartInk.text, 'right'),
              text(x, -7, row.valueText, chartInk.text, 'left'),
              text(x, 7, verdict, colour, 'left'),
            ],
          };
        },
      ), // prettier-ignore
    ],
  };
}

/** A long title is cut here and whole in the tip. */
function shortened(title: string): string {
  return title.length > longestTitle ? `${title.slice(0, longestTitle - 1)}…` : title;
}

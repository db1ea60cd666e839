import type { CustomSeriesOption } from 'echarts/charts';
import type { ChartBar } from './chart-plan.ts';
import { ink } from './palette.ts';

/** How bars and what is drawn on them share their row. */
export type BarRows = {
  readonly bars: readonly ChartBar[];
  readonly barPx: number;
  /** The end of the axis. */
  readonly max: number;
  /** Bars that go on beyond the axis: they have no marks. */
  readonly broken: readonly boolean[];
};

/** A dot per trial, spread over the height of the bar in the order of the rounds. */
export function trialDots({ bars, barPx, broken }: BarRows): CustomSeriesOption {
  const data = bars.flatMap(({ trials }, row) =>
    broken[row] === true
      ? []
      : trials.map((figure, index) => [
          figure,
          row,
          trials.length === 1 ? 0 : index / (trials.length - 1) - 0.5,
        ]),
  );
  return {
    type: 'custom',
    silent: true,
    z: 3,
    data,
    renderItem: (_, api) => {
      const [cx = 0, cy = 0] = api.coord([api.value(0), api.value(1)]);
      return {
        type: 'circle',
        shape: { cx, cy: cy + Number(api.value(2)) * (barPx - 8), r: 2.4 },
        style: { fill: ink.ground, stroke: ink.text, lineWidth: 0.8, opacity: 0.85 },
      };
    },
  };
}

/** A line with caps from one end of the interval to the other; an end outside the axis has no cap. */
export function intervalLines({ bars, max, broken }: BarRows): CustomSeriesOption {
  const data = bars.flatMap(({ ci95 }, row) =>
    ci95 === null || broken[row] === true ? [] : [[ci95[0], ci95[1], row]],
  );
  return {
    type: 'custom',
    silent: true,
    z: 4,
    data,
    renderItem: (_, api) => {
      const [low, high] = [Number(api.value(0)), Number(api.value(1))];
      const [x1 = 0, y = 0] = api.coord([Math.max(low, 0), api.value(2)]);
      const [x2 = 0] = api.coord([Math.min(high, max), api.value(2)]);
      const line = (shape: { x1: number; y1: number; x2: number; y2: number }) => ({
        type: 'line' as const,
        shape,
        style: { stroke: ink.text, lineWidth: 2 },
      });
      return {
        type: 'group',
        children: [
          line({ x1, y1: y, x2, y2: y }),
          ...(low >= 0 ? [line({ x1, y1: y - 7, x2: x1, y2: y + 7 })] : []),
          ...(high <= max ? [line({ x1: x2, y1: y - 7, x2, y2: y + 7 })] : []),
        ],
      };
    },
  };
}

/** Two slanting gaps near the end of a bar that goes on beyond the axis. */
export function breakMarks({ bars, barPx, max, broken }: BarRows): CustomSeriesOption {
  const [slantPx, gapPx, fromEndPx] = [7, 5, 34];
  return {
    type: 'custom',
    silent: true,
    z: 5,
    data: bars.flatMap((_, row) => (broken[row] === true ? [[max, row]] : [])),
    renderItem: (_, api) => {
      const [end = 0, y = 0] = api.coord([api.value(0), api.value(1)]);
      const [top, bottom] = [y - barPx / 2 - 3, y + barPx / 2 + 3];
      return {
        type: 'group',
        children: [0, 11].map((offset) => {
          const x = end - fromEndPx + offset;
          return {
            type: 'polygon' as const,
            shape: {
              points: [
                [x + slantPx, top],
                [x + slantPx + gapPx, top],
                [x + gapPx, bottom],
                [x, bottom],
              ],
            },
            style: { fill: ink.ground },
          };
        }),
      };
    },
  };
}

import type { CustomSeriesOption } from 'echarts/charts';
import type { GridComponentOption, XAXisComponentOption, YAXisComponentOption } from 'echarts';
import type { PageScale } from './page-scale.ts';

/** A chart of the page before it is drawn. The option is for ECharts; nothing in it depends on the page. */
export type PageChart = {
  readonly widthPx: number;
  readonly heightPx: number;
  /** What the chart shows, for those who cannot see it. */
  readonly alternative: string;
  readonly grid: readonly GridComponentOption[];
  readonly xAxis: readonly XAXisComponentOption[];
  readonly yAxis: readonly YAXisComponentOption[];
  readonly layers: readonly ChartLayer[];
};

/** A series and the exact values that a pointer on its shapes tells, one per datum. */
export type ChartLayer = {
  readonly series: CustomSeriesOption;
  readonly tips?: readonly string[];
};

/** Narrow enough for a phone, where it is shown at four fifths of its size; wide screens have two beside each other. */
export const chartWidthPx = 380;

/**
 * Colours of the drawing. Each is replaced by the variable of the style sheet that has its name, so that a chart follows
 * the page into the dark; environments take `environmentColours`.
 */
export const chartInk = {
  text: '#1F2328',
  faint: '#59636E',
  grid: '#D8DEE4',
  band: '#EDF1F4',
  better: '#007A5A',
  worse: '#C0480A',
  same: '#5B6671',
  undecided: '#8A6100',
  ground: '#FFFFFF',
} as const;

/** An axis of values with its own ticks; `split` draws a line across the chart at each. */
export function valueAxis(
  scale: PageScale,
  { split, title, gridIndex = 0 }: { split: boolean; title?: string; gridIndex?: number },
) {
  return {
    type: 'value' as const,
    gridIndex,
    min: scale.min,
    max: scale.max,
    axisLine: { show: !split, onZero: false, lineStyle: { color: chartInk.grid } },
    axisTick: { show: false, customValues: [...scale.ticks] },
    axisLabel: {
      customValues: [...scale.ticks],
      color: chartInk.faint,
      formatter: (position: number) => scale.textAt(position),
      hideOverlap: true,
    },
    splitLine: { show: split, lineStyle: { color: chartInk.grid } },
    ...(title === undefined
      ? {}
      : {
          name: title,
          nameLocation: 'middle' as const,
          nameGap: 24,
          nameTextStyle: { color: chartInk.faint },
        }),
  };
}

/** An axis that only holds positions. */
export function hiddenAxis(min: number, max: number, gridIndex = 0, inverse = false) {
  return { type: 'value' as const, show: false, min, max, gridIndex, inverse };
}

/** A drawing on the axes that no pointer meets. */
export function silentLayer(
  data: readonly (readonly number[])[],
  renderItem: CustomSeriesOption['renderItem'],
  axisIndex = 0,
): ChartLayer {
  return {
    series: {
      type: 'custom',
      silent: true,
      data: data.map((each) => [...each]),
      xAxisIndex: axisIndex,
      yAxisIndex: axisIndex,
      ...(renderItem === undefined ? {} : { renderItem }),
    },
  };
}

import { BarChart, CustomChart } from 'echarts/charts';
import type { CustomSeriesOption } from 'echarts/charts';
import { GraphicComponent, GridComponent, TitleComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import type { ChartBar, ChartPlan } from './chart-plan.ts';
import { linearScale } from './linear-scale.ts';
import { ink } from './palette.ts';
import { stableSvg } from './stable-svg.ts';

use([BarChart, CustomChart, GraphicComponent, GridComponent, TitleComponent, SVGRenderer]);

const widthPx = 760;
const rowPx = 56;
const barPx = 30;
const axisPx = 64;
const marginPx = 20;
/** Wide enough for any sans-serif font at 13 px; the reader's own is not known here. */
const characterPx = 7.4;
const longestLabel = 28;
/** An interval beyond this multiple of the largest figure is cut off at the edge: it would flatten the bars. */
const longestInterval = 1.5;

/** Draws a plan as an SVG document. The same plan gives the same bytes, whatever was drawn before. */
export function drawChart(plan: ChartPlan): string {
  const { bars, legend } = plan;
  const labels = bars.map(({ label }) => shortened(label));
  const left = marginPx + widest(labels) + 10;
  const right = marginPx + widest(bars.map(({ valueText }) => valueText)) + 14;
  const top = legend.length === 0 ? 76 : 100;
  const heightPx = top + bars.length * rowPx + axisPx;
  const scale = linearScale(largestOf(bars));
  const pieceCount = Math.max(...bars.map(({ pieces }) => pieces.length));

  const chart = init(null, null, { renderer: 'svg', ssr: true, width: widthPx, height: heightPx });
  chart.setOption({
    animation: false,
    backgroundColor: ink.ground,
    title: {
      left: marginPx,
      top: 16,
      text: plan.title,
      subtext: plan.subtitle,
      padding: 0,
      itemGap: 7,
      textStyle: { fontSize: 17, color: ink.text },
      subtextStyle: { fontSize: 12, color: ink.faint },
    },
    graphic: { elements: legendElements(legend, top - 28), silent: true },
    grid: { left, right, top, bottom: axisPx },
    xAxis: {
      type: 'value',
      min: 0,
      max: scale.max,
      interval: scale.step,
      name: plan.axisTitle,
      nameLocation: 'middle',
      nameGap: 30,
      nameTextStyle: { fontSize: 12, color: ink.faint },
      axisLabel: { color: ink.faint, formatter: (value: number) => value.toFixed(scale.decimals) },
      splitLine: { lineStyle: { color: ink.grid } },
    },
    yAxis: [
      categoryAxis(labels, 'left'),
      categoryAxis(
        bars.map(({ valueText }) => valueText),
        'right',
      ),
    ],
    series: [
      ...Array.from({ length: pieceCount }, (_, piece) => ({
        type: 'bar' as const,
        stack: 'pieces',
        barWidth: barPx,
        silent: true,
        data: bars.map(({ pieces }) => ({
          value: pieces[piece]?.value ?? 0,
          itemStyle: { color: pieces[piece]?.colour ?? ink.faint },
        })),
      })),
      trialDots(bars),
      intervalLines(bars, scale.max),
    ],
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return stableSvg(svg, plan.title);
}

function categoryAxis(data: readonly string[], position: 'left' | 'right') {
  return {
    type: 'category' as const,
    position,
    inverse: true,
    data: [...data],
    axisTick: { show: false },
    axisLine: { show: position === 'left', lineStyle: { color: ink.faint } },
    axisLabel: { color: ink.text, fontSize: 13, lineHeight: 17, interval: 0, margin: 10 },
  };
}

/** A dot per trial, spread over the height of the bar in the order of the rounds. */
function trialDots(bars: readonly ChartBar[]): CustomSeriesOption {
  const data = bars.flatMap(({ trials }, row) =>
    trials.map((figure, index) => [figure, row, trials.length === 1 ? 0 : index / (trials.length - 1) - 0.5]),
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
function intervalLines(bars: readonly ChartBar[], max: number): CustomSeriesOption {
  const data = bars.flatMap(({ ci95 }, row) => (ci95 === null ? [] : [[ci95[0], ci95[1], row]]));
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

function legendElements(legend: ChartPlan['legend'], y: number) {
  let x = marginPx;
  return legend.flatMap(({ label, colour }) => {
    const start = x;
    x += 18 + label.length * characterPx + 18;
    return [
      { type: 'rect' as const, shape: { x: start, y, width: 12, height: 12 }, style: { fill: colour } },
      { type: 'text' as const, x: start + 18, y, style: { text: label, fill: ink.text, fontSize: 12 } },
    ];
  });
}

function largestOf(bars: readonly ChartBar[]): number {
  const figures = bars.flatMap(({ pieces, trials }) => [
    pieces.reduce((sum, { value }) => sum + value, 0),
    ...trials,
  ]);
  const largest = Math.max(...figures);
  return Math.max(largest, ...bars.map(({ ci95 }) => Math.min(ci95?.[1] ?? 0, longestInterval * largest)));
}

function widest(texts: readonly string[]): number {
  return Math.max(...texts.flatMap((text) => text.split('\n')).map((line) => line.length * characterPx));
}

function shortened(label: string): string {
  return label.length > longestLabel ? `${label.slice(0, longestLabel - 1)}…` : label;
}

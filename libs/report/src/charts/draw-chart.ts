import { BarChart, CustomChart } from 'echarts/charts';
import { GraphicComponent, GridComponent, TitleComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { axisReach, piecesUpTo } from './axis-reach.ts';
import type { ChartPlan } from './chart-plan.ts';
import { linearScale } from './linear-scale.ts';
import { ink, paleOf } from './palette.ts';
import { stableSvg } from './stable-svg.ts';
import { breakMarks, intervalLines, trialDots } from './trial-marks.ts';

use([BarChart, CustomChart, GraphicComponent, GridComponent, TitleComponent, SVGRenderer]);

const widthPx = 760;
const rowPx = 56;
const barPx = 30;
const axisPx = 64;
const marginPx = 20;
const subtitlePx = 17;
/** Wide enough for any sans-serif font at 13 px; the reader's own is not known here. */
const characterPx = 7.4;
const legendCharacterPx = 6.6;
const longestLabel = 28;

/** Draws a plan as an SVG document. The same plan gives the same bytes, whatever was drawn before. */
export function drawChart(plan: ChartPlan): string {
  const { bars, legend } = plan;
  const labels = bars.map(({ label }) => shortened(label));
  const left = marginPx + widest(labels) + 10;
  const right = marginPx + widest(bars.map(({ valueText }) => valueText)) + 14;
  const subtitleLines = plan.subtitle.split('\n').length;
  const top = (legend.length === 0 ? 60 : 84) + subtitleLines * subtitlePx;
  const heightPx = top + bars.length * rowPx + axisPx;
  const { largest, broken } = axisReach(bars);
  const scale = linearScale(largest);
  const rows = { bars, barPx, max: scale.max, broken };
  const pieces = bars.map((bar, row) =>
    broken[row] === true ? piecesUpTo(bar.pieces, scale.max) : bar.pieces,
  );
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
      subtextStyle: { fontSize: 12, lineHeight: subtitlePx, color: ink.faint },
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
        data: bars.map(({ emulated }, row) => {
          const { value, colour } = pieces[row]?.[piece] ?? { value: 0, colour: ink.faint };
          return { value, itemStyle: { color: emulated ? paleOf(colour) : colour } };
        }),
      })),
      trialDots(rows),
      intervalLines(rows),
      breakMarks(rows),
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

function legendElements(legend: ChartPlan['legend'], y: number) {
  let x = marginPx;
  return legend.flatMap(({ label, colour }) => {
    const start = x;
    x += 18 + label.length * legendCharacterPx + 14;
    return [
      { type: 'rect' as const, shape: { x: start, y, width: 12, height: 12 }, style: { fill: colour } },
      { type: 'text' as const, x: start + 18, y, style: { text: label, fill: ink.text, fontSize: 12 } },
    ];
  });
}

function widest(texts: readonly string[]): number {
  return Math.max(...texts.flatMap((text) => text.split('\n')).map((line) => line.length * characterPx));
}

function shortened(label: string): string {
  return label.length > longestLabel ? `${label.slice(0, longestLabel - 1)}…` : label;
}

import { CustomChart } from 'echarts/charts';
import type { CustomSeriesOption } from 'echarts/charts';
import { GraphicComponent, GridComponent, TitleComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { ink } from '../charts/palette.ts';
import { stableSvg } from '../charts/stable-svg.ts';
import type { CapacityChartLine, CapacityChartPlan } from './capacity-chart-plan.ts';
import type { LogAxis } from './log-axis.ts';

use([CustomChart, GraphicComponent, GridComponent, TitleComponent, SVGRenderer]);

const widthPx = 760;
const plotPx = 340;
const marginPx = 20;
const legendRowPx = 20;
const headPx = 66;
const footPx = 58;
const pointPx = 4;
const longestLabel = 100;
const limitColour = '#B42318';

type RenderItem = NonNullable<CustomSeriesOption['renderItem']>;

/** Draws a plan as an SVG document. The same plan gives the same bytes, whatever was drawn before. */
export function drawCapacityChart(plan: CapacityChartPlan): string {
  const legendPx = plan.lines.length * legendRowPx;
  const top = headPx + legendPx + 14;
  const heightPx = top + plotPx + footPx;
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
    graphic: {
      elements: plan.lines.flatMap((line, row) => legendRow(line, headPx + row * legendRowPx)),
      silent: true,
    },
    grid: { left: 72, right: marginPx + 6, top, bottom: footPx },
    xAxis: { ...axisOption(plan.x, plan.xTitle), nameGap: 30 },
    yAxis: { ...axisOption(plan.y, plan.yTitle), nameGap: 50 },
    series: [limitLine(plan), ...plan.lines.flatMap((line) => [curve(line), points(line)])],
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return stableSvg(svg, [plan.title, ...plan.lines.map(({ label }) => label)].join('; '));
}

function axisOption({ min, max, ticks }: LogAxis, name: string) {
  return {
    type: 'value' as const,
    min,
    max,
    name,
    nameLocation: 'middle' as const,
    nameTextStyle: { fontSize: 12, color: ink.faint },
    axisLine: { show: true, onZero: false, lineStyle: { color: ink.faint } },
    axisTick: { show: false, customValues: [...ticks] },
    axisLabel: {
      customValues: [...ticks],
      color: ink.faint,
      formatter: (position: number) => String(Number((10 ** position).toPrecision(3))),
      hideOverlap: true,
    },
    splitLine: { show: true, lineStyle: { color: ink.grid } },
  };
}

function layer(z: number, data: readonly (readonly number[])[], renderItem: RenderItem): CustomSeriesOption {
  return { type: 'custom', silent: true, clip: false, z, data: data.map((each) => [...each]), renderItem };
}

/** The objective, with its words at the left end above the line: there the latencies are far below it. */
function limitLine({ x, limitMs, limitText }: CapacityChartPlan): CustomSeriesOption {
  return layer(2, [[x.min, Math.log10(limitMs)]], (_, api) => {
    const [x1 = 0, y = 0] = api.coord([x.min, Math.log10(limitMs)]);
    const [x2 = 0] = api.coord([x.max, Math.log10(limitMs)]);
    return {
      type: 'group',
      children: [
        {
          type: 'line',
          shape: { x1, y1: y, x2, y2: y },
          style: { stroke: limitColour, lineWidth: 1.5, lineDash: [6, 4] },
        },
        { type: 'text', x: x1 + 8, y: y - 17, style: { text: limitText, fill: limitColour, fontSize: 12 } },
      ],
    };
  });
}

function curve({ corners, colour, dashed }: CapacityChartLine): CustomSeriesOption {
  const places = corners.map(({ rateRps, latencyMs }) => [Math.log10(rateRps), Math.log10(latencyMs)]);
  return layer(3, places.slice(0, 1), (_, api) => ({
    type: 'polyline',
    shape: {
      points: places.map((place): [number, number] => {
        const [atX = 0, atY = 0] = api.coord(place);
        return [atX, atY];
      }),
    },
    style: { fill: 'none', stroke: colour, lineWidth: 1.8, ...(dashed ? { lineDash: [5, 4] } : {}) },
  }));
}

function points({ points: all, colour }: CapacityChartLine): CustomSeriesOption {
  const shown = all.filter(({ latencyMs }) => latencyMs > 0);
  const data = shown.map(({ rateRps, latencyMs }) => [Math.log10(rateRps), Math.log10(latencyMs)]);
  return layer(4, data, ({ dataIndex }, api) => {
    const [cx = 0, cy = 0] = api.coord([api.value(0), api.value(1)]);
    const stroke = { stroke: colour, lineWidth: 1.8 };
    if (shown[dataIndex]?.outcome === 'generator-limited') {
      const bar = (slope: number) => ({
        type: 'line' as const,
        shape: { x1: cx - pointPx, y1: cy - slope * pointPx, x2: cx + pointPx, y2: cy + slope * pointPx },
        style: stroke,
      });
      return { type: 'group', children: [bar(1), bar(-1)] };
    }
    const fill = shown[dataIndex]?.meets === true ? colour : ink.ground;
    return { type: 'circle', shape: { cx, cy, r: pointPx }, style: { ...stroke, fill } };
  });
}

function legendRow({ label, colour, dashed }: CapacityChartLine, y: number) {
  const middle = y + 7;
  const text = label.length > longestLabel ? `${label.slice(0, longestLabel - 1)}…` : label;
  return [
    {
      type: 'line' as const,
      shape: { x1: marginPx, y1: middle, x2: marginPx + 26, y2: middle },
      style: { stroke: colour, lineWidth: 2, ...(dashed ? { lineDash: [5, 4] } : {}) },
    },
    {
      type: 'circle' as const,
      shape: { cx: marginPx + 13, cy: middle, r: pointPx },
      style: { fill: colour },
    },
    { type: 'text' as const, x: marginPx + 34, y, style: { text, fill: ink.text, fontSize: 13 } },
  ];
}

import { CustomChart } from 'echarts/charts';
import type { CustomSeriesOption } from 'echarts/charts';
import { GraphicComponent, GridComponent, TitleComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { ink } from '../charts/palette.ts';
import { stableSvg } from '../charts/stable-svg.ts';
import type { TrendPanel, TrendPlan } from './trend-plan.ts';

use([CustomChart, GraphicComponent, GridComponent, TitleComponent, SVGRenderer]);

const widthPx = 760;
const leftPx = 76;
const rightPx = 24;
const topPx = 58;
const panelPx = 120;
const betweenPx = 36;
const axisPx = 56;
/** Room that the label of a run takes; labels that would touch are left out. */
const labelPx = 62;

type Shape = { readonly x1: number; readonly y1: number; readonly x2: number; readonly y2: number };

/** Draws a plan as an SVG document. The same plan gives the same bytes, whatever was drawn before. */
export function drawTrend(plan: TrendPlan): string {
  const { panels, runLabels } = plan;
  const heightPx = topPx + panels.length * (panelPx + betweenPx) + axisPx;
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: widthPx, height: heightPx });
  const tops = panels.map((_, place) => topPx + betweenPx + place * (panelPx + betweenPx));
  chart.setOption({
    animation: false,
    backgroundColor: ink.ground,
    title: {
      left: 20,
      top: 16,
      text: plan.title,
      subtext: plan.subtitle,
      padding: 0,
      itemGap: 7,
      textStyle: { fontSize: 17, color: ink.text },
      subtextStyle: { fontSize: 12, color: ink.faint },
    },
    graphic: {
      silent: true,
      elements: panels.flatMap((panel, place) => panelTitle(panel, tops[place] ?? 0)),
    },
    grid: tops.map((top) => ({ left: leftPx, right: rightPx, top, height: panelPx })),
    xAxis: panels.map((_, place) => ({
      type: 'category' as const,
      gridIndex: place,
      data: [...runLabels],
      axisTick: { show: false },
      axisLine: { lineStyle: { color: ink.faint }, onZero: false },
      axisLabel: {
        show: place === panels.length - 1,
        color: ink.faint,
        fontSize: 11,
        lineHeight: 15,
        interval: (run: number) => isLabelled(run, runLabels.length),
      },
    })),
    yAxis: panels.map(({ scale }, place) => ({
      type: 'value' as const,
      gridIndex: place,
      min: scale.min,
      max: scale.max,
      interval: scale.step,
      axisLabel: {
        color: ink.faint,
        fontSize: 11,
        formatter: (value: number) => value.toFixed(scale.decimals),
      },
      splitLine: { lineStyle: { color: ink.grid } },
    })),
    series: panels.flatMap((panel, place) => [
      levelBars(panel, place),
      intervalLines(panel, place),
      pointDots(panel, place),
      changeLines(panel, place, runLabels.length),
    ]),
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return stableSvg(svg, plan.title);
}

/** The last run is always labelled, and others at equal distances before it. */
function isLabelled(run: number, runs: number): boolean {
  const fitting = Math.max(1, Math.floor((widthPx - leftPx - rightPx) / labelPx));
  return (runs - 1 - run) % Math.ceil(runs / fitting) === 0;
}

function panelTitle({ title, colour }: TrendPanel, top: number) {
  return [
    {
      type: 'rect' as const,
      shape: { x: leftPx, y: top - 22, width: 11, height: 11 },
      style: { fill: colour },
    },
    {
      type: 'text' as const,
      x: leftPx + 17,
      y: top - 23,
      style: { text: title, fill: ink.text, fontSize: 12.5 },
    },
  ];
}

function custom(place: number, z: number, data: (number | string)[][]): CustomSeriesOption {
  return { type: 'custom', silent: true, xAxisIndex: place, yAxisIndex: place, z, data };
}

function levelBars({ levels, colour }: TrendPanel, place: number): CustomSeriesOption {
  return {
    ...custom(
      place,
      2,
      levels.map(({ fromRun, toRun, mean }) => [fromRun, mean, toRun]),
    ),
    renderItem: (_, api) => {
      const half = halfRun(api.size?.([1, 0]));
      const [x1 = 0, y = 0] = api.coord([api.value(0), api.value(1)]);
      const [x2 = 0] = api.coord([api.value(2), api.value(1)]);
      return line({ x1: x1 - half, y1: y, x2: x2 + half, y2: y }, colour, 7, { opacity: 0.22 });
    },
  };
}

function intervalLines({ points, scale, colour }: TrendPanel, place: number): CustomSeriesOption {
  const data = points.flatMap(({ run, ci95 }) =>
    ci95 === null ? [] : [[run, Math.max(ci95[0], scale.min), Math.min(ci95[1], scale.max)]],
  );
  return {
    ...custom(place, 3, data),
    renderItem: (_, api) => {
      const [x = 0, y1 = 0] = api.coord([api.value(0), api.value(1)]);
      const [, y2 = 0] = api.coord([api.value(0), api.value(2)]);
      return line({ x1: x, y1, x2: x, y2 }, colour, 1.5, {});
    },
  };
}

function pointDots({ points, colour }: TrendPanel, place: number): CustomSeriesOption {
  return {
    ...custom(
      place,
      4,
      points.map(({ run, mean }) => [run, mean]),
    ),
    renderItem: (_, api) => {
      const [cx = 0, cy = 0] = api.coord([api.value(0), api.value(1)]);
      return {
        type: 'circle',
        shape: { cx, cy, r: 3.4 },
        style: { fill: colour, stroke: ink.ground, lineWidth: 1 },
      };
    },
  };
}

/** A dashed line between the last run before a change and the first one after it, with what changed beside it. */
function changeLines({ changes, scale }: TrendPanel, place: number, runs: number): CustomSeriesOption {
  return {
    ...custom(
      place,
      5,
      changes.map(({ run, label, colour }) => [run, scale.max, scale.min, label, colour]),
    ),
    encode: { x: 0, y: [1, 2] },
    renderItem: (params, api) => {
      const change = changes[params.dataIndex];
      if (change === undefined) return;
      const [middle = 0, y1 = 0] = api.coord([change.run, scale.max]);
      const [, y2 = 0] = api.coord([change.run, scale.min]);
      const x = middle - halfRun(api.size?.([1, 0]));
      // Left of the line where there is no room to its right.
      const isLate = change.run > runs / 2;
      return {
        type: 'group',
        children: [
          line({ x1: x, y1: y1 - 6, x2: x, y2 }, change.colour, 1.5, { lineDash: [5, 4] }),
          {
            type: 'text',
            x: isLate ? x - 5 : x + 5,
            // Labels of neighbours stand one below the other.
            y: y1 - 9 + (params.dataIndex % 2) * 13,
            style: {
              text: change.label,
              align: isLate ? ('right' as const) : ('left' as const),
              fill: change.colour,
              stroke: ink.ground,
              lineWidth: 3,
              fontSize: 11.5,
              fontWeight: 'bold' as const,
            },
          },
        ],
      };
    },
  };
}

function halfRun(size: number | number[] | undefined): number {
  return (Array.isArray(size) ? (size[0] ?? 0) : (size ?? 0)) / 2;
}

function line(
  shape: Shape,
  stroke: string,
  lineWidth: number,
  style: { opacity?: number; lineDash?: number[] },
) {
  return { type: 'line' as const, shape, style: { stroke, lineWidth, ...style } };
}

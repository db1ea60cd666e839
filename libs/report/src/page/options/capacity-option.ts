import { environmentColours } from '../../charts/palette.ts';
import { chartInk, chartWidthPx, silentLayer, valueAxis } from './page-chart.ts';
import type { PageChart } from './page-chart.ts';
import { logScale, pageScale } from './page-scale.ts';

/** Latency of an environment against the offered load. */
export type CapacityLine = {
  readonly colourIndex: number;
  readonly emulated: boolean;
  /** In the order of the rates. */
  readonly steps: readonly {
    readonly rateRps: number;
    readonly latencyMs: number;
    readonly meets: boolean;
    readonly tip: string;
  }[];
};

const heightPx = 250;

/** Latency over offered load, with a line at the limit that was asked for; steps that miss it are hollow. */
export function capacityOption(lines: readonly CapacityLine[], limitMs: number, alternative: string): PageChart {
  const steps = lines.flatMap((line) => line.steps);
  const latencies = [...steps.map(({ latencyMs }) => latencyMs), limitMs].filter((latency) => latency > 0);
  const lowest = Math.min(...latencies);
  const y = logScale(lowest, Math.max(...latencies), 5);
  const x = pageScale(steps.map(({ rateRps }) => rateRps), 5);
  return {
    widthPx: chartWidthPx,
    heightPx,
    alternative,
    grid: [{ left: 50, right: 14, top: 12, bottom: 46 }],
    xAxis: [valueAxis(x, { split: true, title: 'offered load, req/s' })],
    yAxis: [valueAxis(y, { split: true })],
    layers: [
      silentLayer([[0]], (_, api) => {
        const [x1 = 0, atY = 0] = api.coord([x.min, y.positionOf(limitMs)]);
        const [x2 = 0] = api.coord([x.max, 0]);
        return { type: 'line', shape: { x1, y1: atY, x2, y2: atY }, style: { stroke: chartInk.worse, lineDash: [3, 3] } };
      }),
      ...lines.flatMap(({ steps: own, colourIndex, emulated }) => {
        const colour = environmentColours[colourIndex % environmentColours.length] ?? chartInk.text;
        const places = own.map(({ rateRps, latencyMs }) => [x.positionOf(rateRps), y.positionOf(Math.max(latencyMs, lowest))]);
        return [
          silentLayer([[0]], (_, api) => ({
            type: 'polyline',
            shape: { points: places.map((place) => { const [atX = 0, atY = 0] = api.coord(place); return [atX, atY]; }) },
            style: { fill: 'none', stroke: colour, lineWidth: 1.6, ...(emulated ? { lineDash: [5, 4] } : {}) },
          })),
          {
            tips: own.map(({ tip }) => tip),
            series: {
              type: 'custom' as const,
              data: places,
              renderItem: ({ dataIndex }: { dataIndex: number }, api: { coord: (p: number[]) => number[]; value: (d: number) => number | string }) => {
                const [cx = 0, cy = 0] = api.coord([Number(api.value(0)), Number(api.value(1))]);
                return { type: 'circle' as const, shape: { cx, cy, r: 3.2 }, style: { fill: own[dataIndex]?.meets === true ? colour : chartInk.ground, stroke: colour, lineWidth: 1.6 } };
              },
            },
          },
        ];
      }),
    ],
  };
} // prettier-ignore

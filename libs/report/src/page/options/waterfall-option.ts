import { environmentColours } from '../../charts/palette.ts';
import type { StartupStage } from '../data/startup-stages.ts';
import { chartInk, chartWidthPx, hiddenAxis, silentLayer, valueAxis } from './page-chart.ts';
import type { PageChart } from './page-chart.ts';
import { pageScale } from './page-scale.ts';

export type WaterfallPlan = {
  readonly colourIndex: number;
  readonly stages: readonly StartupStage[];
  /** What stands to the right of each stage: "+129 ms". */
  readonly valueTexts: readonly string[];
  readonly tips: readonly string[];
  readonly alternative: string;
};

const rowPx = 24;
const topPx = 6;
const bottomPx = 44;
const leftPx = 104;
const rightPx = 74;
const longestName = 16;

/** The stages of a start below each other, each bar from the end of the stage before to its own end. */
export function waterfallOption({
  colourIndex,
  stages,
  valueTexts,
  tips,
  alternative,
}: WaterfallPlan): PageChart {
  const scale = pageScale([0, ...stages.map(({ toMs }) => toMs)], 4, 0);
  const colour = environmentColours[colourIndex % environmentColours.length] ?? chartInk.text;
  return {
    widthPx: chartWidthPx,
    heightPx: topPx + stages.length * rowPx + bottomPx,
    alternative,
    grid: [{ left: leftPx, right: rightPx, top: topPx, height: stages.length * rowPx }],
    xAxis: [valueAxis(scale, { split: true, title: 'ms since the start command' })],
    yAxis: [hiddenAxis(0, stages.length, 0, true)],
    layers: [
      {
        tips,
        series: {
          type: 'custom',
          data: stages.map(({ fromMs, toMs }, place) => [fromMs, toMs, place]),
          renderItem: (_, api) => {
            const place = Number(api.value(2));
            const [x1 = 0, y1 = 0] = api.coord([api.value(0), place + 0.2]);
            const [end = 0, y2 = 0] = api.coord([api.value(1), place + 0.8]);
            const x2 = Math.max(end, x1 + 1.5);
            return { type: 'polygon', shape: { points: [[x1, y1], [x2, y1], [x2, y2], [x1, y2]] }, style: { fill: colour } };
          }, // prettier-ignore
        },
      },
      silentLayer(
        stages.map((_, place) => [place]),
        ({ dataIndex }, api) => {
          const [, y = 0] = api.coord([0, dataIndex + 0.5]);
          const name = stages[dataIndex]?.name ?? '';
          const cut = name.length > longestName ? `${name.slice(0, longestName - 1)}…` : name;
          return {
            type: 'group',
            children: [
              { type: 'text', x: leftPx - 10, y, style: { text: cut, align: 'right', verticalAlign: 'middle', fill: chartInk.text } },
              { type: 'text', x: chartWidthPx - rightPx + 10, y, style: { text: valueTexts[dataIndex] ?? '', verticalAlign: 'middle', fill: chartInk.faint } },
            ],
          };
        },
      ), // prettier-ignore
    ],
  };
}

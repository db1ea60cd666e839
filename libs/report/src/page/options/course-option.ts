import { environmentColours } from '../../charts/palette.ts';
import type { Course } from '../data/course-of-trials.ts';
import { chartInk, chartWidthPx, silentLayer, valueAxis } from './page-chart.ts';
import type { ChartLayer, PageChart } from './page-chart.ts';
import { pageScale } from './page-scale.ts';

/** One environment over the load window: a strip of the chart. */
export type CourseStrip = {
  readonly title: string;
  readonly colourIndex: number;
  readonly course: Course;
  /** One per time of the course. */
  readonly tips: readonly string[];
};

const stripPx = 74;
const titlePx = 30;
const bottomPx = 42;
const leftPx = 50;
const rightPx = 14;

/**
 * A quantity over the load window: a strip per environment, each with a scale of its own from 0, a thin line per trial, and the
 * means of gross and net. Levels are compared in the weigh-in; here the shape matters.
 */
export function courseOption(strips: readonly CourseStrip[], alternative: string): PageChart {
  const endMs = Math.max(...strips.map(({ course }) => course.atMs.at(-1) ?? 0));
  const seconds = pageScale([0, endMs / 1000], 6, 0);
  const xScale = { ...seconds, max: endMs / 1000 };
  return {
    widthPx: chartWidthPx,
    heightPx: strips.length * (stripPx + titlePx) + bottomPx,
    alternative,
    grid: strips.map((_, place) => ({
      left: leftPx,
      right: rightPx,
      top: titlePx + place * (stripPx + titlePx),
      height: stripPx,
    })),
    xAxis: strips.map((_, place) => {
      const isLast = place === strips.length - 1;
      const axis = valueAxis(xScale, { split: false, gridIndex: place, ...(isLast ? { title: 'seconds of the load window' } : {}) });
      return isLast ? axis : { ...axis, axisLabel: { show: false } };
    }), // prettier-ignore
    yAxis: strips.map(({ course }, place) =>
      valueAxis(pageScale(course.trials.flat(), 2, 0), { split: true, gridIndex: place }),
    ),
    layers: strips.flatMap((strip, place) => stripLayers(strip, place)),
  };
}

function stripLayers(
  { title, colourIndex, course, tips }: CourseStrip,
  place: number,
): readonly ChartLayer[] {
  const own = environmentColours[colourIndex % environmentColours.length] ?? chartInk.text;
  const trialOpacity = Math.max(0.12, Math.min(0.5, 4 / course.trials.length));
  const line = (
    figures: readonly number[],
    colour: string,
    lineWidth: number,
    opacity: number,
    dashed = false,
  ) =>
    silentLayer(
      [[0]],
      (_, api) => ({
        type: 'polyline',
        shape: {
          points: figures.map((figure, step) => {
            const [x = 0, y = 0] = api.coord([(course.atMs[step] ?? 0) / 1000, figure]);
            return [x, y];
          }),
        },
        style: { fill: 'none', stroke: colour, lineWidth, opacity, ...(dashed ? { lineDash: [5, 3] } : {}) },
      }),
      place,
    );
  return [
    silentLayer(
      [[0]],
      () => ({
        type: 'text',
        x: leftPx,
        y: place * (stripPx + titlePx) + titlePx - 13,
        style: { text: title, fill: chartInk.text, verticalAlign: 'middle' },
      }),
      place,
    ),
    ...course.trials.map((figures) => line(figures, own, 0.7, trialOpacity)),
    line(course.meanNet, own, 1.8, 1),
    line(course.meanGross, own, 1.8, 1, true),
    {
      tips,
      series: {
        type: 'custom',
        xAxisIndex: place,
        yAxisIndex: place,
        data: course.meanGross.map((figure, step) => [(course.atMs[step] ?? 0) / 1000, figure]),
        renderItem: (_, api) => {
          const [cx = 0, cy = 0] = api.coord([api.value(0), api.value(1)]);
          return { type: 'circle', shape: { cx, cy, r: 4 }, style: { fill: own, opacity: 0 } };
        },
      },
    },
  ];
}

import { environmentColours } from '../../charts/palette.ts';
import type { Course } from '../data/course-of-trials.ts';
import { chartInk } from './page-chart.ts';
import type { PageChart } from './page-chart.ts';
import { stripChart, stripLine, stripTips } from './strip-chart.ts';

/** One environment over the load window. */
export type CourseStrip = {
  readonly title: string;
  readonly colourIndex: number;
  readonly course: Course;
  /** One per time of the course. */
  readonly tips: readonly string[];
};

/**
 * A quantity over the load window: a strip per environment with a thin line per trial, and the means of gross and net. Levels
 * are compared in the weigh-in; here the shape matters.
 */
export function courseOption(strips: readonly CourseStrip[], alternative: string): PageChart {
  return stripChart(
    strips.map(({ title, colourIndex, course, tips }) => {
      const { atMs, trials, meanNet, meanGross } = course;
      const colour = environmentColours[colourIndex % environmentColours.length] ?? chartInk.text;
      const opacity = Math.max(0.12, Math.min(0.5, 4 / trials.length));
      return {
        title,
        figures: trials.flat(),
        layers: (place) => [
          ...trials.map((figures) => stripLine({ atMs, figures, colour, lineWidth: 0.7, opacity }, place)),
          stripLine({ atMs, figures: meanNet, colour, lineWidth: 1.8 }, place),
          stripLine({ atMs, figures: meanGross, colour, lineWidth: 1.8, dashed: true }, place),
          stripTips(atMs, meanGross, tips, place),
        ],
      };
    }),
    {
      endMs: Math.max(...strips.map(({ course }) => course.atMs.at(-1) ?? 0)),
      timeTitle: 'seconds of the load window',
      alternative,
    },
  );
}

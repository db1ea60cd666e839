import { environmentColours } from '../../charts/palette.ts';
import { chartInk } from './page-chart.ts';
import type { PageChart } from './page-chart.ts';
import { stripChart, stripLine, stripTips } from './strip-chart.ts';

/** A fresh instance from its first request on. */
export type WarmUpStrip = {
  readonly title: string;
  readonly colourIndex: number;
  readonly atMs: readonly number[];
  readonly levels: readonly number[];
  /** Where a line stands; null for none. */
  readonly steadyAfterMs: number | null;
  /** One per level. */
  readonly tips: readonly string[];
};

/** The throughput of fresh instances over their time under load, and from when on each was steady. */
export function warmUpOption(strips: readonly WarmUpStrip[], alternative: string): PageChart {
  return stripChart(
    strips.map(({ title, colourIndex, atMs, levels, steadyAfterMs, tips }) => {
      const colour = environmentColours[colourIndex % environmentColours.length] ?? chartInk.text;
      const mark = {
        atMs: [steadyAfterMs ?? 0, steadyAfterMs ?? 0],
        figures: [0, Math.max(...levels)],
        colour: chartInk.faint,
        lineWidth: 1,
        dashed: true,
      };
      return {
        title,
        figures: levels,
        layers: (place) => [
          ...(steadyAfterMs === null ? [] : [stripLine(mark, place)]),
          stripLine({ atMs, figures: levels, colour, lineWidth: 1.4 }, place),
          stripTips(atMs, levels, tips, place),
        ],
      };
    }),
    {
      endMs: Math.max(...strips.map(({ atMs }) => atMs.at(-1) ?? 0)),
      timeTitle: 'seconds under load, from the first request',
      alternative,
    },
  );
}

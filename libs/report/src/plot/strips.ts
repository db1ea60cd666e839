import { axisPx, placesIn, xAxis, yAxis } from './axes.ts';
import type { Drawing } from './chart.ts';
import { linearScale } from './scale.ts';
import { alike, circle, polyline, text } from './svg.ts';
import type { Look, Point } from './svg.ts';
import type { Frame } from './theme.ts';

/** A quantity over time, in a strip with a scale of its own from 0. */
export type Strip = {
  readonly title: string;
  /** From the back to the front; a line's look may depend on the frame. */
  readonly lines: readonly {
    readonly atMs: readonly number[];
    readonly figures: readonly number[];
    readonly look: (frame: Frame) => Look;
  }[];
  /** Places that show nothing and tell exact figures. */
  readonly points: readonly { readonly atMs: number; readonly figure: number; readonly tip: string }[];
};

const stripPx = 74;

/** Quantities over the same time, one below the other. */
export function drawStrips(strips: readonly Strip[], timeTitle: string, frame: Frame): Drawing {
  const { widthPx, fontPx, theme } = frame;
  const titlePx = fontPx * 2.7;
  const endS = Math.max(...strips.flatMap(({ lines }) => lines.map(({ atMs }) => atMs.at(-1) ?? 0))) / 1000;
  const time = linearScale([0, endS], 6, { floor: 0 });
  const x = { ...time, max: endS, at: (second: number) => second / endS, ticks: time.ticks.filter((tick) => tick <= endS) };
  const parts = strips.map(({ title, lines, points }, place) => {
    const area = {
      left: fontPx * 4.5,
      top: titlePx + place * (stripPx + titlePx),
      widthPx: widthPx - fontPx * 5.8,
      heightPx: stripPx,
    };
    const y = linearScale(lines.flatMap(({ figures }) => figures), 2, { floor: 0 });
    const at = placesIn(area, x, y);
    const isLast = place === strips.length - 1;
    return [
      text([area.left, area.top - fontPx * 1.2], title, { fill: theme.text }),
      yAxis(y, area, frame),
      xAxis(x, area, frame, isLast ? { title: timeTitle } : { isSilent: true }),
      ...lines.map(({ atMs, figures, look }) =>
        polyline(figures.map((figure, step): Point => at((atMs[step] ?? 0) / 1000, figure)), look(frame)),
      ),
      alike({ fill: theme.text }, points.map(({ atMs, figure, tip }) => circle(at(atMs / 1000, figure), 4, { opacity: 0, tip }))),
    ].join('');
  });
  const heightPx = strips.length * (stripPx + titlePx) + axisPx(frame, true);
  return { heightPx, svg: parts.join('') };
} // prettier-ignore

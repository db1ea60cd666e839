import { metricNoun, metricTitle } from '../model/shown-metrics.ts';
import { figureText, fileNamePart } from '../model/words.ts';
import { clamped, countScale, linearScale, placesIn, yAxis, type Area, type Scale } from '../plot/axes.ts';
import { pictureOf, type Drawing, type Picture } from '../plot/chart.ts';
import { circle, line, rectangle, text } from '../plot/svg.ts';
import type { Frame } from '../plot/theme.ts';
import { changeMark, commitText } from './trend-series.ts';
import type { TrendChange, TrendGroup, TrendSeries } from './trend-series.ts';

/** One environment of a picture. */
type Panel = {
  readonly series: TrendSeries;
  readonly colour: number;
  /** A figure per run that has one; `run` is its place among all runs of the picture, its point in the middle of it. */
  readonly points: readonly { readonly run: number; readonly mean: number; readonly ci95: readonly [number, number] | null }[];
}; // prettier-ignore

const panelPx = 120;
/** Room that the label of a run takes; labels that would touch are left out. */
const labelPx = 62;
/** An interval that reaches further than this multiple of the spread of the means is cut at the edge. */
const mostIntervalReach = 0.75;

/** The pictures of a group: one per metric, with a panel per environment. Groups never share a file name. */
export function trendPictures(group: TrendGroup): readonly Picture[] {
  const { hostFingerprint, conditions, workload, lines, series: all } = group;
  const environments = [...new Set(all.map(({ environment }) => environment))];
  const runs = new Map(lines.map(({ id }, run) => [id, run]));
  return [...Map.groupBy(all, ({ metric }) => metric)].map(([metric, ofMetric]) => {
    const panels = ofMetric.map((series): Panel => ({
      series,
      colour: environments.indexOf(series.environment),
      points: series.points.map(({ id, mean, ci95 }) => ({ run: runs.get(id) ?? 0, mean, ci95 })),
    }));
    const title = `${workload}: ${metricNoun(metric.key)} over runs`;
    const notes = [
      `${metricTitle(metric)} (${metric.direction} is better); point: mean of a run; line: its 95 % interval; bar: level`,
    ];
    const chart = {
      alternative: `${title}; ${panels.map(panelTitle).join('; ')}`,
      draw: (frame: Frame) => drawPanels(panels, lines, frame),
    };
    return {
      fileName: `${fileNamePart(workload)}-${metric.key}-${hostFingerprint}-${conditions}.svg`,
      title,
      svg: pictureOf(chart, { title, notes }),
    };
  });
}

function panelTitle({ series }: Panel): string {
  return `${series.title}, now ${figureText(series.level, series.metric.unit)}`;
}

function drawPanels(panels: readonly Panel[], lines: TrendGroup['lines'], frame: Frame): Drawing {
  const { widthPx, fontPx, theme } = frame;
  const betweenPx = fontPx * 2.8;
  const runs = lines.length;
  const x = countScale(runs);
  const left = fontPx * 4.6;
  const runsPx = widthPx - left - fontPx;
  const bottom = panels.length * (panelPx + betweenPx);
  const labels = lines.flatMap((each, run) => {
    if (!isLabelled(run, runs, runsPx)) return [];
    const at = left + x.at(run + 0.5) * runsPx;
    const look = { fill: theme.faint, anchor: 'middle', sizePx: 11 } as const;
    return [
      text([at, bottom + fontPx * 1.2], each.commit === null ? '' : commitText(each), look),
      text([at, bottom + fontPx * 2.4], each.startedAt.slice(5, 10), look),
    ];
  });
  const drawn = panels.map((panel, place) => {
    const top = betweenPx + place * (panelPx + betweenPx);
    return drawPanel(panel, { left, top, widthPx: runsPx, heightPx: panelPx }, x, frame);
  });
  return { heightPx: bottom + fontPx * 3.6, svg: drawn.join('') + labels.join('') };
}

/** The last run is always labelled, and others at equal distances before it. */
function isLabelled(run: number, runs: number, widthPx: number): boolean {
  const fitting = Math.max(1, Math.floor(widthPx / labelPx));
  return (runs - 1 - run) % Math.ceil(runs / fitting) === 0;
}

function drawPanel(panel: Panel, area: Area, x: Scale, frame: Frame): string {
  const { theme, fontPx } = frame;
  const { series, points } = panel;
  const colour = theme.environment(panel.colour);
  const y = scaleOf(points);
  const place = placesIn(area, x, y);
  const bounds = [0, ...series.changes.map(({ index }) => index), points.length];
  const levels = bounds.slice(1).map((end, stretch) => {
    const own = points.slice(bounds[stretch], end);
    const mean = own.reduce((sum, each) => sum + each.mean, 0) / own.length;
    const [from, to] = [own.at(0)?.run ?? 0, (own.at(-1)?.run ?? 0) + 1];
    return line(place(from, mean), place(to, mean), { stroke: colour, strokePx: 7, opacity: 0.22 });
  });
  const marks = points.map(({ run, mean, ci95 }) => {
    const [low, high] = (ci95 ?? [mean, mean]).map((end) => clamped(y, end));
    const at = (figure: number) => place(run + 0.5, figure);
    const interval = line(at(low ?? mean), at(high ?? mean), { stroke: colour, strokePx: 1.5 });
    const point = circle(at(mean), 3.4, { fill: colour, stroke: theme.ground, strokePx: 1 });
    return ci95 === null ? point : interval + point;
  });
  const titleY = area.top - fontPx * 1.2;
  return [
    rectangle(area.left, titleY - 5.5, 11, 11, { fill: colour }),
    text([area.left + 17, titleY], panelTitle(panel), { fill: theme.text }),
    yAxis(y, area, frame),
    line([area.left, area.top + area.heightPx], [area.left + area.widthPx, area.top + area.heightPx], { stroke: theme.faint }),
    ...levels,
    ...marks,
    ...series.changes.map((change, nth) => drawChange(change, nth, points[change.index]?.run ?? 0, { area, x, frame })),
  ].join('');
} // prettier-ignore

/** A dashed line between the last run before a change and the first one after it, with what changed beside it. */
function drawChange(
  change: TrendChange,
  nth: number,
  run: number,
  { area, x, frame }: { area: Area; x: Scale; frame: Frame },
): string {
  const { theme, fontPx } = frame;
  const isJudged = change.effect === 'better' || change.effect === 'worse';
  const colour = change.effect === 'better' ? theme.better : change.effect === 'worse' ? theme.worse : theme.faint;
  const at = area.left + x.at(run) * area.widthPx;
  // left of the line where there is no room to its right; labels of neighbours stand one below the other
  const isLate = run > x.max / 2;
  const label = isJudged ? `${changeMark(change)} ${change.effect}` : changeMark(change);
  return [
    line([at, area.top - 6], [at, area.top + area.heightPx], { stroke: colour, strokePx: 1.5, dash: [5, 4] }),
    text([isLate ? at - 5 : at + 5, area.top + 4 + (nth % 2) * fontPx], label, {
      fill: colour,
      anchor: isLate ? 'end' : 'start',
      sizePx: 11.5,
      isBold: true,
      halo: theme.ground,
    }),
  ].join('');
} // prettier-ignore

function scaleOf(points: Panel['points']): Scale {
  const means = points.map(({ mean }) => mean);
  const [low, high] = [Math.min(...means), Math.max(...means)];
  const reach = mostIntervalReach * Math.max(high - low, 0.05 * Math.abs(high));
  const ends = points.flatMap(({ ci95 }) => ci95 ?? []);
  const within = ends.map((end) => clamped({ min: low - reach, max: high + reach }, end));
  return linearScale([...means, ...within], 4, { isRounded: true });
}

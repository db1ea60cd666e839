import { median } from '@tare/statistics';
import { counted, figureText, shortened } from '../model/words.ts';
import type { MetricCell, MetricRow } from '../model/workload-model.ts';
import { clamped, countScale, figureScale, placesIn, yAxis, type Area } from '../plot/axes.ts';
import type { Chart, Drawing } from '../plot/chart.ts';
import { alike, circle, fittingCharacters, line, rectangle, text } from '../plot/svg.ts';
import type { Frame } from '../plot/theme.ts';

const wantedTicks = 5;
const columnEdge = 0.1;
const areaPx = 168;

/**
 * Every trial of a metric as a point: a column per environment, and within it the rounds from left to right, so that drift is a
 * slope and an outlier a point of its own. A line at the median, a band over the interval of the mean. Emulated environments
 * stand on the right with a scale of their own: on a common one they would flatten the others.
 */
export function trialsChart(workload: string, { metric, cells }: MetricRow): Chart {
  const shown = cells.filter(({ trials }) => trials.length > 0);
  const groups = [false, true].map((emulated) => shown.filter(({ subject }) => subject.emulated === emulated));
  const medians = new Map(shown.map((cell) => [cell, median(cell.trials.map(({ figure }) => figure))]));
  const textOf = (cell: MetricCell, unit: string) => figureText(medians.get(cell) ?? 0, unit);
  const rounds = [...new Set(shown.flatMap(({ trials }) => trials.map(({ round }) => round)))].toSorted((a, b) => a - b);
  const isSplit = groups.every(({ length }) => length > 0);
  const alternative = shown.map((cell) => `${cell.subject.title} ${textOf(cell, metric.unit)}`).join(', ');
  return {
    caption: { text: `Trials over ${counted(rounds.length, 'round')}${isSplit ? '; emulated ones on a scale of their own' : ''}` },
    alternative: `${metric.label} of ${workload}, every trial by environment; medians: ${alternative}.`,
    table: {
      label: `${workload}: ${metric.label}, trials`,
      head: ['Round', ...shown.map(({ subject }) => subject.title)],
      rows: [
        ...rounds.map((round) => [
          String(round),
          ...shown.map(({ trials }) => {
            const found = trials.find((each) => each.round === round);
            return found === undefined ? '–' : figureText(found.figure);
          }),
        ]),
        ['median', ...shown.map((cell) => textOf(cell, ''))],
      ],
    },
    draw: (frame) => drawGroups(groups.filter(({ length }) => length > 0), metric.unit, frame),
  };
} // prettier-ignore

function drawGroups(groups: readonly (readonly MetricCell[])[], unit: string, frame: Frame): Drawing {
  const { widthPx, fontPx } = frame;
  const [top, scalePx, edgePx] = [fontPx, fontPx * 4.5, fontPx / 2];
  const columns = groups.reduce((sum, { length }) => sum + length, 0);
  const columnPx = (widthPx - groups.length * (scalePx + edgePx)) / columns;
  const rounds = Math.max(1, ...groups.flat().flatMap(({ trials }) => trials.map(({ round }) => round)));
  let left = 0;
  const parts = groups.map((group) => {
    const area = { left: left + scalePx, top, widthPx: columnPx * group.length, heightPx: areaPx };
    left += scalePx + area.widthPx + edgePx;
    return drawGroup(group, area, rounds, unit, frame);
  });
  return { heightPx: top + areaPx + fontPx * 3.2, svg: parts.join('') };
} // prettier-ignore

function drawGroup(cells: readonly MetricCell[], area: Area, rounds: number, unit: string, frame: Frame): string {
  const { theme, fontPx } = frame;
  const y = figureScale(cells.flatMap(({ trials }) => trials.map(({ figure }) => figure)), wantedTicks);
  const place = placesIn(area, countScale(cells.length), y);
  const columnPx = area.widthPx / cells.length;
  const columns = cells.map(({ subject, summary, trials }, column) => {
    const colour = theme.environment(subject.colour);
    const typical = median(trials.map(({ figure }) => figure));
    const [low, high] = (summary?.ci95 ?? [typical, typical]).map((end) => clamped(y, end));
    const [left, bandTop] = place(column + columnEdge / 2, high ?? typical);
    const [right, bandBottom] = place(column + 1 - columnEdge / 2, low ?? typical);
    const [, level] = place(column, typical);
    const within = (round: number) =>
      rounds === 1 ? 0.5 : columnEdge + ((round - 1) / (rounds - 1)) * (1 - 2 * columnEdge);
    const points = trials.map(({ round, figure, violates }) => {
      const mark = violates.length === 0 ? '' : ` (violates ${violates.join(', ')})`;
      const tip = `${subject.title}, round ${round}: ${figureText(figure, unit)}${mark}`;
      return circle(place(column + within(round), figure), 2.3, { tip });
    });
    const [middle] = place(column + 0.5, y.min);
    const titles = titleLines(subject.title, fittingCharacters(columnPx - 2, fontPx)).map((title, row) =>
      text([middle, area.top + area.heightPx + fontPx * (1.1 + row * 1.2)], title, { fill: theme.text, anchor: 'middle' }),
    );
    return [
      rectangle(left, bandTop, right - left, bandBottom - bandTop, { fill: colour, opacity: 0.16 }),
      line([left, level], [right, level], { stroke: colour, strokePx: 1.6 }),
      alike({ fill: colour }, points),
      ...titles,
    ].join('');
  });
  return yAxis(y, area, frame) + columns.join('');
} // prettier-ignore

/** A title on at most two lines, each no longer than `characters`; what is cut off has "…". */
export function titleLines(title: string, characters: number): readonly string[] {
  const [first = '', ...rest] = title.split(' ');
  if (title.length <= characters || rest.length === 0) return [shortened(title, characters)];
  return [first, rest.join(' ')].map((part) => shortened(part, characters));
}

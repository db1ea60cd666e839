import { isLatency, type MetricSummary } from '@tare/results';
import { shownAs, type BarFigure } from '../model/shown-metrics.ts';
import { isHatched, type Subject } from '../model/subjects.ts';
import {
  counted,
  decimalsOf,
  directionText,
  figureText,
  intervalText,
  meanText,
  shortened,
  withMarks,
} from '../model/words.ts';
import type { MetricCell, MetricRow, WorkloadModel } from '../model/workload-model.ts';
import { axisPx, clamped, linearScale, xAxis, type Scale } from '../plot/axes.ts';
import { paleOpacity, type Chart, type Drawing } from '../plot/chart.ts';
import {
  alike,
  circle,
  fittingCharacters,
  hatching,
  line,
  polygon,
  rectangle,
  text,
  textWidthPx,
} from '../plot/svg.ts';
import type { Frame } from '../plot/theme.ts';

/** A chart of bars, and the file that it is a picture in. */
type BarChart = Chart & {
  readonly figure: BarFigure;
  /** What the drawing means, for a picture that stands alone. */
  readonly notes: readonly string[];
};

type Bar = {
  readonly subject: Subject;
  readonly summary: MetricSummary;
  /** Of the mean, what the environment adds to what the app itself uses. */
  readonly tare: number;
  /** Where only one of the two could be metered: the bar is that one. */
  readonly only: 'net' | 'gross' | undefined;
  readonly trials: readonly number[];
  readonly valueText: string;
  /** It goes on beyond the axis. */
  readonly isBroken: boolean;
  readonly tip: string;
};

/** An interval beyond this multiple of the largest figure is cut off at the edge: it would flatten the bars. */
const longestInterval = 1.5;
/** An emulated bar beyond this multiple of what the others need is broken off: it would flatten them. */
const longestEmulated = 1.5;
const wantedTicks = 5;

/** A bar per environment for each metric that has such a chart; CPU and memory in two parts, net and tare. */
export function barCharts(workload: WorkloadModel): readonly BarChart[] {
  return workload.rows.flatMap((row) => {
    const figure = shownAs(row.metric.key).bar;
    return figure === undefined ? [] : [barChart(workload, row, figure)];
  });
}

function barChart(workload: WorkloadModel, row: MetricRow, figure: BarFigure): BarChart {
  const { metric } = row;
  const netRow = workload.rows.find(({ metric: { key } }) => key === figure.net);
  const { bars, largest } = barsOf(row, netRow);
  const isSplit = netRow !== undefined;
  const values = bars.map(({ subject, valueText }) => `${subject.title} ${valueText}`).join('; ');
  return {
    figure,
    caption: { heading: figure.heading, text: directionText(metric) },
    notes: [directionText(metric), ...notesOf(bars, isLatency(metric.key) ? workload.latency.short : '', isSplit)],
    legend: isSplit
      ? [
          { title: 'net: the app itself', kind: 'full' },
          { title: 'tare: what its environment adds', kind: 'pale' },
          ...(bars.some(({ only }) => only === 'gross') ? [{ title: 'gross, not told apart', kind: 'open' } as const] : []),
        ]
      : [],
    alternative: `${figure.heading} of ${workload.name}, ${metric.unit}: ${values}.`,
    table: {
      label: `${workload.name}: ${figure.heading}, ${metric.unit}`,
      head: ['Environment', 'Mean', 'Deviation', '95 % interval', ...(isSplit ? ['Net', 'Tare'] : []), 'Trials'],
      rows: bars.map(({ subject, summary, tare, only }) => {
        const text = (value: number) => value.toFixed(decimalsOf(summary.mean));
        const split = [only === 'gross' ? '–' : text(summary.mean - tare), only === undefined ? text(tare) : '–'];
        return [
          subject.title,
          text(summary.mean),
          summary.stdev === null ? '' : text(summary.stdev),
          intervalText(summary.mean, summary.ci95),
          ...(isSplit ? split : []),
          String(summary.n),
        ];
      }),
    },
    draw: (frame) => drawBars(bars, linearScale([largest], wantedTicks, { floor: 0, isRounded: true }), frame),
  };
} // prettier-ignore

function notesOf(bars: readonly Bar[], latency: string, isSplit: boolean): readonly string[] {
  // a machine boots in some rounds only: its startup has fewer trials than that of the others
  const counts = bars.map(({ summary }) => summary.n);
  const [fewest, most] = [Math.min(...counts), Math.max(...counts)];
  const trials = fewest === most ? counted(most, 'trial') : `${fewest} to ${counted(most, 'trial')}`;
  const marks = [
    ...(bars.some(({ subject }) => isHatched(subject)) ? ['hatched: not judged'] : []),
    ...(bars.some(({ isBroken }) => isBroken) ? ['cut: goes beyond the axis'] : []),
  ];
  return [
    `bar: mean of ${trials}; line: its 95 % interval; dots: trials${isSplit ? ' (gross)' : ''}`,
    ...(latency === '' ? [] : [`latency: ${latency}`]),
    ...(marks.length === 0 ? [] : [marks.join('; ')]),
  ];
}

function barsOf(row: MetricRow, netRow: MetricRow | undefined) {
  const cells = row.cells.flatMap((cell) => {
    const net = netRow?.cells.find(({ subject }) => subject === cell.subject);
    const { subject, summary, trials } = cell.summary === undefined && net !== undefined ? net : cell;
    const only = netRow === undefined ? undefined : cell.summary === undefined ? 'net' : net?.summary === undefined ? 'gross' : undefined;
    return summary === undefined ? [] : [{ subject, summary, trials, net: net?.summary, only, reach: reachOf(summary, trials) } as const];
  });
  const needed = Math.max(...cells.flatMap(({ subject, reach }) => (subject.emulated ? [] : reach)));
  const most = needed > 0 && Number.isFinite(needed) ? longestEmulated * needed : Infinity;
  const isBroken = ({ subject, reach }: (typeof cells)[number]) => subject.emulated && reach > most;
  const bars = cells.map((cell): Bar => {
    const { subject, summary, trials, net, only } = cell;
    // two meters are never read at the same instant: the net one may be ahead by a hair
    const tare = net === undefined ? 0 : Math.max(0, summary.mean - net.mean);
    const decimals = decimalsOf(summary.mean);
    const split = only !== undefined ? [`${only} only`] : net === undefined ? [] : [`net ${net.mean.toFixed(decimals)} + tare ${tare.toFixed(decimals)}`];
    const interval = summary.ci95 === null ? [] : [`95 % interval ${intervalText(summary.mean, summary.ci95)}`];
    const figure = `${subject.title}: ${figureText(summary.mean, row.metric.unit)}`;
    return {
      subject,
      summary,
      tare,
      only,
      trials: trials.map(({ figure }) => figure),
      valueText: withMarks(meanText(summary), split),
      isBroken: isBroken(cell),
      tip: [figure, ...interval, ...split, counted(summary.n, 'trial')].join(', '),
    };
  });
  return { bars, largest: Math.max(...cells.flatMap((cell) => (isBroken(cell) ? [] : cell.reach))) };
} // prettier-ignore

function reachOf({ mean, ci95 }: MetricSummary, trials: MetricCell['trials']): number {
  const largest = Math.max(mean, ...trials.map(({ figure }) => figure));
  return Math.max(largest, Math.min(ci95?.[1] ?? 0, longestInterval * largest));
}

function drawBars(bars: readonly Bar[], scale: Scale, frame: Frame): Drawing {
  const { widthPx, fontPx, theme } = frame;
  const labelPx = fontPx * 1.6;
  const barPx = fontPx * 1.6;
  const rowPx = labelPx + barPx + fontPx * 0.9;
  const area = { left: 0, top: 0, widthPx: widthPx - 1, heightPx: bars.length * rowPx };
  const rows = bars.map((bar, place) => {
    const y = place * rowPx + labelPx;
    const valuePx = textWidthPx(bar.valueText, fontPx) + fontPx;
    const label = shortened(bar.subject.title, fittingCharacters(widthPx - valuePx, fontPx));
    const look = { fill: theme.text, halo: theme.ground };
    return [
      text([0, y - labelPx / 2], label, look),
      text([widthPx, y - labelPx / 2], bar.valueText, { ...look, anchor: 'end' }),
      drawBar(bar, y, barPx, scale, area, frame),
    ].join('');
  });
  return {
    heightPx: area.heightPx + axisPx(frame, false),
    svg: xAxis(scale, area, frame, { isGrid: true }) + rows.join(''),
  };
}

function drawBar(
  { subject, summary, tare, only, trials, isBroken, tip }: Bar,
  y: number,
  barPx: number,
  scale: Scale,
  area: { readonly left: number; readonly widthPx: number },
  { theme }: Frame,
): string {
  const x = (figure: number) => area.left + scale.at(clamped(scale, figure)) * area.widthPx;
  const colour = theme.environment(subject.colour);
  const [start, netEnd, end] = [x(0), x(summary.mean - tare), x(summary.mean)];
  const middle = y + barPx / 2;
  const parts = [
    rectangle(start, y, end - start, barPx, { fill: theme.ground, tip }),
    ...(only === 'gross'
      ? [
          rectangle(start + 1, y + 1, Math.max(0, end - start - 2), barPx - 2, {
            fill: 'none',
            stroke: colour,
            strokePx: 2,
          }),
        ]
      : [rectangle(start, y, netEnd - start, barPx, { fill: colour })]),
    ...(tare > 0 && end > netEnd
      ? [
          rectangle(netEnd, y, end - netEnd, barPx, { fill: colour, opacity: paleOpacity }),
          rectangle(netEnd, y + 0.5, end - netEnd - 0.5, barPx - 1, { fill: 'none', stroke: colour }),
        ]
      : []),
    ...(isHatched(subject) ? [hatching(start, y, end - start, barPx, theme.ground)] : []),
  ];
  if (isBroken) return [...parts, ...breakMarks(end, y, barPx, theme.ground)].join('');
  const dots = trials.map((figure, place) => {
    const spread = trials.length === 1 ? 0 : place / (trials.length - 1) - 0.5;
    return circle([x(figure), middle + spread * (barPx - 6)], 2);
  });
  const look = { fill: theme.ground, stroke: theme.text, strokePx: 0.7, opacity: 0.85 };
  return [...parts, alike(look, dots), ...intervalLines(summary, middle, scale, x, theme.text)].join('');
}

/** A line with caps from one end of the interval to the other; an end outside of the axis has no cap. */
function intervalLines(
  { ci95 }: MetricSummary,
  middle: number,
  scale: Scale,
  x: (figure: number) => number,
  stroke: string,
): readonly string[] {
  if (ci95 === null) return [];
  const look = { stroke, strokePx: 1.8 };
  const caps = ci95.filter((end) => end >= scale.min && end <= scale.max);
  return [
    line([x(ci95[0]), middle], [x(ci95[1]), middle], look),
    ...caps.map((end) => line([x(end), middle - 5], [x(end), middle + 5], look)),
  ];
}

/** Two slanting gaps near the end of a bar that goes on beyond the axis. */
function breakMarks(end: number, y: number, barPx: number, ground: string): readonly string[] {
  const [slantPx, gapPx] = [7, 4.5];
  return [34, 23].map((fromEndPx) => {
    const [x, top, bottom] = [end - fromEndPx, y - 2, y + barPx + 2];
    return polygon([[x + slantPx, top], [x + slantPx + gapPx, top], [x + gapPx, bottom], [x, bottom]], { fill: ground });
  });
} // prettier-ignore

import type { Trial } from '@tare/results';
import { latenciesOf, mergedLatencies } from '../model/latencies.ts';
import type { Subject } from '../model/subjects.ts';
import { figureText } from '../model/words.ts';
import type { WorkloadModel } from '../model/workload-model.ts';
import { axisPx, logScale, percentileScale, placesIn, xAxis, yAxis } from '../plot/axes.ts';
import { dashes, type Chart, type Drawing } from '../plot/chart.ts';
import { circle, polyline } from '../plot/svg.ts';
import type { Frame } from '../plot/theme.ts';

type Line = { readonly subject: Subject; readonly curve: LatencyCurve };

const areaPx = 192;

/** Latency over percentiles, all trials of an environment together; undefined where no trial has a histogram. */
export function latencyCurvesChart({ name, subjects, latency }: WorkloadModel): Chart | undefined {
  const lines = subjects.flatMap((subject) => {
    const curve = latencyCurve(subject.trials);
    return curve?.line.some(({ latencyMs }) => latencyMs > 0) === true ? [{ subject, curve }] : [];
  });
  if (lines.length === 0) return undefined;
  const textAt = ({ curve }: Line, percentile: number, unit: string, start = '') => {
    const point = curve.named.find((each) => each.percentile === percentile);
    return point === undefined ? undefined : start + figureText(point.latencyMs, unit);
  };
  const at99 = lines.flatMap((each) => textAt(each, 99, 'ms', `${each.subject.title} `) ?? []);
  return {
    caption: {
      heading: 'Latency by percentile',
      text: `ms on a logarithmic scale; all trials together. ${latency.text}`,
    },
    legend: lines.map(({ subject }) => ({
      title: subject.title,
      colour: subject.colour,
      kind: subject.emulated ? 'dashed' : 'line',
    })),
    isWide: true,
    alternative: `Latency of ${name} by percentile, 99th: ${at99.join(', ')}.`,
    table: {
      label: `${name}: latency by percentile, ms`,
      head: ['Percentile', ...lines.map(({ subject }) => subject.title)],
      rows: [
        ...namedPercentiles.map((each) => [`${each} %`, ...lines.map((line) => textAt(line, each, '') ?? '–')]),
        ['requests', ...lines.map(({ curve }) => String(curve.requests))],
      ],
    },
    draw: (frame) => drawCurves(lines, frame),
  };
} // prettier-ignore

function drawCurves(lines: readonly Line[], frame: Frame): Drawing {
  const { widthPx, fontPx, theme } = frame;
  const area = { left: fontPx * 4.5, top: fontPx, widthPx: widthPx - fontPx * 6, heightPx: areaPx };
  const latencies = lines.flatMap(({ curve }) => curve.line.map(({ latencyMs }) => latencyMs));
  const y = logScale(latencies, 5);
  const x = percentileScale(lastPercentile);
  const place = placesIn(area, x, y);
  const lowest = Math.min(...latencies.filter((latency) => latency > 0));
  const curves = lines.map(({ subject, curve }) => {
    const colour = theme.environment(subject.colour);
    const at = ({ percentile, latencyMs }: PercentilePoint) => place(percentile, Math.max(latencyMs, lowest));
    const marks = curve.named.map((point) => {
      const tip = `${subject.title}: ${point.percentile} % within ${figureText(point.latencyMs, 'ms')}`;
      return circle(at(point), 3, { fill: colour, tip });
    });
    const look = { stroke: colour, strokePx: 1.8, ...(subject.emulated ? { dash: dashes } : {}) };
    return polyline(curve.line.map(at), look) + marks.join('');
  });
  const title = 'percentile of the requests';
  return {
    heightPx: area.top + areaPx + axisPx(frame, true),
    svg: xAxis(x, area, frame, { isGrid: true, title }) + yAxis(y, area, frame) + curves.join(''),
  };
}

/** A percentile, and the latency that this share of the requests did not exceed. */
type PercentilePoint = { readonly percentile: number; readonly latencyMs: number };

type LatencyCurve = {
  /** Replies in the merged histograms. */
  readonly requests: number;
  /** From 50 % on; ends where fewer than `fewestBeyond` requests were slower. */
  readonly line: readonly PercentilePoint[];
  /** The percentiles that one asks for by name, as far as the line goes. */
  readonly named: readonly PercentilePoint[];
};

/** Where a curve ends at the latest. */
const lastPercentile = 99.9;
/** Its ends, as log10 of 1 ÷ (1 − p): 50 % and 99.9 %. */
const [first, last] = [Math.log10(2), 3];
const namedPercentiles = [50, 75, 90, 95, 99, 99.9] as const;

const steps = 54;
/** A percentile that rests on fewer slower requests is an anecdote. */
const fewestBeyond = 3;
const microsecondsPerMs = 1000;

/**
 * Latencies over all trials of an environment, merged.
 * @returns null when no trial has a histogram that can be read: the page goes without the chart, the figures are there all the same.
 */
export function latencyCurve(trials: readonly Trial[]): LatencyCurve | null {
  const merged = mergedLatencies(trials.flatMap((trial) => latenciesOf(trial) ?? []));
  if (merged === null) return null;
  const requests = merged.totalCount;
  const isSupported = (percentile: number) => requests * (1 - percentile / 100) >= fewestBeyond - 1e-6;
  const pointAt = (percentile: number): PercentilePoint => ({
    percentile,
    latencyMs: merged.getValueAtPercentile(percentile) / microsecondsPerMs,
  });
  const along = Array.from({ length: steps + 1 }, (_, step) => {
    const place = first + ((last - first) * step) / steps;
    return 100 * (1 - 10 ** -place);
  });
  return {
    requests,
    line: along.filter(isSupported).map(pointAt),
    named: namedPercentiles.filter(isSupported).map(pointAt),
  };
}

import { figureText } from '../model/figure-text.ts';
import { latencyCurve, lastPercentile, namedPercentiles } from '../model/latency-curve.ts';
import type { LatencyCurve } from '../model/latency-curve.ts';
import type { WorkloadModel } from '../model/workload-model.ts';
import type { Subject } from '../model/subjects.ts';
import { axisPx, placesIn, xAxis, yAxis } from '../plot/axes.ts';
import { dashes } from '../plot/chart.ts';
import type { Chart, Drawing } from '../plot/chart.ts';
import { logScale, percentileScale } from '../plot/scale.ts';
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
  const textAt = ({ curve }: Line, percentile: number, unit: string) => {
    const point = curve.named.find((each) => each.percentile === percentile);
    return point === undefined ? undefined : figureText(point.latencyMs, unit);
  };
  const at99 = lines.flatMap((each) => {
    const text = textAt(each, 99, 'ms');
    return text === undefined ? [] : [`${each.subject.title} ${text}`];
  });
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
    words: [],
    isWide: true,
    alternative: `Latency of ${name} by percentile, 99th: ${at99.join(', ')}.`,
    table: {
      label: `${name}: latency by percentile, ms`,
      head: ['Percentile', ...lines.map(({ subject }) => subject.title)],
      rows: [
        ...namedPercentiles.map((each) => [
          `${each} %`,
          ...lines.map((line) => textAt(line, each, '') ?? '–'),
        ]),
        ['requests', ...lines.map(({ curve }) => String(curve.requests))],
      ],
    },
    draw: (frame) => drawCurves(lines, frame),
  };
}

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
    const points = curve.line.map(({ percentile, latencyMs }) =>
      place(percentile, Math.max(latencyMs, lowest)),
    );
    const marks = curve.named.map(({ percentile, latencyMs }) =>
      circle(place(percentile, Math.max(latencyMs, lowest)), 3, {
        fill: colour,
        tip: `${subject.title}: ${percentile} % within ${figureText(latencyMs, 'ms')}`,
      }),
    );
    const look = { stroke: colour, strokePx: 1.8, ...(subject.emulated ? { dash: dashes } : {}) };
    return polyline(points, look) + marks.join('');
  });
  const title = 'percentile of the requests';
  return {
    heightPx: area.top + areaPx + axisPx(frame, true),
    svg: xAxis(x, area, frame, { isGrid: true, title }) + yAxis(y, area, frame) + curves.join(''),
  };
}

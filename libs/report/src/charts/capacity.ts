import { median } from '@tare/statistics';
import type { CapacityPoint, EnvironmentCapacity, WorkloadCapacity } from '../capacity/capacity-model.ts';
import { factorText, figureText } from '../model/words.ts';
import { axisPx, logScale, placesIn, xAxis, yAxis } from '../plot/axes.ts';
import { dashes, type Chart, type Drawing } from '../plot/chart.ts';
import { circle, line, polyline, text } from '../plot/svg.ts';
import type { Frame } from '../plot/theme.ts';

const pointPx = 4;

/**
 * Latency against offered load, all environments on one pair of axes, with a line at the objective. Undefined without a step.
 * @param colourOf place of an environment, which gives it the colour that it has elsewhere.
 */
export function capacityChart(
  { workload, limitText, limitMs, percentile, environments }: WorkloadCapacity,
  colourOf: (name: string) => number,
): Chart | undefined {
  const curves = environments.filter(({ points }) => points.length > 0);
  if (curves.length === 0) return undefined;
  const capacityOf = ({ title, capacity }: EnvironmentCapacity) => `${title}: ${capacity ?? 'not found'}`;
  const quantile = `p${percentile} of latency, ms`;
  return {
    caption: {
      heading: 'Latency against offered load',
      text: `${quantile}; the line is the objective, ${limitText}; hollow points miss it, at a cross the generator was the limit`,
    },
    legend: curves.map((curve) => ({
      title: capacityOf(curve),
      colour: colourOf(curve.name),
      kind: curve.emulated ? 'dashed' : 'line',
    })),
    isWide: true,
    alternative: `Latency of ${workload} against offered load; highest load within ${limitText}: ${curves.map(capacityOf).join(', ')}.`,
    table: {
      label: `${workload}: latency against offered load`,
      head: ['Environment', 'Offered, req/s', 'Latency, ms', limitText],
      rows: curves.flatMap(({ title, points }) =>
        points.map(({ rateRps, latencyMs, outcome }) => [title, figureText(rateRps), figureText(latencyMs), outcome]),
      ),
    },
    draw: (frame) => drawCurves(curves, { limitMs, limitText, quantile, colourOf }, frame),
  };
} // prettier-ignore

type Objective = Pick<WorkloadCapacity, 'limitMs' | 'limitText'> & {
  readonly quantile: string;
  readonly colourOf: (name: string) => number;
};

function drawCurves(curves: readonly EnvironmentCapacity[], objective: Objective, frame: Frame): Drawing {
  const { limitMs, limitText, quantile, colourOf } = objective;
  const { widthPx, fontPx, theme } = frame;
  const heightPx = Math.round(widthPx * 0.47);
  const area = { left: fontPx * 5.5, top: fontPx, widthPx: widthPx - fontPx * 7, heightPx };
  const all = curves.flatMap(({ points }) => points);
  const ofWidth = Math.round(widthPx / 60);
  const x = logScale(all.map(({ rateRps }) => rateRps), ofWidth, area.widthPx);
  const y = logScale([limitMs, ...all.map(({ latencyMs }) => latencyMs)], 6);
  const place = placesIn(area, x, y);
  const [left, limitY] = place(x.min, limitMs);
  const drawn = curves.map(({ name, title, points, emulated }) => {
    const colour = theme.environment(colourOf(name));
    const stroke = { stroke: colour, strokePx: 1.8 };
    const shown = points.filter(({ latencyMs }) => latencyMs > 0);
    const marks = shown.map((point) => {
      const at = place(point.rateRps, point.latencyMs);
      const tip = `${title} at ${figureText(point.rateRps, 'req/s')}: ${figureText(point.latencyMs, 'ms')}, ${factorText(point.latencyMs / limitMs)} of the objective`;
      if (point.outcome === 'generator-limited') return cross(at, stroke) + circle(at, pointPx, { fill: colour, opacity: 0, tip });
      return circle(at, pointPx, { ...stroke, fill: point.outcome === 'meets' ? colour : theme.ground, tip });
    });
    const corners = cornersOf(shown).map(({ rateRps, latencyMs }) => place(rateRps, latencyMs));
    return polyline(corners, emulated ? { ...stroke, dash: dashes } : stroke) + marks.join('');
  });
  return {
    heightPx: area.top + area.heightPx + axisPx(frame, true),
    svg: [
      xAxis(x, area, frame, { isGrid: true, title: 'offered load, req/s' }),
      yAxis(y, area, frame, { title: quantile }),
      line([left, limitY], [left + area.widthPx, limitY], { stroke: theme.worse, strokePx: 1.5, dash: [6, 4] }),
      // at the left end latencies are far below the objective
      text([left + 6, limitY - fontPx * 0.8], limitText, { fill: theme.worse, halo: theme.ground }),
      ...drawn,
    ].join(''),
  };
} // prettier-ignore

/** One corner per rate, from the lowest: the median over its steps that say something about the server. */
function cornersOf(points: readonly CapacityPoint[]): readonly Omit<CapacityPoint, 'outcome'>[] {
  const telling = points.filter(({ outcome }) => outcome !== 'generator-limited');
  return [...Map.groupBy(telling, ({ rateRps }) => rateRps)].map(([rateRps, atRate]) => ({
    rateRps,
    latencyMs: median(atRate.map(({ latencyMs }) => latencyMs)),
  }));
}

function cross([x, y]: readonly [number, number], look: { stroke: string; strokePx: number }): string {
  return [1, -1]
    .map((slope) => line([x - pointPx, y - slope * pointPx], [x + pointPx, y + slope * pointPx], look))
    .join('');
}

import { isEmulated, type Capacity, type CapacityFile, type CapacityStep } from '@tare/results';
import { median } from '@tare/statistics';
import type { MissingEnvironment } from '../model/subjects.ts';
import { factorText, figureText, rateText, secondsText, withMarks, withPlainText } from '../model/words.ts';
import { axisPx, logScale, placesIn, xAxis, yAxis } from '../plot/axes.ts';
import { dashes, type Chart, type Drawing } from '../plot/chart.ts';
import { circle, line, polyline, text } from '../plot/svg.ts';
import type { Frame } from '../plot/theme.ts';

/** One step of a search as a point of a curve. */
type CapacityPoint = {
  readonly rateRps: number;
  /** At the quantile of the objective. */
  readonly latencyMs: number;
  readonly outcome: CapacityStep['outcome'];
};

/** What a search found in one environment. */
type EnvironmentCapacity = {
  readonly name: string;
  /** The name with what must be known beside it: "vagrant (emulated)". */
  readonly title: string;
  readonly emulated: boolean;
  /** In the order of the rates; empty when nothing was offered. */
  readonly points: readonly CapacityPoint[];
  /** "640 req/s", "at least 900 req/s: the generator is the limit"; undefined where none was looked for. */
  readonly capacity: string | undefined;
  /** First rate that misses the objective; empty when none did. */
  readonly firstMiss: string;
  /** "4.9 / 31 ms": p50 and p99 at the highest rate; empty when there is none. */
  readonly latency: string;
  /** "176.8, 168.2 req/s": what each pass found. */
  readonly passes: string;
};

/** What a search found about a workload. */
export type WorkloadCapacity = {
  readonly workload: string;
  readonly requestPath: string;
  /** The objective: "p99 ≤ 50 ms". */
  readonly limitText: string;
  readonly limitMs: number;
  readonly percentile: number;
  readonly passesText: string;
  readonly environments: readonly EnvironmentCapacity[];
};

/** What the views of a capacity file show, computed once. Plain text: a view only escapes for its format. */
export type CapacityModel = {
  readonly file: CapacityFile;
  /** Those that were searched in some environment. */
  readonly workloads: readonly WorkloadCapacity[];
  /** How the capacities were searched for, in sentences. */
  readonly notes: readonly string[];
  readonly missing: readonly MissingEnvironment[];
};

/** Computes what the views of a capacity file show. The same file gives the same model. */
export function capacityModel(given: CapacityFile): CapacityModel {
  const file = withPlainText(given);
  const { slo, passes } = file.config;
  return {
    file,
    workloads: file.config.workloads.flatMap(({ name, requestPath }) => {
      const environments = file.environments.flatMap((environment) => capacityIn(file, name, environment) ?? []);
      if (environments.length === 0) return [];
      return [{ workload: name, requestPath, limitText: slo.text, limitMs: slo.limitMs, percentile: slo.percentile, passesText: passesText(passes), environments }];
    }),
    notes: notesOf(file),
    missing: file.environments.flatMap((each) =>
      each.status === 'measured' ? [] : [{ ...each, statusText: each.status, remedy: each.remedy }],
    ),
  };
} // prettier-ignore

function capacityIn(
  file: CapacityFile,
  workload: string,
  environment: CapacityFile['environments'][number],
): EnvironmentCapacity | null {
  const { name } = environment;
  const isOwn = (each: { readonly workload: string; readonly environment: string }) =>
    each.workload === workload && each.environment === name;
  const steps = file.steps.filter(isOwn);
  const found = file.capacities.find(isOwn);
  if (steps.length === 0 && found === undefined) return null;
  const emulated = isEmulated(environment);
  const { status } = environment;
  const miss = found?.lowestMissRps ?? null;
  return {
    name,
    title: withMarks(name, [emulated && 'emulated', status !== 'measured' && status]),
    emulated,
    points: steps
      .map(({ rateRps, sloLatencyMs, outcome }) => ({ rateRps, latencyMs: sloLatencyMs, outcome }))
      .toSorted((one, other) => one.rateRps - other.rateRps),
    capacity: found === undefined ? undefined : capacityText(found),
    firstMiss: miss === null ? '' : rateText(miss),
    latency: found === undefined ? '' : latencyText(found, steps),
    passes: found === undefined ? '' : passRates(found),
  };
}

/** "640 req/s", "below 12.5 req/s", "at least 900 req/s: the generator is the limit". */
export function capacityText({ highestRps, lowestMissRps, limit }: Capacity): string {
  if (highestRps !== null) {
    return limit === 'slo' ? rateText(highestRps) : `at least ${rateText(highestRps)}: ${limits[limit]}`;
  }
  return lowestMissRps === null ? `unknown: ${limits.generator}` : `below ${rateText(lowestMissRps)}`;
}

const limits = {
  generator: 'the generator is the limit',
  maximum: 'no more was asked for',
  steps: 'the search was not finished',
} as const;

/** Of the worst step at the highest rate: the rate was tried in more passes than one, and more than once. */
function latencyText({ highestRps }: Capacity, steps: readonly CapacityStep[]): string {
  const [worst] = steps
    .filter(({ rateRps, outcome }) => rateRps === highestRps && outcome === 'meets')
    .toSorted((one, other) => other.latencyMs.p99 - one.latencyMs.p99);
  if (worst === undefined) return '';
  return `${figureText(worst.latencyMs.p50)} / ${figureText(worst.latencyMs.p99, 'ms')}`;
}

function passRates({ passes }: Capacity): string {
  const rates = passes.map(({ highestRps }) => (highestRps === null ? '–' : rateText(highestRps)));
  return rates.map((rate, place) => (place < rates.length - 1 ? rate.replace(' req/s', '') : rate)).join(', ');
} // prettier-ignore

/** "1 pass", "2 passes". */
function passesText(passes: number): string {
  return `${passes} pass${passes === 1 ? '' : 'es'}`;
}

function notesOf({ config, generatorRps }: CapacityFile): readonly string[] {
  const { slo, windowMs, warmupMs, tolerance, passes } = config;
  const several = `There were ${passesText(passes)}, each in another random order; the table has what held in all of them.`;
  return [
    `Capacity is the highest arrival rate at which ${slo.text}, measured from the planned time of sending, with almost no errors.`,
    `Each rate was offered for ${secondsText(windowMs)} after ${secondsText(warmupMs)} of warm-up on a fresh instance: doubled until the objective was missed, then bisected to ${Number((tolerance * 100).toPrecision(3))} %. ${passes === 1 ? 'There was one pass.' : several}`,
    `The load generator by itself meets the objective up to ${rateText(generatorRps)} with a server that answers at once.`,
  ];
}

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

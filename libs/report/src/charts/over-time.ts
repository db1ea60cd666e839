import type { Subject } from '../model/subjects.ts';
import { cpuSeries, memorySeries, type FreshInstance, type TimeSeries } from '../model/time-series.ts';
import { figureText, secondsText } from '../model/words.ts';
import type { WorkloadModel } from '../model/workload-model.ts';
import { axisPx, linearScale, placesIn, xAxis, yAxis } from '../plot/axes.ts';
import { dashes, type Chart, type Drawing } from '../plot/chart.ts';
import { alike, circle, polyline, text, type Look } from '../plot/svg.ts';
import type { Frame } from '../plot/theme.ts';

/** CPU and memory over the load window: a strip per environment. Levels are compared in the weigh-in; here the shape matters. */
export function loadWindowCharts({ name, subjects }: WorkloadModel): readonly Chart[] {
  return [
    ...loadWindowChart(name, subjects, { label: 'CPU', unit: '%', seriesOf: cpuSeries }),
    ...loadWindowChart(name, subjects, { label: 'Memory', unit: 'MiB', seriesOf: memorySeries }),
  ];
}

type Quantity = {
  readonly label: string;
  readonly unit: string;
  readonly seriesOf: (trials: Subject['trials']) => TimeSeries | null;
};

function loadWindowChart(
  workload: string,
  subjects: readonly Subject[],
  { label, unit, seriesOf }: Quantity,
): readonly Chart[] {
  const shown = subjects.flatMap((subject) => {
    const series = seriesOf(subject.trials);
    return series === null ? [] : [{ subject, series }];
  });
  if (shown.length === 0) return [];
  const strips = shown.map(({ subject, series }) => loadWindowStrip(subject, series, unit));
  return [
    {
      caption: {
        heading: `${label} over the load window`,
        text: `${unit}; each environment on a scale of its own`,
      },
      legend: [
        { title: 'net, mean of the trials' },
        { title: 'gross, mean', kind: 'dashed' },
        { title: 'gross, each trial', kind: 'thin' },
      ],
      alternative: `${label} of ${workload} over the load window, by environment.`,
      table: {
        label: `${workload}: ${label} over the load window, ${unit}`,
        head: ['Second', ...shown.flatMap(({ subject }) => [`${subject.title} net`, `${subject.title} gross`])],
        rows: (shown[0]?.series.atMs ?? []).map((atMs, place) => [
          (atMs / 1000).toFixed(2),
          ...shown.flatMap(({ series }) => [series.meanNet[place], series.meanGross[place]].map(figureOrDash)),
        ]),
      },
      draw: (frame) => drawStrips(strips, 'seconds of the load window', frame),
    },
  ];
} // prettier-ignore

function figureOrDash(figure: number | undefined): string {
  return figure === undefined ? '–' : figureText(figure);
}

function loadWindowStrip({ title, colour }: Subject, series: TimeSeries, unit: string): Strip {
  const { atMs, trials, meanNet, meanGross } = series;
  const opacity = Math.max(0.12, Math.min(0.5, 4 / trials.length));
  const means = [
    { name: 'gross', figures: meanGross, look: { strokePx: 1.8, dash: dashes } },
    { name: 'net', figures: meanNet, look: { strokePx: 1.8 } },
  ].filter(({ figures }) => figures.length > 0);
  const [upper] = means;
  return {
    title,
    lines: [
      ...trials.map((figures) => ({ atMs, figures, colour, look: { strokePx: 0.7, opacity } })),
      ...means.map(({ figures, look }) => ({ atMs, figures, colour, look })),
    ],
    points: atMs.map((at, place) => ({
      atMs: at,
      figure: upper?.figures[place] ?? 0,
      tip: `${title}, ${(at / 1000).toFixed(1)} s: ${means.map(({ name, figures }) => `${name} ${figureText(figures[place] ?? 0, unit)}`).join(', ')}`,
    })),
  };
}

/** The throughput of fresh instances over their time under load, and from when on each was steady; nothing where nobody looked. */
export function freshInstancesChart(
  { name, freshInstances }: WorkloadModel,
  warmUp: string,
): readonly Chart[] {
  if (freshInstances.length === 0) return [];
  const steady = freshInstances.map(({ subject, steadyText }) => `${subject.title} ${steadyText}`);
  return [
    {
      caption: {
        heading: 'Throughput of fresh instances',
        text: `before the first round; the median of three, as a share of a warm instance that alternated with them in slices, where there was one. Every trial warms up for ${warmUp}`,
      },
      alternative: `Warm-up of ${name}: ${steady.join(', ')}.`,
      table: {
        label: `${name}: throughput of fresh instances`,
        head: ['Environment', 'Until, s', 'Throughput', 'Unit'],
        rows: freshInstances.flatMap(({ subject, unit, points }) =>
          points.map(({ untilMs, level }) => [
            subject.title,
            (untilMs / 1000).toFixed(2),
            figureText(level),
            unit,
          ]),
        ),
      },
      draw: (frame) =>
        drawStrips(freshInstances.map(freshStrip), 'seconds under load, from the first request', frame),
    },
  ];
}

function freshStrip({ subject, unit, points, steadyAfterMs, steadyText }: FreshInstance): Strip {
  const figures = points.map(({ level }) => level);
  const steady = { atMs: [steadyAfterMs ?? 0, steadyAfterMs ?? 0], figures: [0, Math.max(...figures)], look: { dash: dashes } };
  return {
    title: `${subject.title}, ${unit}: ${steadyText}`,
    lines: [
      ...(steadyAfterMs === null || steadyAfterMs === 0 ? [] : [steady]),
      { atMs: points.map(({ untilMs }) => untilMs), figures, colour: subject.colour, look: { strokePx: 1.4 } },
    ],
    points: points.map(({ untilMs, level }) => ({
      atMs: untilMs,
      figure: level,
      tip: `${subject.title}, until ${secondsText(untilMs)}: ${figureText(level, unit.startsWith('%') ? '%' : unit)}`,
    })),
  };
} // prettier-ignore

/** A quantity over time, in a strip with a scale of its own from 0. */
type Strip = {
  readonly title: string;
  /** From the back to the front; faint where it has no colour of an environment. */
  readonly lines: readonly {
    readonly atMs: readonly number[];
    readonly figures: readonly number[];
    readonly colour?: number;
    readonly look: Look;
  }[];
  /** Places that show nothing and tell exact figures. */
  readonly points: readonly { readonly atMs: number; readonly figure: number; readonly tip: string }[];
};

const stripPx = 74;

/** Quantities over the same time, one below the other. */
function drawStrips(strips: readonly Strip[], timeTitle: string, frame: Frame): Drawing {
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
      ...lines.map(({ atMs, figures, colour, look }) => {
        const stroke = colour === undefined ? theme.faint : theme.environment(colour);
        return polyline(figures.map((figure, step) => at((atMs[step] ?? 0) / 1000, figure)), { ...look, stroke });
      }),
      alike({ fill: theme.text }, points.map(({ atMs, figure, tip }) => circle(at(atMs / 1000, figure), 4, { opacity: 0, tip }))),
    ].join('');
  });
  const heightPx = strips.length * (stripPx + titlePx) + axisPx(frame, true);
  return { heightPx, svg: parts.join('') };
} // prettier-ignore

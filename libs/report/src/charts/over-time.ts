import { figureText } from '../model/figure-text.ts';
import { secondsText } from '../model/plain-text.ts';
import { cpuSeries, memorySeries } from '../model/time-series.ts';
import type { FreshInstance, TimeSeries } from '../model/time-series.ts';
import type { WorkloadModel } from '../model/workload-model.ts';
import type { Subject } from '../model/subjects.ts';
import { dashes } from '../plot/chart.ts';
import type { Chart } from '../plot/chart.ts';
import { drawStrips } from '../plot/strips.ts';
import type { Strip } from '../plot/strips.ts';

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
      words: [],
      isWide: false,
      alternative: `${label} of ${workload} over the load window, by environment.`,
      table: {
        label: `${workload}: ${label} over the load window, ${unit}`,
        head: ['Second', ...shown.flatMap(({ subject }) => [`${subject.title} net`, `${subject.title} gross`])],
        rows: (shown[0]?.series.atMs ?? []).map((atMs, place) => [
          (atMs / 1000).toFixed(2),
          ...shown.flatMap(({ series }) => [figureText(series.meanNet[place] ?? 0), figureText(series.meanGross[place] ?? 0)]),
        ]),
      },
      draw: (frame) => drawStrips(strips, 'seconds of the load window', frame),
    },
  ];
} // prettier-ignore

function loadWindowStrip({ title, colour }: Subject, series: TimeSeries, unit: string): Strip {
  const { atMs, trials, meanNet, meanGross } = series;
  const opacity = Math.max(0.12, Math.min(0.5, 4 / trials.length));
  return {
    title,
    lines: [
      ...trials.map((figures) => ({
        atMs,
        figures,
        look: ({ theme }: Parameters<Strip['lines'][number]['look']>[0]) => ({
          stroke: theme.environment(colour),
          strokePx: 0.7,
          opacity,
        }),
      })),
      {
        atMs,
        figures: meanNet,
        look: ({ theme }) => ({ stroke: theme.environment(colour), strokePx: 1.8 }),
      },
      {
        atMs,
        figures: meanGross,
        look: ({ theme }) => ({ stroke: theme.environment(colour), strokePx: 1.8, dash: dashes }),
      },
    ],
    points: atMs.map((at, place) => ({
      atMs: at,
      figure: meanGross[place] ?? 0,
      tip: `${title}, ${(at / 1000).toFixed(1)} s: gross ${figureText(meanGross[place] ?? 0, unit)}, net ${figureText(meanNet[place] ?? 0, unit)}`,
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
      legend: [],
      words: [],
      isWide: false,
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
  const levels = points.map(({ level }) => level);
  const atMs = points.map(({ untilMs }) => untilMs);
  return {
    title: `${subject.title}, ${unit}: ${steadyText}`,
    lines: [
      ...(steadyAfterMs === null || steadyAfterMs === 0
        ? []
        : [
            {
              atMs: [steadyAfterMs, steadyAfterMs],
              figures: [0, Math.max(...levels)],
              look: ({ theme }: Parameters<Strip['lines'][number]['look']>[0]) => ({
                stroke: theme.faint,
                dash: dashes,
              }),
            },
          ]),
      {
        atMs,
        figures: levels,
        look: ({ theme }) => ({ stroke: theme.environment(subject.colour), strokePx: 1.4 }),
      },
    ],
    points: points.map(({ untilMs, level }) => ({
      atMs: untilMs,
      figure: level,
      tip: `${subject.title}, until ${secondsText(untilMs)}: ${figureText(level, unit.startsWith('%') ? '%' : unit)}`,
    })),
  };
}

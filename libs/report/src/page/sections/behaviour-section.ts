import type { RunFile } from '@tare/results';
import { latencySource } from '../../words/latency-source.ts';
import { cpuCourse, memoryCourse } from '../data/course-of-trials.ts';
import type { Course } from '../data/course-of-trials.ts';
import { figureText } from '../data/figure-text.ts';
import type { Subject, WorkloadSubjects } from '../data/page-subject.ts';
import { namedPercentiles, percentileCurve } from '../data/percentile-curve.ts';
import { startupStages } from '../data/startup-stages.ts';
import { markup, nothing } from '../markup.ts';
import type { Html } from '../markup.ts';
import { courseOption } from '../options/course-option.ts';
import { percentileOption } from '../options/percentile-option.ts';
import { waterfallOption } from '../options/waterfall-option.ts';
import { chartFigure, colourVariable, legendOf } from '../page-parts.ts';
import { warmUpFigure } from './warm-up-figure.ts';

/** How the environments behaved: latencies by percentile, CPU and memory over the load window, the warm-up, and the stages of a start. */
export function behaviourSection(run: RunFile, workloads: readonly WorkloadSubjects[], capacity: (workload: string) => Html): Html {
  const parts = workloads.map((each) => {
    const { workload, key } = each;
    const courses = [courseFigure(each, 'CPU', '%', cpuCourse), courseFigure(each, 'Memory', 'MiB', memoryCourse)];
    return markup`<section class="spaced"><h3 id="${key}-behaviour">${workload}</h3>${latencyFigure(run, each)}${capacity(workload)}<div class="pairs">${courses}${warmUpFigure(run, each)}</div>${waterfalls(each)}</section>`;
  });
  return markup`<section id="behaviour" aria-labelledby="behaviour-title"><h2 id="behaviour-title">Within the trials</h2>
${parts}</section>`;
} // prettier-ignore

function latencyFigure(run: RunFile, { workload, subjects }: WorkloadSubjects): Html {
  const curves = subjects.flatMap((subject) => {
    const curve = percentileCurve(subject.trials);
    return curve?.line.some(({ latencyMs }) => latencyMs > 0) === true ? [{ subject, curve }] : [];
  });
  if (curves.length === 0) return nothing;
  const lines = curves.map(({ subject, curve }) => ({
    colourIndex: subject.colourIndex,
    emulated: subject.emulated,
    curve,
    tips: curve.named.map(
      ({ percentile, latencyMs }) =>
        `${subject.title}: ${percentile} % within ${figureText(latencyMs, 'ms')}`,
    ),
  }));
  const at99 = curves.flatMap(({ subject, curve }) => {
    const point = curve.named.find(({ percentile }) => percentile === 99);
    return point === undefined ? [] : [`${subject.title} ${figureText(point.latencyMs, 'ms')}`];
  });
  return chartFigure({
    caption: markup`<b>Latency by percentile</b>, ms on a logarithmic scale; all trials together.
      ${latencySource(run, workload)}`,
    legend: legendOf(
      curves.map(({ subject }) => ({
        title: subject.title,
        variable: colourVariable(subject.colourIndex),
        dashed: subject.emulated,
      })),
    ),
    chart: percentileOption(lines, `Latency of ${workload} by percentile, 99th: ${at99.join(', ')}.`),
    beside: true,
    table: {
      label: `${workload}: latency by percentile, ms`,
      head: ['Percentile', ...curves.map(({ subject }) => subject.title)],
      rows: [
        ...namedPercentiles.map((each) => [
          `${each} %`,
          ...curves.map(({ curve }) => {
            const point = curve.named.find(({ percentile }) => percentile === each);
            return point === undefined ? '–' : figureText(point.latencyMs, '');
          }),
        ]),
        ['requests', ...curves.map(({ curve }) => String(curve.requests))],
      ],
    },
  });
}

function courseFigure(
  { workload, subjects }: WorkloadSubjects,
  label: string,
  unit: string,
  courseOf: (trials: Subject['trials']) => Course | null,
): Html {
  const strips = subjects.flatMap((subject) => {
    const course = courseOf(subject.trials);
    return course === null ? [] : [{ subject, course }];
  });
  if (strips.length === 0) return nothing;
  return chartFigure({
    caption: markup`<b>${label} over the load window</b>, ${unit}; each environment on a scale of its own`,
    legend: legendOf([
      { title: 'net, mean of the trials', variable: 'text' },
      { title: 'gross, mean', variable: 'text', dashed: true },
      { title: 'gross, each trial', variable: 'thin' },
    ]),
    chart: courseOption(
      strips.map(({ subject, course }) => ({
        title: subject.title,
        colourIndex: subject.colourIndex,
        course,
        tips: course.atMs.map(
          (atMs, place) =>
            `${subject.title}, ${(atMs / 1000).toFixed(1)} s: gross ${figureText(course.meanGross[place] ?? 0, unit)}, net ${figureText(course.meanNet[place] ?? 0, unit)}`,
        ),
      })),
      `${label} of ${workload} over the load window, by environment.`,
    ),
    table: {
      label: `${workload}: ${label} over the load window, ${unit}`,
      head: [
        'Second',
        ...strips.flatMap(({ subject }) => [`${subject.title} net`, `${subject.title} gross`]),
      ],
      rows: (strips[0]?.course.atMs ?? []).map((atMs, place) => [
        (atMs / 1000).toFixed(2),
        ...strips.flatMap(({ course }) => [
          figureText(course.meanNet[place] ?? 0, ''),
          figureText(course.meanGross[place] ?? 0, ''),
        ]),
      ]),
    },
  });
}

function waterfalls({ workload, subjects }: WorkloadSubjects): Html {
  const charts = subjects.flatMap((subject) => {
    const stages = startupStages(subject.trials);
    if (stages.length === 0) return [];
    const valueTexts = stages.map(({ fromMs, toMs }) => `+${figureText(toMs - fromMs, 'ms')}`);
    return [
      chartFigure({
        caption: markup`<b>${subject.title}</b>: ready after ${figureText(stages.at(-1)?.toMs ?? 0, 'ms')}`,
        chart: waterfallOption({
          colourIndex: subject.colourIndex,
          stages,
          valueTexts,
          tips: stages.map(
            ({ name, fromMs, toMs }) =>
              `${name}: from ${figureText(fromMs, 'ms')} to ${figureText(toMs, 'ms')}`,
          ),
          alternative: `Stages of a start of ${workload} in ${subject.title}: ${stages.map(({ name, toMs }) => `${name} at ${figureText(toMs, 'ms')}`).join(', ')}.`,
        }),
        table: {
          label: `${workload}: startup of ${subject.title}`,
          head: ['Milestone', 'Median, ms', 'Fastest', 'Slowest', 'Starts'],
          rows: stages.map(({ name, toMs, fastestMs, slowestMs, n }) => [
            name,
            figureText(toMs, ''),
            figureText(fastestMs, ''),
            figureText(slowestMs, ''),
            String(n),
          ]),
        },
      }),
    ];
  });
  if (charts.length === 0) return nothing;
  return markup`<h4>
      Startup, stage by stage
      <small>medians of the cold starts; each environment on a scale of its own</small>
    </h4>
    <div class="pairs">${charts}</div>`;
}

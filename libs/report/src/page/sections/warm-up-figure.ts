import type { RunFile, WarmUp } from '@tare/results';
import { figureText } from '../data/figure-text.ts';
import type { WorkloadSubjects } from '../data/page-subject.ts';
import { markup, nothing } from '../markup.ts';
import type { Html } from '../markup.ts';
import { warmUpOption } from '../options/warm-up-option.ts';
import { chartFigure } from '../page-parts.ts';

/** A change of so few points, in a course of about ten a second, does not count as one. */
const shortestStretch = 3;

/** How a fresh instance of each environment came up to its speed before the first round; nothing where nobody looked. */
export function warmUpFigure(
  { warmUps = [], config }: RunFile,
  { workload, subjects }: WorkloadSubjects,
): Html {
  const observed = subjects.flatMap((subject) => {
    const warmUp = warmUps.find((each) => each.workload === workload && each.environment === subject.name);
    return warmUp === undefined || warmUp.course.length === 0 ? [] : [{ subject, warmUp }];
  });
  if (observed.length === 0) return nothing;
  const strips = observed.map(({ subject, warmUp }) => ({
    title: `${subject.title}, ${warmUp.besideWarm ? '% of a warm one' : 'req/s'}: ${steadyText(warmUp)}`,
    colourIndex: subject.colourIndex,
    atMs: warmUp.course.map(({ untilMs }) => untilMs),
    levels: warmUp.course.map((point) => levelOf(warmUp, point)),
    steadyAfterMs: warmUp.steadyAfterMs === 0 ? null : warmUp.steadyAfterMs,
    tips: warmUp.course.map(
      (point) =>
        `${subject.title}, until ${secondsText(point.untilMs)}: ${figureText(levelOf(warmUp, point), warmUp.besideWarm ? '%' : 'req/s')}`,
    ),
  }));
  const steady = observed.map(({ subject, warmUp }) => `${subject.title} ${steadyText(warmUp)}`);
  return chartFigure({
    caption: markup`<b>Throughput of fresh instances</b> before the first round; where a warm one had turns with them,
      as a share of that one’s, the median of three. Every trial warms up for ${secondsText(config.load.warmupMs)}`,
    chart: warmUpOption(strips, `Warm-up of ${workload}: ${steady.join(', ')}.`),
    table: {
      label: `${workload}: throughput of fresh instances`,
      head: ['Environment', 'Until, s', 'Throughput', 'Unit'],
      rows: observed.flatMap(({ subject, warmUp }) =>
        warmUp.course.map((point) => [
          subject.title,
          (point.untilMs / 1000).toFixed(2),
          figureText(levelOf(warmUp, point), ''),
          warmUp.besideWarm ? '% of a warm one' : 'req/s',
        ]),
      ),
    },
  });
}

function levelOf({ besideWarm }: WarmUp, { level }: WarmUp['course'][number]): number {
  return besideWarm ? level * 100 : level;
}

function steadyText({ steadyAfterMs, observedMs, course }: WarmUp): string {
  if (steadyAfterMs === null) return `not steady after ${secondsText(observedMs)}`;
  if (steadyAfterMs > 0) return `steady after ${secondsText(steadyAfterMs)}`;
  // fewer points than that are no stretch of their own
  return `steady within ${secondsText(course[shortestStretch - 1]?.untilMs ?? observedMs)}`;
}

function secondsText(ms: number): string {
  return `${Number((ms / 1000).toFixed(1))} s`;
}

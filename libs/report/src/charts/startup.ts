import type { Trial } from '@tare/results';
import { median } from '@tare/statistics';
import type { Subject } from '../model/subjects.ts';
import { figureText, shortened } from '../model/words.ts';
import type { WorkloadModel } from '../model/workload-model.ts';
import { axisPx, linearScale, xAxis } from '../plot/axes.ts';
import type { Chart, Drawing } from '../plot/chart.ts';
import { rectangle, text } from '../plot/svg.ts';
import type { Frame } from '../plot/theme.ts';

const longestName = 16;

/** The stages of a cold start below each other, each bar from the end of the stage before to its own end: a chart per environment. */
export function startupCharts({ name, subjects }: WorkloadModel): readonly Chart[] {
  return subjects.flatMap((subject) => {
    const stages = startupStages(subject.trials);
    return stages.length === 0 ? [] : [startupChart(name, subject, stages)];
  });
}

function startupChart(workload: string, { title, colour }: Subject, stages: readonly StartupStage[]): Chart {
  const ends = stages.map(({ name, toMs }) => `${name} at ${figureText(toMs, 'ms')}`).join(', ');
  return {
    caption: { heading: title, text: `ready after ${figureText(stages.at(-1)?.toMs ?? 0, 'ms')}` },
    alternative: `Stages of a start of ${workload} in ${title}: ${ends}.`,
    table: {
      label: `${workload}: startup of ${title}`,
      head: ['Milestone', 'Median, ms', 'Fastest', 'Slowest', 'Starts'],
      rows: stages.map(({ name, toMs, fastestMs, slowestMs, n }) => [
        name,
        ...[toMs, fastestMs, slowestMs].map((figure) => figureText(figure)),
        String(n),
      ]),
    },
    draw: (frame) => drawStages(stages, colour, frame),
  };
}

function drawStages(stages: readonly StartupStage[], colour: number, frame: Frame): Drawing {
  const { widthPx, fontPx, theme } = frame;
  const rowPx = fontPx * 2.2;
  const [leftPx, rightPx] = [fontPx * 9.5, fontPx * 7];
  const area = { left: leftPx, top: fontPx / 2, widthPx: widthPx - leftPx - rightPx, heightPx: stages.length * rowPx };
  const scale = linearScale(stages.map(({ toMs }) => toMs), 4, { floor: 0 });
  const x = (ms: number) => area.left + scale.at(ms) * area.widthPx;
  const rows = stages.map(({ name, fromMs, toMs }, place) => {
    const top = area.top + place * rowPx;
    const middle = top + rowPx / 2;
    const tip = `${name}: from ${figureText(fromMs, 'ms')} to ${figureText(toMs, 'ms')}`;
    const barPx = Math.max(x(toMs) - x(fromMs), 1.5);
    return [
      rectangle(x(fromMs), top + rowPx * 0.2, barPx, rowPx * 0.6, { fill: theme.environment(colour), tip }),
      text([leftPx - fontPx, middle], shortened(name, longestName), { fill: theme.text, anchor: 'end' }),
      text([widthPx - rightPx + fontPx, middle], `+${figureText(toMs - fromMs, 'ms')}`, { fill: theme.faint }),
    ].join('');
  });
  const title = 'ms since the start command';
  return {
    heightPx: area.top + area.heightPx + axisPx(frame, true),
    svg: xAxis(scale, area, frame, { isGrid: true, title }) + rows.join(''),
  };
} // prettier-ignore

/** A stage of a start: from the milestone before to its own. */
type StartupStage = {
  readonly name: string;
  /** Medians over the trials, since the start command was spawned. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly fastestMs: number;
  readonly slowestMs: number;
  readonly n: number;
};

/** The stages of the cold starts of the trials of an environment, in the order of time; a milestone that fewer than half of them have is left out. */
export function startupStages(trials: readonly Trial[]): readonly StartupStage[] {
  const cold = trials.flatMap(({ startup }) => (startup?.kind === 'cold' ? [startup] : []));
  const milestones = cold.flatMap((startup) => startup.milestones);
  const reached = [...Map.groupBy(milestones, ({ name }) => name)]
    .map(([name, all]) => ({ name, times: all.map(({ atMs }) => atMs) }))
    .filter(({ times }) => times.length * 2 >= cold.length)
    .map(({ name, times }) => ({ name, times, toMs: Math.max(0, median(times)) }))
    .toSorted((a, b) => a.toMs - b.toMs);
  return reached.map(({ name, times, toMs }, place) => ({
    name,
    fromMs: reached[place - 1]?.toMs ?? 0,
    toMs,
    fastestMs: Math.min(...times),
    slowestMs: Math.max(...times),
    n: times.length,
  }));
}

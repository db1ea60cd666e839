import { figureText } from '../model/figure-text.ts';
import { shortened } from '../model/plain-text.ts';
import { startupStages } from '../model/startup-stages.ts';
import type { StartupStage } from '../model/startup-stages.ts';
import type { WorkloadModel } from '../model/workload-model.ts';
import type { Subject } from '../model/subjects.ts';
import { axisPx, xAxis } from '../plot/axes.ts';
import type { Chart, Drawing } from '../plot/chart.ts';
import { linearScale } from '../plot/scale.ts';
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
    legend: [],
    words: [],
    isWide: false,
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
  const area = {
    left: leftPx,
    top: fontPx / 2,
    widthPx: widthPx - leftPx - rightPx,
    heightPx: stages.length * rowPx,
  };
  const scale = linearScale(
    stages.map(({ toMs }) => toMs),
    4,
    { floor: 0 },
  );
  const x = (ms: number) => area.left + scale.at(ms) * area.widthPx;
  const rows = stages.map(({ name, fromMs, toMs }, place) => {
    const top = area.top + place * rowPx;
    const middle = top + rowPx / 2;
    const tip = `${name}: from ${figureText(fromMs, 'ms')} to ${figureText(toMs, 'ms')}`;
    return [
      rectangle(x(fromMs), top + rowPx * 0.2, Math.max(x(toMs) - x(fromMs), 1.5), rowPx * 0.6, {
        fill: theme.environment(colour),
        tip,
      }),
      text([leftPx - fontPx, middle], shortened(name, longestName), { fill: theme.text, anchor: 'end' }),
      text([widthPx - rightPx + fontPx, middle], `+${figureText(toMs - fromMs, 'ms')}`, {
        fill: theme.faint,
      }),
    ].join('');
  });
  const title = 'ms since the start command';
  return {
    heightPx: area.top + area.heightPx + axisPx(frame, true),
    svg: xAxis(scale, area, frame, { isGrid: true, title }) + rows.join(''),
  };
}

import { metricCatalogue } from '@tare/results';
import type { Comparison, Metric, RunFile } from '@tare/results';
import { summaryOf } from '../../metric-table.ts';
import { counted } from '../../run-notes.ts';
import { verdictWords } from '../../words/verdict-words.ts';
import { factorText, figureText, directionText, intervalText, probabilityText } from '../data/figure-text.ts';
import { medianOf } from '../data/median-of.ts';
import type { Subject, WorkloadSubjects } from '../data/page-subject.ts';
import { markup, nothing } from '../markup.ts';
import type { Html } from '../markup.ts';
import { forestOption } from '../options/forest-option.ts';
import { trialsOption } from '../options/trials-option.ts';
import { chartFigure, folded } from '../page-parts.ts';

/** Per workload and metric: every trial, and the ratios to the baseline. What repeats another metric is folded away. */
export function metricsSection(run: RunFile, workloads: readonly WorkloadSubjects[]): Html {
  const parts = workloads.map((subjects) => {
    const cards = (judged: boolean) =>
      metricCatalogue
        .filter((metric) => metric.judged === judged)
        .flatMap((metric) => metricCard(run, subjects, metric) ?? []);
    const others = cards(false);
    const rest =
      others.length === 0
        ? nothing
        : folded(`Metrics without a verdict: ${others.length} more`, markup`<div>${others}</div>`);
    return markup`<section>
      <h3 id="${subjects.key}-metrics">${subjects.workload}</h3>
      ${cards(true)}${rest}
    </section>`;
  });
  const hasRatios = run.comparisons.some(({ ratio }) => ratio !== null);
  const beside = hasRatios
    ? ` Beside it the ratio to ${run.config.baseline}, round by round, with its 95 % interval; inside the shaded band a difference does not matter.`
    : '';
  return markup`<section id="metrics" aria-labelledby="metrics-title">
    <h2 id="metrics-title">Metric by metric</h2>
    <p class="lead">
      Each point is a trial, from the first round on the left of its column to the last on the right. The line
      is the median, the band the 95 % interval of the mean.${beside}
    </p>
    ${parts}
  </section>`;
}

type Shown = { readonly subject: Subject; readonly figures: readonly (readonly [number, number, string])[] };

function metricCard(run: RunFile, { workload, key, subjects }: WorkloadSubjects, metric: Metric & { key: (typeof metricCatalogue)[number]['key'] }): Html | null {
  const shown = subjects
    .map((subject): Shown => ({
      subject,
      figures: subject.trials.flatMap((trial) => {
        const figure = metric.of(trial);
        const mark = trial.violations.length === 0 ? '' : ` (violates ${trial.violations.map(({ guard }) => guard).join(', ')})`;
        return figure === null ? [] : [[trial.round, figure, mark] as const];
      }),
    }))
    .filter(({ figures }) => figures.length > 0);
  // a page of zeros tells nothing: errors are drawn when there are any
  if (shown.every(({ figures }) => figures.every(([, figure]) => figure === 0))) return null;
  const id = `${key}-${metric.key}`;
  return markup`<article class="card" aria-labelledby="${id}"><h4 id="${id}">${metric.label} <small>${directionText(metric)}</small></h4><div class="pairs">${trialsFigure(run, workload, metric, shown)}${forestFigure(run, workload, metric, shown)}</div></article>
`;
} // prettier-ignore

function trialsFigure(
  run: RunFile,
  workload: string,
  metric: Metric & { key: (typeof metricCatalogue)[number]['key'] },
  shown: readonly Shown[],
): Html {
  const columns = shown.map(({ subject, figures }) => ({
    title: subject.title,
    emulated: subject.emulated,
    colourIndex: subject.colourIndex,
    median: medianOf(figures.map(([, figure]) => figure)),
    ci95: summaryOf(run, workload, subject.name, metric.key)?.ci95 ?? null,
    trials: figures.map(([round, figure, mark]) => ({
      round,
      figure,
      tip: `${subject.name}, round ${round}: ${figureText(figure, metric.unit)}${mark}`,
    })),
  }));
  const medians = columns.map(({ title, median }) => `${title} ${figureText(median, metric.unit)}`).join(', ');
  const rounds = [...new Set(shown.flatMap(({ figures }) => figures.map(([round]) => round)))].toSorted((a, b) => a - b);
  const emulated = columns.some((column) => column.emulated) && columns.some((column) => !column.emulated);
  return chartFigure({
    caption: markup`Trials over ${counted(rounds.length, 'round')}${emulated ? '; emulated ones on a scale of their own' : ''}`,
    chart: trialsOption(columns, `${metric.label} of ${workload}, every trial by environment; medians: ${medians}.`),
    table: {
      label: `${workload}: ${metric.label}, trials`,
      head: ['Round', ...columns.map(({ title }) => title)],
      rows: [
        ...rounds.map((round) => [
          String(round),
          ...shown.map(({ figures }) => {
            const found = figures.find(([each]) => each === round);
            return found === undefined ? '–' : figureText(found[1], '');
          }),
        ]),
        ['median', ...columns.map(({ median }) => figureText(median, ''))],
      ],
    },
  });
} // prettier-ignore

function forestFigure(run: RunFile, workload: string, metric: Metric, shown: readonly Shown[]): Html {
  const all = shown.flatMap(({ subject }) => {
    const comparison = run.comparisons.find(
      (each) => each.workload === workload && each.metric === metric.key && each.candidate === subject.name,
    );
    return comparison === undefined || comparison.ratio === null ? [] : [{ subject, comparison, ratio: comparison.ratio }];
  });
  const plain = all.filter(({ subject }) => !subject.emulated);
  const first = plain[0]?.comparison;
  if (first === undefined) return nothing;
  const rows = plain.map(({ subject, comparison, ratio }) => ({
    title: subject.title,
    ratio,
    ci95: comparison.ci95,
    verdict: comparison.verdict,
    valueText: factorText(ratio),
    tip: tipOf(comparison, ratio),
  }));
  const words = plain.filter(({ comparison }) => comparison.verdict !== null).map(({ comparison }) => verdictWords(comparison));
  return chartFigure({
    caption: markup`Ratio to ${run.config.baseline}; the band is ± ${Number((first.margin * 100).toFixed(2))} %`,
    chart: forestOption({
      rows,
      margin: first.margin,
      direction: metric.direction,
      alternative: `${metric.label} of ${workload} as a ratio to ${run.config.baseline}. ${words.join('. ')}.`,
    }),
    words,
    table: {
      label: `${workload}: ${metric.label}, ratios`,
      head: ['Environment', 'Ratio', '95 % interval', '90 % interval', 'Hodges–Lehmann', 'p', 'p adjusted', 'Rounds', 'Could have seen', 'Verdict'],
      rows: all.map(({ subject, comparison, ratio }) => [
        subject.title,
        factorText(ratio),
        intervalText(comparison),
        intervalText({ ratio, ci95: comparison.ci90 }),
        comparison.hodgesLehmannRatio === null ? '' : factorText(comparison.hodgesLehmannRatio),
        probabilityText(comparison.p),
        probabilityText(comparison.pAdjusted),
        String(comparison.n),
        comparison.minimumDetectableRatio === null ? '' : factorText(comparison.minimumDetectableRatio),
        comparison.verdict ?? (subject.emulated ? 'none: emulated' : 'none'),
      ]),
    },
  });
} // prettier-ignore

function tipOf(comparison: Comparison, ratio: number): string {
  const { candidate, verdict, n, pAdjusted } = comparison;
  return [
    `${candidate}: ${factorText(ratio)} ${intervalText(comparison)}`.trim(),
    counted(n, 'round'),
    ...(pAdjusted === null ? [] : [`adjusted p ${probabilityText(pAdjusted)}`]),
    verdict ?? 'no verdict',
  ].join(', ');
}

import type { Verdict } from '@tare/results';
import type { WorkloadCapacity } from '../capacity/capacity-model.ts';
import { barCharts } from '../charts/bars.ts';
import { ratiosChart } from '../charts/ratios.ts';
import { withinTrials } from '../charts/run-charts.ts';
import { trialsChart } from '../charts/trials.ts';
import { directionText, factorText } from '../model/figure-text.ts';
import type { ReportModel } from '../model/report-model.ts';
import type { MetricRow, WorkloadModel } from '../model/workload-model.ts';
import { markup, nothing } from './html.ts';
import type { Html } from './html.ts';
import { chartFigure, dataTable, folded, pageSection, unbroken } from './parts.ts';

const signs: Readonly<Record<Verdict, string>> = { better: '✓', worse: '✗', same: '≈', undecided: '?' };

/** The answer first: sentences that follow from the verdicts, the verdicts at a glance, and what could not be measured. */
export function answerSection(report: ReportModel): Html {
  const parts = report.workloads.map(
    (workload) =>
      markup`<section class="answer"><h3 id="${workload.key}-answer">${workload.name}</h3>
${workload.conclusion.map(({ about, brief }) => {
  const text = unbroken(brief);
  return about === undefined
    ? markup`<p>${text}</p>`
    : markup`<p><b>${text.slice(0, about.length)}</b>${text.slice(about.length)}</p>`;
})}
${glance(workload)}</section>`,
  ); // prettier-ignore
  const body = parts.length === 0 ? [markup`<p>No trial was measured.</p>`] : parts;
  return pageSection('answer', 'The answer', [...body, missingPart(report)]);
}

function glance({ name, baseline, rows, subjects }: WorkloadModel): Html {
  const candidates = subjects.filter(({ isBaseline }) => !isBaseline);
  const lines = rows
    .filter(({ metric }) => metric.judged)
    .filter(({ cells }) => cells.some(({ comparison }) => comparison !== undefined))
    .map(({ metric, cells }) => [
      markup`${metric.label} <small>${directionText(metric)}</small>`,
      ...cells
        .filter(({ subject }) => !subject.isBaseline)
        .map(({ subject, comparison }) => {
          if (comparison === undefined) return '–';
          const factor = factorText(comparison.ratio);
          const { verdict } = comparison;
          if (verdict !== null) {
            return markup`${factor} <span class="v ${verdict}">${signs[verdict]} ${verdict}</span>`;
          }
          return markup`${factor} <small>${subject.emulated ? 'emulated' : 'not judged'}</small>`;
        }),
    ]);
  if (lines.length === 0) return nothing;
  return dataTable({
    label: `Verdicts of ${name}: ratios to ${baseline}`,
    head: [`Ratio to ${baseline}`, ...candidates.map(({ title }) => title)],
    rows: lines,
  });
}

function missingPart({ missing }: ReportModel): Html {
  if (missing.length === 0) return nothing;
  const items = missing.map(({ name, statusText, reason, remedy }) => {
    const advice = remedy === undefined ? nothing : markup`<br>Remedy: <code>${remedy}</code>`;
    return markup`<li><b>${name}</b> (${statusText}): ${reason}${advice}</li>\n`;
  });
  return markup`<section class="note"><h3 id="missing-title">Not measured, or only in part</h3><ul>${items}</ul></section>`;
}

/** Per workload and metric a bar per environment; CPU and memory in two parts, net and tare. */
export function weighInSection({ workloads }: ReportModel): Html {
  const isHatched = workloads.some(({ subjects }) =>
    subjects.some((each) => each.emulated || each.failed !== undefined),
  );
  const note = isHatched
    ? ' A hatched bar is not judged: the environment is emulated, or failed midway. One that would flatten the others is cut and goes beyond the axis.'
    : '';
  const parts = workloads.map((workload) => {
    const charts = barCharts(workload).filter(({ figure }) => figure.onlyPicture !== true);
    return markup`<section><h3 id="${workload.key}-weigh">${workload.name}</h3><div class="pairs">${charts.map(chartFigure)}</div></section>`;
  });
  return pageSection('weigh-in', 'The weigh-in', [
    markup`<p class="lead">A bar is the mean over the trials, a dot a trial, and the line with caps the 95 % interval of the mean; beside it mean ± standard deviation.${note}</p>`,
    ...parts,
  ]);
}

/** Per workload and metric: every trial, and the ratios to the baseline. What repeats another metric is folded away. */
export function metricsSection({ workloads, baseline }: ReportModel): Html {
  const parts = workloads.map((workload) => {
    const cards = (judged: boolean) =>
      workload.rows
        .filter(({ metric }) => metric.judged === judged)
        .flatMap((row) => metricCard(workload, row) ?? []);
    const others = cards(false);
    const rest =
      others.length === 0
        ? nothing
        : folded(`Metrics without a verdict: ${others.length} more`, markup`<div>${others}</div>`);
    return markup`<section><h3 id="${workload.key}-metrics">${workload.name}</h3>${cards(true)}${rest}</section>`;
  });
  const hasRatios = workloads.some(({ rows }) =>
    rows.some(({ cells }) => cells.some(({ comparison }) => comparison !== undefined)),
  );
  const beside = hasRatios
    ? ` Beside it is the ratio to ${baseline}, round by round, with its 95 % interval; inside the shaded band a difference does not matter.`
    : '';
  return pageSection('metrics', 'Metric by metric', [
    markup`<p class="lead">Each point is a trial, from the first round at the left of its column to the last at the right. The line is the median, the band the 95 % interval of the mean.${beside}</p>`,
    ...parts,
  ]);
}

function metricCard({ name, key }: WorkloadModel, row: MetricRow): Html | null {
  const { metric, cells } = row;
  // a page of zeros tells nothing: errors are drawn when there are any
  if (cells.every(({ trials }) => trials.every(({ figure }) => figure === 0))) return null;
  const id = `${key}-${metric.key}`;
  const ratios = ratiosChart(name, row);
  return markup`<article class="card" aria-labelledby="${id}"><h4 id="${id}">${metric.label} <small>${directionText(metric)}</small></h4><div class="pairs">${chartFigure(trialsChart(name, row))}${ratios === undefined ? nothing : chartFigure(ratios)}</div></article>
`;
} // prettier-ignore

/** How the environments behaved: latencies by percentile, capacity, CPU and memory, the warm-up, and the stages of a start. */
export function withinSection(report: ReportModel, capacities: readonly WorkloadCapacity[]): Html {
  const parts = report.workloads.map((workload) => {
    const groups = withinTrials(workload, report, capacities).map(({ heading, note = '', charts }) => {
      const title = heading === undefined ? nothing : markup`<h4>${heading} <small>${note}</small></h4>`;
      const [wide, half] = [charts.filter(({ isWide }) => isWide), charts.filter(({ isWide }) => !isWide)];
      const pairs = half.length === 0 ? nothing : markup`<div class="pairs">${half.map(chartFigure)}</div>`;
      return markup`${title}${wide.map(chartFigure)}${pairs}`;
    });
    return markup`<section class="spaced"><h3 id="${workload.key}-within">${workload.name}</h3>${groups}</section>`;
  });
  return pageSection('within', 'Within the trials', parts);
}

import { asDecided, type Diagnostic } from '@tare/results';
import { barCharts } from '../charts/bars.ts';
import type { WorkloadCapacity } from '../charts/capacity.ts';
import { ladderChart } from '../charts/ladder.ts';
import { ratiosChart } from '../charts/ratios.ts';
import { withinTrials } from '../charts/run-charts.ts';
import { trialsChart } from '../charts/trials.ts';
import { verdictText } from '../model/conclusion.ts';
import { isolationCells, isolationHead, ladderLead, missingWords, type Ladder } from '../model/ladder.ts';
import { factWords, type Fact } from '../model/record.ts';
import type { ReportModel } from '../model/report-model.ts';
import { metricLabel } from '../model/shown-metrics.ts';
import { isHatched } from '../model/subjects.ts';
import { directionText, factorText, intervalText, verdictSigns } from '../model/words.ts';
import type { MetricRow, WorkloadModel } from '../model/workload-model.ts';
import { chartFigure, dataTable, definitions, folded, markup, nothing, unbroken } from './html.ts';
import type { Html, HtmlTable } from './html.ts';

/** A part of the page, with the heading that the navigation names too. */
export type PageSection = {
  readonly id: string;
  readonly title: string;
  readonly content: Html | readonly Html[];
};

/** The parts of the page in their order; without a trial nothing is drawn. */
export function pageSections(report: ReportModel, capacities: readonly WorkloadCapacity[]): readonly PageSection[] {
  return [
    answerSection(report),
    ...(report.ladder === undefined ? [] : [ladderSection(report.ladder)]),
    ...(report.workloads.length === 0 ? [] : [weighInSection(report), metricsSection(report), withinSection(report, capacities)]),
    fairnessSection(report),
    caveatsSection(report),
    diagnosticsSection(report),
    recordSection(report),
  ];
} // prettier-ignore

/** The answer first: sentences that follow from the verdicts, the verdicts at a glance, and what could not be measured. */
function answerSection(report: ReportModel): PageSection {
  const parts = report.workloads.map(
    (workload) =>
      markup`<section class="answer"><h3 id="${workload.key}-answer">${workload.name}</h3>
${workload.conclusion.map(({ about, brief }) => {
  const text = unbroken(brief);
  return about === undefined
    ? markup`<p>${text}</p>`
    : markup`<p><b>${text.slice(0, about.length)}</b>${text.slice(about.length)}</p>`;
})}
${glance(workload)}<p class="faint"><small>${unbroken(workload.latency.text)}</small></p></section>`,
  ); // prettier-ignore
  const body = parts.length === 0 ? [markup`<p>No trial was measured.</p>`] : parts;
  return { id: 'answer', title: 'The answer', content: [...body, missingPart(report)] };
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
        .map(({ subject, comparison, factor, verdictText: words }) => {
          if (comparison === undefined) return words === '' ? '–' : markup`<small>${words}</small>`;
          const { verdict } = comparison;
          if (verdict !== null) {
            return markup`${factor} <span class="v ${verdict}">${verdictSigns[verdict]} ${words}</span>`;
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

/** The environments in order of what isolates them, and what each step costs. */
function ladderSection({ rungs, workloads, missing }: Ladder): PageSection {
  const charts = workloads.map(
    (ladder) =>
      markup`<p class="lead">${unbroken(ladderLead(ladder))}</p>${chartFigure(ladderChart(ladder, []))}`,
  );
  const isolation = dataTable({
    label: 'What isolates each rung of the ladder',
    head: ['Environment', ...isolationHead],
    rows: rungs.map((rung) => [rung.title, ...isolationCells(rung.isolation)]),
  });
  const left =
    missing.length === 0
      ? nothing
      : markup`<h3>Not on the ladder</h3><ul>${missing.map((each) => markup`<li>${missingWords(each)}</li>`)}</ul>`;
  const content = [...charts, markup`<h3>What isolates each rung</h3>${isolation}${left}`];
  return { id: 'ladder', title: 'The ladder of isolation', content };
}

/** Per workload and metric a bar per environment; CPU and memory in two parts, net and tare. */
function weighInSection({ workloads }: ReportModel): PageSection {
  const note = workloads.some(({ subjects }) => subjects.some(isHatched))
    ? ' A hatched bar is not judged: the environment is emulated, or failed midway. One that would flatten the others is cut and goes beyond the axis.'
    : '';
  const parts = workloads.map((workload) => {
    const charts = barCharts(workload).filter(({ figure }) => figure.onlyPicture !== true);
    return markup`<section><h3 id="${workload.key}-weigh">${workload.name}</h3><div class="pairs">${charts.map(chartFigure)}</div></section>`;
  });
  const content = [
    markup`<p class="lead">A bar is the mean over the trials, a dot a trial, and the line with caps the 95 % interval of the mean; beside it mean ± standard deviation.${note}</p>`,
    ...parts,
  ];
  return { id: 'weigh-in', title: 'The weigh-in', content };
}

/** Per workload and metric: every trial, and the ratios to the baseline. What repeats another metric is folded away. */
function metricsSection({ workloads, baseline }: ReportModel): PageSection {
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
    ? ` Beside it is the ratio to ${baseline}, with the interval that was judged, else of 95 %; inside the shaded band a difference does not matter.`
    : '';
  const content = [
    markup`<p class="lead">Each point is a trial, from the first round at the left of its column to the last at the right. The line is the median, the band the 95 % interval of the mean.${beside}</p>`,
    ...parts,
  ];
  return { id: 'metrics', title: 'Metric by metric', content };
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
function withinSection(report: ReportModel, capacities: readonly WorkloadCapacity[]): PageSection {
  const parts = report.workloads.map((workload) => {
    const groups = withinTrials(workload, report, capacities).map(({ heading, note = '', charts }) => {
      const title = heading === undefined ? nothing : markup`<h4>${heading} <small>${note}</small></h4>`;
      const [wide, half] = [charts.filter(({ isWide }) => isWide), charts.filter(({ isWide }) => !isWide)];
      const pairs = half.length === 0 ? nothing : markup`<div class="pairs">${half.map(chartFigure)}</div>`;
      return markup`${title}${wide.map(chartFigure)}${pairs}`;
    });
    return markup`<section class="spaced"><h3 id="${workload.key}-within">${workload.name}</h3>${groups}</section>`;
  });
  return { id: 'within', title: 'Within the trials', content: parts };
}

/** What was equal for all environments, and what could not be made so. */
function fairnessSection({ equal, fairness }: ReportModel): PageSection {
  const { environments, different, confessed } = fairness;
  const stated = fairness.equal.map(({ fact, value }): Fact => [factWords(fact), [value]]);
  const differing =
    different.length === 0
      ? markup`<p>The environments state nothing that differs.</p>`
      : dataTable({
          label: 'Facts that differ between the environments',
          head: ['Fact', ...environments],
          rows: different.map(({ fact, values }) => [
            factWords(fact),
            ...values.map((value) => value ?? '–'),
          ]),
        });
  const confessions = confessed.map(
    ({ environment, text }) => markup`<li><b>${environment}</b>: ${text}</li>`,
  );
  const content = [
    markup`<h3>What was equal</h3>${definitions([...equal, ...stated])}<h3>What was not</h3>${differing}`,
    confessions.length === 0 ? nothing : markup`<ul>${confessions}</ul>`,
  ];
  return { id: 'fairness', title: 'Fairness', content };
}

/** How far the figures can be trusted: the A/A control, the plan of rounds, what was repeated, what the guards found, the calibration. */
function caveatsSection(report: ReportModel): PageSection {
  const lines = report.caveats.map(({ level, text }) => {
    const mark = level === 'warning' ? markup`<b>Warning</b> ` : nothing;
    return markup`<li class="${level}">${mark}${unbroken(text)}</li>\n`;
  });
  const { baseline, repeats, guardLimits } = report;
  const control = `The A/A control of ${baseline}`;
  const violations = violationRows(report);
  const content = [
    markup`<ul class="lines">${lines}</ul>`,
    foldedTable(`${control}, metric by metric`, {
      label: control,
      head: ['Metric', 'Workload', 'Ratio', 'Interval', 'Verdict'],
      rows: controlRows(report),
    }),
    foldedTable(`Repeated rounds: ${repeats.length}`, {
      label: 'Rounds that were repeated',
      head: ['Round', 'Attempt', 'Workload', 'Environment', 'Cause', 'Reason'],
      rows: repeats.map((each) => [each.round, each.attempt, each.workload, each.environment, each.cause, each.reason]),
    }),
    foldedTable(`Trials that violate a guard: ${violations.length}`, {
      label: 'Trials that violate a guard',
      head: ['Round', 'Workload', 'Environment', 'Guard', 'What was seen'],
      rows: violations,
    }),
    foldedTable('Limits of the guards', {
      label: 'Limits of the guards',
      head: ['Guard', 'At most'],
      rows: guardLimits,
    }),
  ];
  return { id: 'caveats', title: 'Caveats', content };
} // prettier-ignore

function controlRows({ controlComparisons }: ReportModel): HtmlTable['rows'] {
  return controlComparisons.flatMap((comparison) => {
    const { metric, workload, ratio, ci95 } = asDecided(comparison);
    if (ratio === null) return [];
    return [
      [metricLabel(metric), workload, factorText(ratio), intervalText(ratio, ci95), verdictText(comparison)],
    ];
  });
}

function violationRows({ trials }: ReportModel): HtmlTable['rows'] {
  return trials.flatMap(({ workload, environment, round, violations }) =>
    violations.map(({ guard, message }) => [round, workload, environment, guard, message]),
  );
}

function foldedTable(summary: string, table: HtmlTable): Html {
  return table.rows.length === 0 ? nothing : folded(summary, dataTable(table));
}

/** Up to this many of a kind are shown; of more, the first is, and the others are folded away. */
const mostInFull = 3;
const levels: readonly Diagnostic['level'][] = ['error', 'warning', 'info'];

/** What the run noticed, the worst first, grouped by kind. */
function diagnosticsSection({ diagnostics, warnings }: ReportModel): PageSection {
  const all: readonly Diagnostic[] = [
    ...diagnostics,
    ...warnings.all.map((message) => ({ level: 'warning', code: 'comparison', message }) as const),
  ];
  const groups = levels.flatMap((level) => [
    ...Map.groupBy(
      all.filter((each) => each.level === level),
      ({ code }) => code,
    ),
  ]);
  const body =
    groups.length === 0
      ? markup`<p>Nothing to report.</p>`
      : markup`<ul class="lines">${groups.map(groupHtml)}</ul>`;
  return { id: 'diagnostics', title: 'Diagnostics', content: body };
}

function groupHtml([code, group]: readonly [string, readonly Diagnostic[]]): Html {
  const level = group[0]?.level ?? 'info';
  const shown = group.length > mostInFull ? group.slice(0, 1) : group;
  const rest = group.slice(shown.length);
  const items = (list: readonly Diagnostic[]) => list.map(({ message }) => markup`<div>${message}</div>`);
  const more = rest.length === 0 ? nothing : folded(`${rest.length} more`, markup`${items(rest)}`);
  const times = group.length > 1 ? ` ${group.length} times` : '';
  return markup`<li class="${level}"><b>${level}</b> <code>${code}</code>${times}${items(shown)}${more}</li>\n`;
}

/** What was measured, where, and how to do it again. */
function recordSection({ hostFacts, settings, equal, facts, repeatCommand }: ReportModel): PageSection {
  const factTable = dataTable({
    label: 'Facts about the environments',
    head: ['Environment', 'Fact', 'Value'],
    rows: facts,
  });
  const content = [
    markup`<h3>Host</h3>${definitions(hostFacts)}<h3>Configuration</h3>${definitions([...settings, ...equal])}`,
    folded(`Facts about the environments, with digests of images: ${facts.length}`, factTable),
    markup`<h3>How to repeat this run</h3>
<div class="scroll" role="region" tabindex="0" aria-label="Command that repeats the run"><pre><code>${repeatCommand}</code></pre></div>`,
  ];
  return { id: 'record', title: 'Host and configuration', content };
}

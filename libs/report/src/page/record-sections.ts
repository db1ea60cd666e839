import type { Diagnostic } from '@tare/results';
import { factorText, intervalText } from '../model/figure-text.ts';
import { factWords } from '../model/fairness.ts';
import type { Fact, ReportModel } from '../model/report-model.ts';
import { metricOf } from '../model/shown-metrics.ts';
import { markup, nothing } from './html.ts';
import type { Html } from './html.ts';
import { dataTable, definitions, folded, pageSection, unbroken } from './parts.ts';

/** What was equal for all environments, and what could not be made so. */
export function fairnessSection({ equal, fairness }: ReportModel): Html {
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
  return pageSection('fairness', 'Fairness', [
    markup`<h3>What was equal</h3>${definitions([...equal, ...stated])}<h3>What was not</h3>${differing}`,
    confessions.length === 0 ? nothing : markup`<ul>${confessions}</ul>`,
  ]);
}

/** How far the figures can be trusted: the A/A control, the plan of rounds, what was repeated, what the guards found, the calibration. */
export function caveatsSection(report: ReportModel): Html {
  const lines = report.caveats.map(({ level, text }) => {
    const mark = level === 'warning' ? markup`<b>Warning</b> ` : nothing;
    return markup`<li class="${level}">${mark}${unbroken(text)}</li>\n`;
  });
  const tables = [
    tableOfControl(report),
    tableOfRepeats(report),
    tableOfViolations(report),
    tableOfLimits(report),
  ];
  return pageSection('caveats', 'Caveats', [markup`<ul class="lines">${lines}</ul>`, ...tables]);
}

function tableOfControl({ baseline, controlComparisons }: ReportModel): Html {
  const rows = controlComparisons.flatMap(({ metric, workload, ratio, ci95, verdict }) =>
    ratio === null
      ? []
      : [[metricOf(metric)?.label ?? metric, workload, factorText(ratio), intervalText(ratio, ci95), verdict ?? '']],
  );
  const label = `The A/A control of ${baseline}`;
  return foldedTable(`${label}, metric by metric`, label, ['Metric', 'Workload', 'Ratio', '95 % interval', 'Verdict'], rows);
} // prettier-ignore

function tableOfRepeats({ repeats }: ReportModel): Html {
  return foldedTable(
    `Repeated rounds: ${repeats.length}`,
    'Rounds that were repeated',
    ['Round', 'Attempt', 'Workload', 'Environment', 'Cause', 'Reason'],
    repeats.map(({ round, attempt, workload, environment, cause, reason }) => [
      String(round),
      String(attempt),
      workload,
      environment,
      cause,
      reason,
    ]),
  );
}

function tableOfViolations({ trials }: ReportModel): Html {
  const rows = trials.flatMap(({ workload, environment, round, violations }) =>
    violations.map(({ guard, message }) => [String(round), workload, environment, guard, message]),
  );
  return foldedTable(
    `Trials that violate a guard: ${rows.length}`,
    'Trials that violate a guard',
    ['Round', 'Workload', 'Environment', 'Guard', 'What was seen'],
    rows,
  );
}

function tableOfLimits({ guardLimits }: ReportModel): Html {
  return foldedTable('Limits of the guards', 'Limits of the guards', ['Guard', 'At most'], guardLimits);
}

function foldedTable(
  summary: string,
  label: string,
  head: readonly string[],
  rows: readonly (readonly string[])[],
): Html {
  return rows.length === 0 ? nothing : folded(summary, dataTable({ label, head, rows }));
}

/** Up to this many of a kind are shown; of more, the first is, and the others are folded away. */
const mostInFull = 3;
const levels: readonly Diagnostic['level'][] = ['error', 'warning', 'info'];

/** What the run noticed, the worst first, grouped by kind. */
export function diagnosticsSection({ diagnostics, warnings }: ReportModel): Html {
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
  return pageSection('diagnostics', 'Diagnostics', body);
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
export function recordSection({ hostFacts, settings, equal, facts, repeatCommand }: ReportModel): Html {
  const factTable = dataTable({
    label: 'Facts about the environments',
    head: ['Environment', 'Fact', 'Value'],
    rows: facts,
  });
  return pageSection('record', 'Host and configuration', [
    markup`<h3>Host</h3>${definitions(hostFacts)}<h3>Configuration</h3>${definitions([...settings, ...equal])}`,
    folded(`Facts about the environments, with digests of images: ${facts.length}`, factTable),
    markup`<h3>How to repeat this run</h3>
<div class="scroll" role="region" tabindex="0" aria-label="Command that repeats the run"><pre><code>${repeatCommand}</code></pre></div>`,
  ]);
}

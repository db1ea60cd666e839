import { metricCatalogue } from '@tare/results';
import type { RunFile } from '@tare/results';
import type { CalibrationSummary } from '../../words/calibration-words.ts';
import { runCare } from '../../words/run-care.ts';
import { twinComparisons } from '../../words/twin-words.ts';
import { factorText, intervalText } from '../data/figure-text.ts';
import { markup, nothing } from '../markup.ts';
import type { Html } from '../markup.ts';
import { dataTable, folded, unbroken } from '../page-parts.ts';

/** How far the figures can be trusted: the twin, the plan of rounds, what was repeated, what the guards found, the calibration. */
export function careSection(run: RunFile, calibration: CalibrationSummary | undefined): Html {
  const lines = runCare(run, calibration === undefined ? {} : { calibration });
  return markup`<section id="care" aria-labelledby="care-title">
    <h2 id="care-title">Care</h2>
    <ul class="lines">
      ${lines.map(({ level, text }) => markup`<li class="${level}">${level === 'warning' ? markup`<b>Warning</b> ` : nothing}${unbroken(text)}</li>`)}
    </ul>
    ${twinTable(run)}${repeatTable(run)}${violationTable(run)}${guardTable(run)}
  </section>`;
}

function twinTable(run: RunFile): Html {
  const rows = twinComparisons(run).flatMap((comparison) =>
    comparison.ratio === null
      ? []
      : [
          [
            metricCatalogue.find(({ key }) => key === comparison.metric)?.label ?? comparison.metric,
            comparison.workload,
            factorText(comparison.ratio),
            intervalText(comparison),
            comparison.verdict ?? '',
          ],
        ],
  );
  if (rows.length === 0) return nothing;
  const label = `The twin of ${run.config.baseline}`;
  return folded(
    `${label}, metric by metric`,
    dataTable({ label, head: ['Metric', 'Workload', 'Ratio', '95 % interval', 'Verdict'], rows }),
  );
}

function repeatTable({ repeats }: RunFile): Html {
  if (repeats.length === 0) return nothing;
  return folded(
    `Repeated rounds: ${repeats.length}`,
    dataTable({
      label: 'Rounds that were repeated',
      head: ['Round', 'Attempt', 'Workload', 'Environment', 'Cause', 'Reason'],
      rows: repeats.map(({ round, attempt, workload, environment, cause, reason }) => [
        String(round),
        String(attempt),
        workload,
        environment,
        cause,
        reason,
      ]),
    }),
  );
}

function violationTable({ trials }: RunFile): Html {
  const rows = trials.flatMap(({ workload, environment, round, violations }) =>
    violations.map(({ guard, message }) => [String(round), workload, environment, guard, message]),
  );
  if (rows.length === 0) return nothing;
  return folded(
    `Trials that violate a guard: ${rows.length}`,
    dataTable({
      label: 'Trials that violate a guard',
      head: ['Round', 'Workload', 'Environment', 'Guard', 'What was seen'],
      rows,
    }),
  );
}

function guardTable({ config: { guards } }: RunFile): Html {
  const rows = [
    ['Other programs', `${guards.foreignCpus} CPUs`],
    ['Stolen by the hypervisor', `${guards.stealPercent} % of CPU time`],
    ['Throttled by a quota', `${guards.throttledMs} ms`],
    ['Drift of the clock', `${guards.clockDriftPercent} %`],
    ['CPU of the load generator', `${guards.generatorCpuPercent} %`],
    ['Requests sent late', `${guards.lateSendsPercent} %`],
    ['Errors', `${guards.errorsPercent} % of requests`],
  ];
  return folded('Limits of the guards', dataTable({ label: 'Limits of the guards', head: ['Guard', 'At most'], rows }));
} // prettier-ignore

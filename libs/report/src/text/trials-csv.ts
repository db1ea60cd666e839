import { metricCatalogue } from '@tare/results';
import type { ReportModel } from '../model/report-model.ts';

/**
 * The trials of a run as CSV (RFC 4180: CRLF, a head line, quotes where needed), one row each: workload, environment, round,
 * attempt, order, startedAt, every metric under its key, and the guards violated, parted by spaces. A figure that a trial
 * does not have is an empty field. A name that a spreadsheet would take for a formula gets an apostrophe before it. The
 * trials of the A/A control are among them.
 */
export function trialsCsv({ trials }: ReportModel): string {
  const head = [
    'workload',
    'environment',
    'round',
    'attempt',
    'order',
    'startedAt',
    ...metricCatalogue.map(({ key }) => key),
    'violations',
  ];
  const rows = trials.map((trial) => [
    trial.workload,
    trial.environment,
    trial.round,
    trial.attempt,
    trial.order,
    trial.startedAt,
    ...metricCatalogue.map(({ of }) => of(trial) ?? ''),
    [...new Set(trial.violations.map(({ guard }) => guard))].join(' '),
  ]);
  return [head, ...rows].map((row) => `${row.map(field).join(',')}\r\n`).join('');
}

function field(value: string | number): string {
  const text = typeof value === 'number' ? String(value) : plain(value);
  return /[",\r\n]/.test(text) || text !== text.trim() ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Text that no spreadsheet runs (OWASP, "CSV Injection"): also its full-width signs, and a sign after blanks. */
function plain(text: string): string {
  return /^\s*[=+\-@＝＋－＠]|^[\t\r]/.test(text) ? `'${text}` : text;
}

import { metricCatalogue } from '@tare/results';
import { verdictWords } from '../model/conclusion.ts';
import type { JudgedComparison, ReportModel } from '../model/report-model.ts';
import { metricNoun } from '../model/shown-metrics.ts';
import { escapeXml } from '../plot/svg.ts';

/** A test case; `message` is what it says, empty for nothing. */
export type JunitCase = {
  readonly className: string;
  readonly name: string;
  readonly outcome: 'passed' | 'failure' | 'skipped' | 'error';
  /** Of a failure. */
  readonly type?: string;
  readonly message: string;
};

type JunitSuite = {
  readonly name: string;
  readonly properties: readonly (readonly [string, string | number])[];
  readonly cases: readonly JunitCase[];
};

/**
 * Suites as JUnit XML. Durations are left out: the same suites give the same bytes.
 * @param startedAt ISO date.
 */
export function junitXml(suites: readonly JunitSuite[], startedAt: string): string {
  const timestamp = startedAt.replace(/\.\d+Z$|Z$/, '');
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="tare" ${counts(suites.flatMap(({ cases }) => cases))}>`,
    ...suites.flatMap(({ name, properties, cases }) => [
      `  <testsuite name="${escapeXml(name)}" ${counts(cases)} timestamp="${timestamp}">`,
      ...(properties.length === 0 ? [] : ['    <properties>', ...properties.map(propertyXml), '    </properties>']),
      ...cases.map(caseXml),
      '  </testsuite>',
    ]),
    '</testsuites>',
    '',
  ].join('\n');
} // prettier-ignore

function propertyXml([key, value]: JunitSuite['properties'][number]): string {
  return `      <property name="${key}" value="${escapeXml(String(value))}"/>`;
}

function counts(cases: readonly JunitCase[]): string {
  const count = (wanted: JunitCase['outcome']) => cases.filter(({ outcome }) => outcome === wanted).length;
  return `tests="${cases.length}" failures="${count('failure')}" errors="${count('error')}" skipped="${count('skipped')}"`;
}

function caseXml({ className, name, outcome, type, message }: JunitCase): string {
  const start = `    <testcase classname="${escapeXml(className)}" name="${escapeXml(name)}"`;
  if (outcome === 'passed' && message === '') return `${start}/>`;
  const kind = type === undefined ? '' : ` type="${escapeXml(type)}"`;
  const content =
    outcome === 'passed'
      ? `<system-out>${escapeXml(message)}</system-out>`
      : `<${outcome}${kind} message="${escapeXml(message)}"/>`;
  return `${start}>\n      ${content}\n    </testcase>`;
}

/**
 * The verdicts of a run as JUnit XML: a suite per workload, a test case per judged comparison. Worse is a failure, what
 * is open is skipped; for the A/A control, where nothing differs, better is a failure too. An environment that failed is an error.
 * Seed and host are properties of each suite.
 */
export function verdictsJunit(report: ReportModel): string {
  const properties = propertiesOf(report);
  const suites = [...Map.groupBy(report.verdicts, ({ workload }) => workload)].map(([name, judged]) => ({
    name,
    properties,
    cases: judged.map(verdictCase),
  }));
  const errors = report.missing.flatMap(({ name, status, statusText, reason }): readonly JunitCase[] => {
    const message = `${statusText}: ${reason}`;
    return status === 'failed' ? [{ className: name, name: 'measurement', outcome: 'error', message }] : [];
  });
  const failed = errors.length === 0 ? [] : [{ name: 'environments', properties, cases: errors }];
  return junitXml([...partialSuite(report, properties), ...suites, ...failed], report.startedAt);
}

/** What shows the cases alone shows that they are not all, too. */
function partialSuite(
  { id, partial }: ReportModel,
  properties: JunitSuite['properties'],
): readonly JunitSuite[] {
  if (partial === undefined) return [];
  const cases = [{ className: id, name: 'whole run', outcome: 'skipped', message: partial }] as const;
  return [{ name: 'run', properties, cases }];
}

function propertiesOf({ id, partial, seed, host, baseline, emulated, missing }: ReportModel): JunitSuite['properties'] {
  const failed = missing.filter(({ status }) => status === 'failed').map(({ name }) => name);
  return [
    ['run', id],
    ...(partial === undefined ? [] : [['partial', partial] as const]),
    ['seed', seed],
    ['baseline', baseline],
    ...Object.entries(host).map(([fact, value]) => [`host.${fact}`, value] as const),
    ...(emulated.length === 0 ? [] : [['notJudged.emulated', emulated.join(', ')] as const]),
    ...(failed.length === 0 ? [] : [['notJudged.failed', failed.join(', ')] as const]),
  ];
} // prettier-ignore

function verdictCase(comparison: JudgedComparison): JunitCase {
  const { workload, candidate, baseline, metric, verdict, isFailure } = comparison;
  return {
    className: `${workload}.${candidate}`,
    name: `${metricNoun(metric)} against ${baseline}`,
    outcome: isFailure ? 'failure' : verdict === 'undecided' ? 'skipped' : 'passed',
    ...(isFailure && verdict !== null ? { type: verdict } : {}),
    message: verdictWords(comparison),
  };
}

/**
 * The trials of a run as CSV (RFC 4180: CRLF, a head line, quotes where needed), one row each: workload, environment, round,
 * attempt, order, startedAt, every metric under its key, and the guards violated, parted by spaces. A figure that a trial
 * does not have is an empty field. What a spreadsheet would take for a formula gets an apostrophe before it. The
 * trials of the A/A control are among them. Of a partial run each row says so in a last field.
 */
export function trialsCsv({ trials, partial }: ReportModel): string {
  const which = ['workload', 'environment', 'round', 'attempt', 'order', 'startedAt'] as const;
  // a comment line would not be CSV
  const mark = partial === undefined ? [] : [partial];
  const head = [
    ...which,
    ...metricCatalogue.map(({ key }) => key),
    'violations',
    ...mark.map(() => 'partial'),
  ];
  const rows = trials.map((trial) => [
    ...which.map((key) => trial[key]),
    ...metricCatalogue.map(({ of }) => of(trial) ?? ''),
    [...new Set(trial.violations.map(({ guard }) => guard))].join(' '),
    ...mark,
  ]);
  return [head, ...rows].map((row) => `${row.map(field).join(',')}\r\n`).join('');
}

function field(value: string | number): string {
  const text = typeof value === 'number' ? String(value) : plain(value);
  return /[",\r\n]/.test(text) || text !== text.trim() ? `"${text.replaceAll('"', '""')}"` : text;
}

/**
 * Text that no spreadsheet runs (OWASP, "CSV Injection"): also its full-width signs, a sign after blanks, and one after a
 * character at which another spreadsheet would begin a field.
 */
function plain(text: string): string {
  return text.replaceAll(/(?<=^|[;|\t\r\n])(?=\s*[=+\-@＝＋－＠])/g, "'");
}

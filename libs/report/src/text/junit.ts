import { verdictWords } from '../model/conclusion.ts';
import type { JudgedComparison, ReportModel } from '../model/report-model.ts';
import { metricNoun } from '../model/shown-metrics.ts';

/** A test case; `message` is what it says, empty for nothing. */
export type JunitCase = {
  readonly className: string;
  readonly name: string;
  readonly outcome: 'passed' | 'failure' | 'skipped' | 'error';
  /** Of a failure. */
  readonly type?: string;
  readonly message: string;
};

export type JunitSuite = {
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
      `  <testsuite name="${xmlText(name)}" ${counts(cases)} timestamp="${timestamp}">`,
      ...(properties.length === 0
        ? []
        : [
            '    <properties>',
            ...properties.map(
              ([key, value]) => `      <property name="${key}" value="${xmlText(String(value))}"/>`,
            ),
            '    </properties>',
          ]),
      ...cases.map(caseXml),
      '  </testsuite>',
    ]),
    '</testsuites>',
    '',
  ].join('\n');
}

function counts(cases: readonly JunitCase[]): string {
  const count = (wanted: JunitCase['outcome']) => cases.filter(({ outcome }) => outcome === wanted).length;
  return `tests="${cases.length}" failures="${count('failure')}" errors="${count('error')}" skipped="${count('skipped')}"`;
}

function caseXml({ className, name, outcome, type, message }: JunitCase): string {
  const start = `    <testcase classname="${xmlText(className)}" name="${xmlText(name)}"`;
  if (outcome === 'passed' && message === '') return `${start}/>`;
  const kind = type === undefined ? '' : ` type="${xmlText(type)}"`;
  const content =
    outcome === 'passed'
      ? `<system-out>${xmlText(message)}</system-out>`
      : `<${outcome}${kind} message="${xmlText(message)}"/>`;
  return `${start}>\n      ${content}\n    </testcase>`;
}

/** Plain text for an attribute or an element, without the two characters that XML 1.0 cannot hold. */
function xmlText(text: string): string {
  return text
    .replace(/[\uFFFE\uFFFF]/g, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

/**
 * The verdicts of a run as JUnit XML: a suite per workload, a test case per judged comparison. Worse is a failure, undecided
 * is skipped; for the A/A control, where nothing differs, better is a failure too. An environment that failed is an error.
 * Seed and host are properties of each suite.
 */
export function verdictsJunit(report: ReportModel): string {
  const properties = propertiesOf(report);
  const suites = [...Map.groupBy(report.verdicts, ({ workload }) => workload)].map(([name, judged]) => ({
    name,
    properties,
    cases: judged.map(verdictCase),
  }));
  const errors = report.missing
    .filter(({ status }) => status === 'failed')
    .map(({ name, statusText, reason }): JunitCase => ({
      className: name,
      name: 'measurement',
      outcome: 'error',
      message: `${statusText}: ${reason}`,
    }));
  const failed = errors.length === 0 ? [] : [{ name: 'environments', properties, cases: errors }];
  return junitXml([...suites, ...failed], report.startedAt);
}

function propertiesOf({ id, seed, host, baseline, emulated, missing }: ReportModel): JunitSuite['properties'] {
  const failed = missing.filter(({ status }) => status === 'failed').map(({ name }) => name);
  return [
    ['run', id],
    ['seed', seed],
    ['baseline', baseline],
    ['host.cpuModel', host.cpuModel],
    ['host.cores', host.cores],
    ['host.memoryMiB', host.memoryMiB],
    ['host.kernel', host.kernel],
    ['host.os', host.os],
    ['host.virtualised', host.virtualised],
    ['host.node', host.node],
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

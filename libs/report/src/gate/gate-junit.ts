import { oneLine } from '../safe-text.ts';
import { metricNoun } from '../words/metric-noun.ts';
import type { GateResult, GateComparison } from '@tare/results';
import { changeText, decisionText, outcomeText, placeText } from './gate-words.ts';

/**
 * A gate as JUnit XML: a suite with a test case per metric. A regression is a failure, undecided and not judged are
 * skipped; a workload of the same bytes is a test that passes; a gate without a decision is an error. Times are left out:
 * the same result gives the same bytes.
 */
export function gateJunit(report: GateResult): string {
  const cases = [
    ...report.comparisons.map(comparisonCase),
    ...report.workloads
      .filter(({ status }) => status === 'same-bytes')
      .map(({ workload }) => testCase(workload, 'same bytes on both sides', '')),
    ...(report.decision === 'invalid'
      ? [testCase('gate', 'measurement', `<error message="${xmlText(outcomeText(report))}"/>`)]
      : []),
  ];
  const count = (tag: string): number => cases.filter((text) => text.includes(`<${tag} `)).length;
  const totals = `tests="${cases.length}" failures="${count('failure')}" errors="${count('error')}" skipped="${count('skipped')}"`;
  const timestamp = report.startedAt.replace(/\.\d+Z$|Z$/, '');
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="tare" ${totals}>`,
    `  <testsuite name="gate" ${totals} timestamp="${timestamp}">`,
    ...properties(report),
    ...cases,
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

function properties({ base, head, run }: GateResult): readonly string[] {
  const values = [
    ...(base === null ? [] : [['base', base.commit] as const]),
    ...(head === null ? [] : [['head', head.commit] as const]),
    ...(run === null ? [] : [['run', run.id] as const, ['seed', String(run.seed)] as const]),
  ];
  if (values.length === 0) return [];
  return [
    '    <properties>',
    ...values.map(([name, value]) => `      <property name="${name}" value="${xmlText(value)}"/>`),
    '    </properties>',
  ];
}

function comparisonCase(comparison: GateComparison): string {
  const message = xmlText(`${changeText(comparison)}: ${decisionText(comparison)}`);
  const { decision } = comparison;
  const tag = decision === 'regression' ? 'failure' : decision === 'pass' ? undefined : 'skipped';
  const content =
    tag === undefined ? `<system-out>${message}</system-out>` : `<${tag} message="${message}"/>`;
  return testCase(placeText(comparison), metricNoun(comparison.metric), content);
}

function testCase(className: string, name: string, content: string): string {
  const start = `    <testcase classname="${xmlText(className)}" name="${xmlText(name)}"`;
  return content === '' ? `${start}/>` : `${start}>\n      ${content}\n    </testcase>`;
}

/** Text for an attribute or an element; what XML 1.0 cannot hold (control characters, halves of surrogates) goes. */
function xmlText(text: string): string {
  return oneLine(text)
    .toWellFormed()
    .replace(/[\uFFFE\uFFFF]/g, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

import type { Comparison, RunFile } from '@tare/results';
import { isEmulated } from './emulation.ts';
import { oneLine } from './safe-text.ts';
import { metricNoun } from './words/metric-noun.ts';
import { verdictWords } from './words/verdict-words.ts';

/**
 * The verdicts of a run as JUnit XML: a suite per workload, a test case per judged comparison. Worse is a failure, undecided
 * is skipped; for the twin of the baseline, where nothing differs, better is a failure too. Seed and host are
 * properties of each suite. Times are left out: the same run gives the same bytes.
 */
export function verdictsJunit(run: RunFile): string {
  const judged = run.comparisons.filter(({ verdict }) => verdict !== null);
  const suites = [...Map.groupBy(judged, ({ workload }) => workload)].map(([workload, own]) =>
    suite(run, workload, own),
  );
  const { tests, failures, skipped } = counts(run, judged);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="tare" tests="${tests}" failures="${failures}" errors="0" skipped="${skipped}">`,
    ...suites,
    '</testsuites>',
    '',
  ].join('\n');
}

function suite(run: RunFile, workload: string, judged: readonly Comparison[]): string {
  const { tests, failures, skipped } = counts(run, judged);
  const timestamp = run.startedAt.replace(/\.\d+Z$|Z$/, '');
  return [
    `  <testsuite name="${xmlText(workload)}" tests="${tests}" failures="${failures}" errors="0" skipped="${skipped}" timestamp="${timestamp}">`,
    '    <properties>',
    ...properties(run).map(
      ([name, value]) => `      <property name="${name}" value="${xmlText(String(value))}"/>`,
    ),
    '    </properties>',
    ...judged.map((comparison) => testCase(run, comparison)),
    '  </testsuite>',
  ].join('\n');
}

function properties({ id, seed, host, config, environments }: RunFile) {
  const emulated = environments.filter(isEmulated).map(({ name }) => name);
  return [
    ['run', id],
    ['seed', seed],
    ['baseline', config.baseline],
    ['host.cpuModel', host.cpuModel],
    ['host.cores', host.cores],
    ['host.memoryMiB', host.memoryMiB],
    ['host.kernel', host.kernel],
    ['host.os', host.os],
    ['host.virtualised', host.virtualised],
    ['host.node', host.node],
    ...(emulated.length === 0 ? [] : [['notJudged.emulated', emulated.join(', ')]]),
  ] as const;
}

function testCase(run: RunFile, comparison: Comparison): string {
  const { workload, candidate, baseline, metric } = comparison;
  const className = `${workload}.${candidate}`;
  const name = `${metricNoun(metric)} against ${baseline}`;
  const start = `    <testcase classname="${xmlText(className)}" name="${xmlText(name)}"`;
  const message = xmlText(verdictWords(comparison));
  if (isFailure(run, comparison)) {
    return `${start}>\n      <failure type="${comparison.verdict ?? ''}" message="${message}"/>\n    </testcase>`;
  }
  if (comparison.verdict === 'undecided') {
    return `${start}>\n      <skipped message="${message}"/>\n    </testcase>`;
  }
  return `${start}>\n      <system-out>${message}</system-out>\n    </testcase>`;
}

function isFailure({ config }: RunFile, { candidate, verdict }: Comparison): boolean {
  return verdict === 'worse' || (verdict === 'better' && candidate === config.twin);
}

function counts(run: RunFile, judged: readonly Comparison[]) {
  return {
    tests: judged.length,
    failures: judged.filter((comparison) => isFailure(run, comparison)).length,
    skipped: judged.filter(({ verdict }) => verdict === 'undecided').length,
  };
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

import { metricCatalogue, type RunFile } from '@tare/results';
import { expect, test } from 'vitest';
import { exampleRun, failedMidway } from '../../fixtures/example-run.ts';
import { reportModel } from '../model/report-model.ts';
import { trialsCsv, verdictsJunit } from './interchange.ts';

const run = exampleRun();
const junitOf = (of: RunFile) => verdictsJunit(reportModel(of));
const xml = junitOf(run);

/** Whether every element that begins ends, in order, and no text holds a bare sign. */
function isWellFormed(text: string): boolean {
  const open: string[] = [];
  const rest = text
    .replace(/<\?xml [^?]*\?>/, '')
    .replace(
      /<(\/?)([\w-]+)((?: [\w.-]+="[^"<]*")*)(\/?)>/g,
      (_, end: string, name: string, __, alone: string) => {
        if (end === '') open.push(name);
        if (end !== '' || alone !== '') return open.pop() === name ? '' : '<';
        return '';
      },
    );
  return open.length === 0 && !/[<>]|&(?!amp;|lt;|gt;|quot;)/.test(rest);
}

test('there is a test case for each judged comparison and no other', () => {
  const judged = run.comparisons.filter(({ verdict }) => verdict !== null);
  expect(xml.match(/<testcase classname="(?:primes|grocery)\./g)).toHaveLength(judged.length);
  expect(xml).not.toContain('classname="primes.vagrant"');
  expect(isWellFormed(xml)).toBe(true);
});

test('worse is a failure, undecided is skipped, and the suite counts them', () => {
  const count = (verdict: string) => run.comparisons.filter((c) => c.verdict === verdict).length;
  expect(xml).toContain(
    `<testsuites name="tare" tests="55" failures="${count('worse')}" errors="1" skipped="${count('undecided')}">`,
  );
  expect(xml.match(/<failure type="worse"/g)).toHaveLength(count('worse'));
  expect(xml).toContain(
    '<failure type="worse" message="docker: startup 3.39 times that of native [3.32, 3.46]: worse"/>',
  );
  expect(xml).toMatch(
    /<skipped message="namespace: startup between 3\.6 % and 9\.5 % longer than native; not decided within 5 %"\/>/,
  );
});

test('seed and host are properties', () => {
  expect(xml).toContain('<property name="seed" value="42"/>');
  expect(xml).toContain('<property name="host.cpuModel" value="Example CPU @ 3.00GHz"/>');
});

test('a control that is better fails too', () => {
  const comparisons = run.comparisons
    .filter(({ candidate }) => candidate === run.config.control)
    .map((c) => (c.verdict === null ? c : { ...c, verdict: 'better' as const }));
  expect(junitOf({ ...run, comparisons })).toContain('<failure type="better"');
});

test('text of other programs stays text', () => {
  const hostile = '<a b="c">&]]>\u0000\uFFFE\uD800';
  const comparisons = run.comparisons.map((c) => ({ ...c, workload: hostile, candidate: hostile }));
  const text = junitOf({ ...run, comparisons, host: { ...run.host, cpuModel: hostile } });
  expect(isWellFormed(text)).toBe(true);
  // eslint-disable-next-line no-control-regex
  expect(text).not.toMatch(/[\u0000-\u0008\uFFFE\uFFFF]/);
});

test('a run without a verdict is an empty list of suites', () => {
  const environments = run.environments.filter(({ status }) => status === 'measured');
  expect(junitOf({ ...run, environments, comparisons: [] })).toBe(
    '<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="tare" tests="0" failures="0" errors="0" skipped="0">\n</testsuites>\n',
  );
});

test('an environment that failed is an error with its reason, and no verdict', () => {
  const text = junitOf(failedMidway('docker', 3));
  expect(text).toContain(
    '<testcase classname="docker" name="measurement">\n      <error message="failed after 3 rounds: docker: round 4: the app ended &lt;b&gt;with&lt;/b&gt; code 137"/>',
  );
  expect(text).not.toContain('classname="primes.docker"');
  expect(text).toContain('<property name="notJudged.failed" value="docker, jail"/>');
});

const short = exampleRun(4);
const csvOf = (of: RunFile) => trialsCsv(reportModel(of));
const rows = csvOf(short).split('\r\n');

test('a head line, then a row per trial with as many fields, each line ended', () => {
  expect(rows).toHaveLength(short.trials.length + 2);
  expect(rows.at(-1)).toBe('');
  expect(new Set(rows.slice(0, -1).map((row) => row.split(',').length))).toEqual(
    new Set([7 + metricCatalogue.length]),
  );
  expect(rows[0]).toMatch(
    /^workload,environment,round,attempt,order,startedAt,startupMs,.*,errors,violations$/,
  );
});

test('figures are whole, and one that a trial does not have is empty', () => {
  const [first] = short.trials;
  expect(rows[1]).toContain(`,${first?.startup?.readyMs},,${first?.load.throughputRps},`);
});

test('violations are named', () => {
  expect(rows.filter((row) => row.endsWith(',foreign-cpu'))).toHaveLength(1);
});

test('commas and quotes of a name are kept in quotes, on one line', () => {
  const [trial] = short.trials;
  if (trial === undefined) throw new Error('The example has no trial.');
  const text = csvOf({ ...short, trials: [{ ...trial, workload: 'a,"b"\nc' }] });
  expect(text.split('\r\n')[1]).toMatch(/^"a,""b"" c",/);
});

test.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '\n=1', ' =1', '＝1'])(
  'the name %j is no formula',
  (name) => {
    const [trial] = short.trials;
    if (trial === undefined) throw new Error('The example has no trial.');
    const text = csvOf({ ...short, trials: [{ ...trial, workload: name, environment: `a${name}` }] });
    const cells = text.slice(text.indexOf('\r\n') + 2);
    expect(cells.replace(/^"/, '').startsWith(`'${name.trim()}`)).toBe(true);
  },
);

test('a negative figure stays a figure', () => {
  const [trial] = short.trials;
  if (trial === undefined) throw new Error('The example has no trial.');
  expect(csvOf({ ...short, trials: [{ ...trial, round: -1 }] })).toContain(',-1,');
});

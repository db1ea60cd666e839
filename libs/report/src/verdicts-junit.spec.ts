import { expect, test } from 'vitest';
import { exampleRun } from '../fixtures/example-run.ts';
import { verdictsJunit } from './verdicts-junit.ts';

const run = exampleRun();
const xml = verdictsJunit(run);

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
  expect(xml.match(/<testcase /g)).toHaveLength(judged.length);
  expect(xml).not.toContain('classname="primes.vagrant"');
  expect(isWellFormed(xml)).toBe(true);
});

test('worse is a failure, undecided is skipped, and the suite counts them', () => {
  const count = (verdict: string) => run.comparisons.filter((c) => c.verdict === verdict).length;
  expect(xml).toContain(
    `<testsuites name="tare" tests="54" failures="${count('worse')}" errors="0" skipped="${count('undecided')}">`,
  );
  expect(xml.match(/<failure type="worse"/g)).toHaveLength(count('worse'));
  expect(xml).toContain(
    '<failure type="worse" message="docker: startup 3.39 times that of native [3.32, 3.46]: worse"/>',
  );
  expect(xml).toMatch(/<skipped message="namespace: startup between .* 58 rounds more would tell"\/>/);
});

test('seed and host are properties', () => {
  expect(xml).toContain('<property name="seed" value="42"/>');
  expect(xml).toContain('<property name="host.cpuModel" value="Example CPU @ 3.00GHz"/>');
});

test('a twin that is better fails too', () => {
  const comparisons = run.comparisons
    .filter(({ candidate }) => candidate === run.config.twin)
    .map((c) => (c.verdict === null ? c : { ...c, verdict: 'better' as const }));
  expect(verdictsJunit({ ...run, comparisons })).toContain('<failure type="better"');
});

test('text of other programs stays text', () => {
  const hostile = '<a b="c">&]]>\u0000\uFFFE\uD800';
  const comparisons = run.comparisons.map((c) => ({ ...c, workload: hostile, candidate: hostile }));
  const text = verdictsJunit({ ...run, comparisons, host: { ...run.host, cpuModel: hostile } });
  expect(isWellFormed(text)).toBe(true);
  // eslint-disable-next-line no-control-regex
  expect(text).not.toMatch(/[\u0000-\u0008\uFFFE\uFFFF]/);
});

test('a run without a verdict is an empty list of suites', () => {
  expect(verdictsJunit({ ...run, comparisons: [] })).toBe(
    '<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="tare" tests="0" failures="0" errors="0" skipped="0">\n</testsuites>\n',
  );
});

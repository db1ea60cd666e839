import type { Diagnostic } from '@tare/results';
import { expect, test } from 'vitest';
import { ladderRun } from '../../fixtures/example-ladder.ts';
import { exampleRun, failedMidway } from '../../fixtures/example-run.ts';
import { reportModel } from '../model/report-model.ts';
import { renderTerminal, summedUp } from './terminal.ts';

const plain = (run = exampleRun(), columns = 80) =>
  renderTerminal(reportModel(run), { columns, colour: false });
const widest = (text: string) => Math.max(...text.split('\n').map((line) => line.length));

test('four environments stay within 80 columns, in blocks', () => {
  const text = plain();
  expect(text.match(/^Metric /gm)).toHaveLength(7);
  expect(widest(text.slice(0, text.indexOf('Not measured')))).toBeLessThanOrEqual(80);
});

test('environments stand beside each other where there is room', () => {
  expect(plain(exampleRun(), 160)).toMatch(/^Metric +native +namespace +docker +vagrant \(emulated\)$/m);
});

test('a row holds mean, deviation, ratio with its interval, and the verdict', () => {
  expect(plain()).toMatch(/^Startup, ms ↓ +83\.5 ± 2\.8 +89\.0 ± 3\.9 {2}×1\.07 \[1\.04, 1\.09\] \?$/m);
});

test('an emulated environment gets a ratio and no verdict', () => {
  expect(plain(exampleRun(), 160)).toMatch(
    /^Throughput, .* 6625 ± 213 {2}×0\.934 \[0\.921, 0\.948\] ✗ +1423 ± 43 {2}×0\.201 \[0\.198, 0\.204\]$/m,
  );
});

test('errors are summed over the trials', () => {
  expect(plain(exampleRun(), 200)).toMatch(/^Errors, total ↓ +0 +0 +0 +3$/m);
});

test('environments that were not measured come with reason and remedy on one line each', () => {
  const text = plain();
  expect(text).toContain(
    'podman: unavailable, No engine at /run/podman.sock: ENOENT | <b>*not* `there`</b>\n',
  );
  expect(text).toContain('    remedy: apt-get install -y podman && systemctl start podman.socket\n');
  expect(text).toContain('jail: failed, The app ended with code 1.\n');
});

test('warnings are shown and mere information is not', () => {
  const text = plain(exampleRun(3));
  expect(text).toContain('warning: Other programs used 0.21 of a core | in 2 trials.');
  expect(text).toContain(
    'warning: needs at least 6 rounds (primes: docker, namespace; grocery: docker,\n    namespace)\n',
  );
  expect(text).not.toContain('page cache');
});

test('escape sequences appear only where colour is wanted', () => {
  expect(plain()).not.toContain('\u001b');
  const coloured = renderTerminal(reportModel(exampleRun()), { columns: 80, colour: true });
  expect(coloured).toContain('\u001b[31m×3.39 [3.32, 3.46] ✗\u001b[39m');
});

test('a run with one round has figures without deviation and interval', () => {
  expect(plain(exampleRun(1), 160)).toMatch(
    /^Startup, ms ↓ +\d\d\.\d +\d\d\.\d {2}×\d\.\d\d \? +\d{3} {2}×\d\.\d\d \? +\d+ {2}×\d{3}$/m,
  );
});

test('a run without a trial says so', () => {
  expect(plain({ ...exampleRun(), trials: [], summary: {}, comparisons: [] })).toContain(
    'No trial was measured.',
  );
});

test('the conclusion follows its table, without intervals, within the width', () => {
  const text = plain();
  const sentences = text.slice(text.indexOf('namespace against native:'), text.indexOf('\n\ngrocery'));
  expect(sentences).toContain('docker against native: +199 ms startup (3.39 times), +0.00975 ms net CPU per');
  expect(sentences).toContain('Latency is from the open loop at 3300 req/s');
  expect(sentences.split('\n').length).toBeLessThanOrEqual(16);
  expect(widest(sentences)).toBeLessThanOrEqual(80);
});

test('control, plan and guards stand between the tables and what is missing', () => {
  const text = plain(exampleRun(), 120);
  const order = [
    '? open\n',
    'A/A control of native: same',
    '12 rounds: 6 pilot rounds',
    '1 round was repeated',
    'Not measured',
  ];
  const places = order.map((part) => text.indexOf(part));
  expect(places).toEqual(places.toSorted((a, b) => a - b));
  expect(places).not.toContain(-1);
  expect(text).not.toContain('native:control');
});

test('many warnings of a kind are summed up', () => {
  const text = plain(exampleRun(), 200);
  expect(text.match(/littles-law|Little|under way/g)).toHaveLength(2);
  expect(text).toContain('warning: littles-law: 12 trials, the largest: primes, round 12, vagrant: ');
});

test('an environment without a trial is listed, and nothing is NaN', () => {
  const run = exampleRun();
  const trials = run.trials.filter(({ environment }) => environment !== 'docker');
  const summary = Object.fromEntries(
    Object.entries(run.summary).map(([workload, { docker, ...others }]) => [
      workload,
      docker ? others : others,
    ]),
  );
  const comparisons = run.comparisons.filter(({ candidate }) => candidate !== 'docker');
  const text = plain({ ...run, trials, summary, comparisons });
  expect(text).toContain('  docker: failed, The run file has no trial of it.\n');
  expect(text).not.toMatch(/NaN|undefined|Infinity/);
});

test('an environment that failed midway is listed, and its figures have no verdict', () => {
  const text = plain(failedMidway('docker', 3), 160);
  expect(text).toContain(
    '  docker: failed after 3 rounds, docker: round 4: the app ended <b>with</b> code 137\n',
  );
  expect(text).toMatch(/^Metric +native +namespace +docker \(failed\) +vagrant \(emulated\)$/m);
  expect(text).toMatch(/^Startup, ms ↓ .* \? +\d+ ± \d+ {2}×3\.\d+( \[[^\]]+\])? +\d/m);
});

test('no line is a command to GitHub Actions', () => {
  const run = exampleRun(1);
  const id = '::error::';
  const environments = run.environments.map((each) =>
    each.status === 'measured' ? each : { ...each, name: '::set-output name=a::b', reason: '##[error]c' },
  );
  const text = plain({ ...run, id, environments });
  expect(text).not.toMatch(/^\s*::|##\[/m);
});

const warning = (code: string, message: string): Diagnostic => ({ level: 'warning', code, message });

test('many of a kind become one, with the largest of them', () => {
  const many = [9.5, 10.25, 9.1].map((figure, index) =>
    warning('law', `primes, round ${index + 1}, vm:control: ${figure} under way, but there were 8`),
  );
  expect(summedUp([...many, warning('other', 'once')])).toEqual([
    warning(
      'law',
      'law: 3 trials, the largest: primes, round 2, vm:control: 10.25 under way, but there were 8; all in summary.md',
    ),
    warning('other', 'once'),
  ]);
});

test('two of a kind are shown in full, and levels are not mixed', () => {
  const two = [warning('a', 'x 1'), warning('a', 'x 2')];
  const error: Diagnostic = { level: 'error', code: 'a', message: 'x 3' };
  expect(summedUp([...two, error])).toEqual([...two, error]);
});

test('where texts are not alike the first is the example', () => {
  expect(summedUp([warning('a', 'p 1'), warning('a', 'q 2'), warning('a', 'r 3')])).toEqual([
    warning('a', 'a: 3 times, the first: p 1; all in summary.md'),
  ]);
});

test('the ladder is a table with a row per rung, with what isolates them where the terminal is wide enough', () => {
  const lines = (columns: number) => renderTerminal(reportModel(ladderRun()), { columns, colour: false }).split('\n');
  const row = lines(120).find((line) => line.startsWith('docker:published'));
  expect(row).toMatch(/^docker:published +507 ms +×5\.99 ✗ +14\.0 MiB +×1\.18 ✗ +6045 req\/s +×0\.851 ✗ +0\.479 ms +×1\.39 ✗$/);
  expect(lines(200).find((line) => line.startsWith('docker:gvisor'))).toMatch(/ a kernel in user space; mount, .*; seccomp; bridge$/);
  expect(lines(120)).toContain('  podman:rootless (unavailable): /etc/subuid has no line for the user bench');
  expect(renderTerminal(reportModel(exampleRun(2)), { columns: 120, colour: false })).not.toContain('ladder');
}); // prettier-ignore

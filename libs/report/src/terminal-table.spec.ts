import { expect, test } from 'vitest';
import { exampleRun } from './example-run.ts';
import { renderTerminalTable } from './terminal-table.ts';

const plain = (run = exampleRun(), columns = 80) => renderTerminalTable(run, { columns, colour: false });
const widest = (text: string) => Math.max(...text.split('\n').map((line) => line.length));

test('three environments stay within 80 columns, in blocks', () => {
  const text = plain();
  expect(text.match(/^Metric /gm)).toHaveLength(5);
  expect(widest(text.slice(0, text.indexOf('Not measured')))).toBeLessThanOrEqual(80);
});

test('environments stand beside each other where there is room', () => {
  expect(plain(exampleRun(), 120)).toMatch(/^Metric +native +docker +vagrant \(emulated\)$/m);
});

test('a row holds mean, deviation, ratio with its interval, and the verdict', () => {
  expect(plain()).toMatch(/^Startup, ms ↓ +83\.3 ± 1\.7 +285 ± 5 {2}×3\.42 \[3\.28, 3\.56\] ✗$/m);
});

test('an emulated environment gets a ratio and no verdict', () => {
  expect(plain()).toMatch(/^Startup, ms ↓ +10822 ± 113 {2}×130 \[125, 135\]$/m);
});

test('errors are summed over the trials', () => {
  expect(plain(exampleRun(), 200)).toMatch(/^Errors, total ↓ +0 +0 +3$/m);
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
    'warning: needs at least 6 rounds (primes: docker, vagrant; gallery: docker, vagrant)',
  );
  expect(text).not.toContain('page cache');
});

test('escape sequences appear only where colour is wanted', () => {
  expect(plain()).not.toContain('\u001b');
  const coloured = renderTerminalTable(exampleRun(), { columns: 80, colour: true });
  expect(coloured).toContain('\u001b[31m×3.42 [3.28, 3.56] ✗\u001b[39m');
});

test('a run with one round has figures without deviation and interval', () => {
  expect(plain(exampleRun(1))).toMatch(/^Startup, ms ↓ +\d\d\.\d +\d{3} {2}×\d\.\d\d \? +\d+ {2}×\d{3}$/m);
});

test('a run without a trial says so', () => {
  expect(plain({ ...exampleRun(), trials: [], summary: {}, comparisons: [] })).toContain(
    'No trial was measured.',
  );
});

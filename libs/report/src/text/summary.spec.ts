import { expect, test } from 'vitest';
import { ladderRun } from '../../fixtures/example-ladder.ts';
import { exampleRun, failedMidway } from '../../fixtures/example-run.ts';
import { reportModel } from '../model/report-model.ts';
import { renderStepSummary, renderSummary } from './summary.ts';

const summary = renderSummary(reportModel(exampleRun()));

test('the title has the date and the host', () => {
  expect(summary).toMatch(/^# Comparison of 2026-03-01 10:00 UTC on Example CPU @ 3\.00GHz\n/);
});

test('every line of a table has as many cells as its head', () => {
  const cells = (line: string) => line.split(/(?<!\\)\|/).length;
  for (const table of summary.match(/(?:^\|.*\n)+/gm) ?? []) {
    const lines = table.trim().split('\n');
    expect(new Set(lines.map(cells)).size).toBe(1);
  }
});

test('text of other programs is shown as it is', () => {
  expect(summary).toContain(
    '- **podman** (unavailable): No engine at /run/podman.sock: ENOENT \\| \\<b\\>\\*not\\* \\`there\\`\\</b\\>' +
      '<br>Remedy: apt-get install -y podman &amp;&amp; systemctl start podman.socket',
  );
});

test('what was compared can be identified', () => {
  expect(summary).toContain('- Seed: 42\n');
  expect(summary).toContain('closed loop, 8 connections, 2 s warm-up, then 5 s');
  expect(summary).toContain(`- Artifact of primes: 51234 bytes, sha256 \`${'a'.repeat(64)}\``);
});

test('it ends with the command that repeats the run', () => {
  expect(summary).toMatch(
    /npx nx run bench:compare --seed=42 --environments=native,namespace,docker,.* --.*--rounds=\d+\n```\n$/,
  );
});

test('the same run gives the same text', () => {
  expect(renderSummary(reportModel(exampleRun()))).toBe(summary);
});

test('the conclusion comes before the tables, then the caveats and the control', () => {
  const order = [
    '## Conclusion',
    '## primes',
    '## How far this can be trusted',
    '## The A/A control of native',
    '## Not measured, or only in part',
  ];
  const places = order.map((part) => summary.indexOf(part));
  expect(places).toEqual(places.toSorted((a, b) => a - b));
  expect(places).not.toContain(-1);
  expect(summary).toContain('- docker against native: +199 ms startup (3.39 times \\[3.32, 3.46\\])');
});

test('the control has a table of its own and no column', () => {
  expect(summary).toMatch(
    /^\| Throughput, req\/s \| ×0\.997 \\\[0\.982, 1\.013\\\] same \| ×0\.994 .* open: −2\.1 to \+1\.0 % \|$/m,
  );
  expect(summary).not.toMatch(/^\| Metric \|.*native:control/m);
});

test('a calibration is cited when it is given', () => {
  const calibration = {
    measuredAt: '2026-02-28T09:00:00.000Z',
    passed: 14,
    failed: 1,
    falseDifferences: null,
    slowdownsOf5Percent: null,
    path: 'c.json',
  };
  expect(renderSummary(reportModel(exampleRun(), { calibration }))).toContain(
    '- **Warning:** Calibration of this machine, 2026-02-28 09:00 UTC: 1 of 15 checks failed',
  );
});

test('the page of a job has the conclusion and the tables, and no picture', () => {
  const step = renderStepSummary(reportModel(exampleRun()));
  expect(step).toContain('- docker against native: +199 ms startup');
  expect(step.match(/^\| Metric /gm)).toHaveLength(2);
  expect(step).not.toContain('![');
});

test('a run without a trial has a summary', () => {
  const empty = reportModel({ ...exampleRun(), trials: [], summary: {}, comparisons: [] });
  expect(renderSummary(empty)).toContain('No trial was measured.');
  expect(renderStepSummary(empty)).toContain('No trial was measured.');
});

test('an environment that failed midway is listed with its reason as text, and has no verdict', () => {
  const text = renderSummary(reportModel(failedMidway('docker', 3)));
  expect(text).toContain(
    '- **docker** (failed after 3 rounds): docker: round 4: the app ended \\<b\\>with\\</b\\> code 137\n',
  );
  expect(text).toMatch(
    /^\| Metric \| Better \| native<br>\(baseline\) \| namespace \| docker \(failed\) \|/m,
  );
});

test('the ladder has its picture, its figures, what isolates its rungs, and what is not on it', () => {
  const summary = renderSummary(reportModel(ladderRun()));
  const [, ladder = ''] = /\n## The ladder of isolation\n([\s\S]*?)\n## /.exec(summary) ?? [];
  expect(ladder).toContain('](charts/primes-ladder.svg)');
  expect(ladder).toMatch(/^\| docker:gvisor \| 793 .*worse \|$/m);
  expect(ladder).toContain('| docker:gvisor | in user space | mount, pid, network, ipc, uts, cgroup | – | yes | bridge |');
  expect(ladder).toContain('- podman:rootless (unavailable): /etc/subuid has no line for the user bench');
  expect(renderSummary(reportModel(exampleRun(2)))).not.toContain('ladder');
}); // prettier-ignore

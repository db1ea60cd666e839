import { expect, test } from 'vitest';
import { exampleRun } from './example-run.ts';
import { renderSummaryMarkdown } from './summary-markdown.ts';

const summary = renderSummaryMarkdown(exampleRun());

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
  expect(summary).toContain('seed 42, 6 rounds');
  expect(summary).toContain('closed loop, 8 connections, 2 s warm-up, then 5 s');
  expect(summary).toContain(`- Artifact primes: 51234 bytes, sha256 \`${'a'.repeat(64)}\``);
});

test('it ends with the command that repeats the run', () => {
  expect(summary).toMatch(
    /npx nx run bench:compare --seed=42 --environments=native,docker,.* --n=300000\n```\n$/,
  );
});

test('the same run gives the same text', () => {
  expect(renderSummaryMarkdown(exampleRun())).toBe(summary);
});

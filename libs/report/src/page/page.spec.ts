import { createHash } from 'node:crypto';
import type { RunFile } from '@tare/results';
import { exampleCapacity } from '@tare/results/fixtures';
import { expect, test } from 'vitest';
import { ladderRun } from '../../fixtures/example-ladder.ts';
import { exampleRun, failedMidway } from '../../fixtures/example-run.ts';
import { capacityModel } from '../charts/capacity.ts';
import { reportModel } from '../model/report-model.ts';
import { renderPage } from './page.ts';

const run = exampleRun(6);
const pageOf = (of: RunFile) => renderPage(reportModel(of));
const page = pageOf(run);

test('two renderings of a run are the same bytes', () => {
  expect(pageOf(exampleRun(6))).toBe(page);
});

test('a run of 4 environments, 30 rounds and 2 workloads stays below 1.2 MB', () => {
  expect(Buffer.byteLength(pageOf(exampleRun(30)))).toBeLessThan(1_200_000);
});

test('the page needs nothing from elsewhere', () => {
  expect(page).not.toMatch(/\b(?:src|href)="(?!#)/);
  expect(page).not.toMatch(/@import|url\(/);
});

test('the policy allows the script of the page and no other', () => {
  const script = /<script>([\s\S]*?)<\/script>/.exec(page)?.[1] ?? '';
  const hash = createHash('sha256').update(script).digest('base64');
  expect(page.match(/<script/g)).toHaveLength(1);
  expect(page).toContain(`default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${hash}'`);
});

test('no figure is NaN, undefined or infinite', () => {
  for (const rounds of [1, 2, 6]) {
    expect(pageOf(exampleRun(rounds))).not.toMatch(/NaN|undefined|Infinity|-0\.0 %/);
  }
});

test('hostile names are shown, not run', () => {
  const evil = '"><script>alert(1)</script><img src=x onerror=alert(1)> $& `${1}`';
  const text = JSON.stringify(run).replaceAll('docker', JSON.stringify(evil).slice(1, -1));
  const hostile = pageOf(JSON.parse(text) as typeof run);
  expect(hostile.match(/<script/g)).toHaveLength(1);
  expect(hostile).not.toContain('<img');
  expect(hostile).toContain('&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;');
});

test('the control is no column; what could not be measured is listed with its remedy', () => {
  const weighIn = page.slice(page.indexOf('id="weigh-in"'), page.indexOf('id="metrics"'));
  expect(weighIn).not.toContain('native:control');
  expect(page).toContain('<b>podman</b> (unavailable)');
  expect(page).toContain('apt-get install -y podman &amp;&amp; systemctl start podman.socket');
});

test('every chart has a text alternative and a table', () => {
  const charts = page.match(/<svg class="chart" role="img" viewBox="[\d ]+" aria-label="[^"]{10,}"/g) ?? [];
  expect(charts.length).toBeGreaterThan(40);
  expect(page.match(/<svg/g)).toHaveLength(charts.length);
  expect(page.match(/<figure[\s\S]*?<\/figure>/g)?.every((figure) => figure.includes('<table'))).toBe(true);
});

test('the warm-up is shown where it was found, and what was not steady then', () => {
  expect(page).toContain('Throughput of fresh instances');
  expect(page).toContain('docker, % of a warm one: steady after 1.3 s');
  expect(page).toContain('vagrant (emulated), req/s: not steady after 5 s');
  expect(page).toContain('Warm-up of 2\u00a0s for every trial: 1.5 times the');
  const { warmUps, ...given } = run;
  expect(warmUps).toHaveLength(6);
  expect(pageOf(given)).not.toContain('Throughput of fresh instances');
});

test('a run without a trial says so', () => {
  const empty = pageOf({ ...run, trials: [], summary: {}, comparisons: [] });
  expect(empty).toContain('No trial was measured.');
  expect(empty).not.toContain('href="#weigh-in"');
});

test('a capacity curve and a calibration are shown when they are given', () => {
  const calibration = {
    measuredAt: '2026-02-28T09:00:00.000Z',
    passed: 14,
    failed: 0,
    falseDifferences: { found: 2, of: 48 },
    slowdownsOf5Percent: { found: 14, of: 15 },
    path: 'reports/latest/calibration.json',
  };
  const extended = renderPage(reportModel(run, { calibration }), capacityModel(exampleCapacity()).workloads);
  expect(extended).toContain('Latency against offered load');
  expect(extended).toContain('Calibration of this machine');
  expect(page).not.toContain('Latency against offered load');
});

test('an environment that failed midway is marked everywhere and listed with its reason as text', () => {
  const failed = pageOf(failedMidway('docker', 3));
  expect(failed).toContain(
    '<b>docker</b> (failed after 3 rounds): docker: round 4: the app ended &lt;b&gt;with&lt;/b&gt; code 137',
  );
  expect(failed).toContain('<th scope="col">docker (failed)</th>');
  expect(failed).toContain('<small>not judged</small>');
  expect(failed).toContain('none: failed');
});

test('the ladder is a section of its own, drawn for a phone and across the page, and a run without has none', () => {
  const html = renderPage(reportModel(ladderRun(2)));
  const [section = ''] = /<section id="ladder"[\s\S]*?<section id="weigh-in"/.exec(html) ?? [];
  expect(section.match(/<svg class="chart"/g)).toHaveLength(2);
  expect(section).toContain('viewBox="0 0 960 ');
  expect(section).toContain('<li>podman:rootless (unavailable): /etc/subuid has no line');
  expect(renderPage(reportModel(exampleRun(2)))).not.toContain('id="ladder"');
});

test('a trial adds a few KiB to the page and to the run file, however many there are', () => {
  const sizes = [10, 20, 40].map((rounds) => {
    const run = exampleRun(rounds);
    const page = renderPage(reportModel(run));
    return { trials: run.trials.length, page: page.length, file: JSON.stringify(run).length };
  });
  const growth = (of: 'page' | 'file') =>
    sizes.slice(1).map((size, place) => {
      const before = sizes[place] ?? size;
      return (size[of] - before[of]) / (size.trials - before.trials);
    });
  for (const bytes of growth('page')) expect(bytes).toBeLessThan(4 * 1024);
  for (const bytes of growth('file')) expect(bytes).toBeLessThan(8 * 1024);
});

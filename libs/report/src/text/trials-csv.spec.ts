import { metricCatalogue } from '@tare/results';
import { expect, test } from 'vitest';
import { exampleRun } from '../../fixtures/example-run.ts';
import type { RunFile } from '@tare/results';
import { reportModel } from '../model/report-model.ts';
import { trialsCsv } from './trials-csv.ts';

const run = exampleRun(4);
const csvOf = (of: RunFile) => trialsCsv(reportModel(of));
const rows = csvOf(run).split('\r\n');

test('a head line, then a row per trial with as many fields, each line ended', () => {
  expect(rows).toHaveLength(run.trials.length + 2);
  expect(rows.at(-1)).toBe('');
  expect(new Set(rows.slice(0, -1).map((row) => row.split(',').length))).toEqual(
    new Set([7 + metricCatalogue.length]),
  );
  expect(rows[0]).toMatch(
    /^workload,environment,round,attempt,order,startedAt,startupMs,.*,errors,violations$/,
  );
});

test('figures are whole, and one that a trial does not have is empty', () => {
  const [first] = run.trials;
  expect(rows[1]).toContain(`,${first?.startup.readyMs},,${first?.load.throughputRps},`);
});

test('violations are named', () => {
  expect(rows.filter((row) => row.endsWith(',foreign-cpu'))).toHaveLength(1);
});

test('commas and quotes of a name are kept in quotes, on one line', () => {
  const [trial] = run.trials;
  if (trial === undefined) throw new Error('The example has no trial.');
  const text = csvOf({ ...run, trials: [{ ...trial, workload: 'a,"b"\nc' }] });
  expect(text.split('\r\n')[1]).toMatch(/^"a,""b"" c",/);
});

test.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '\n=1', ' =1', '＝1'])(
  'the name %j is no formula',
  (name) => {
    const [trial] = run.trials;
    if (trial === undefined) throw new Error('The example has no trial.');
    const text = csvOf({ ...run, trials: [{ ...trial, workload: name, environment: `a${name}` }] });
    const cells = text.slice(text.indexOf('\r\n') + 2);
    expect(cells.replace(/^"/, '').startsWith(`'${name.trim()}`)).toBe(true);
  },
);

test('a negative figure stays a figure', () => {
  const [trial] = run.trials;
  if (trial === undefined) throw new Error('The example has no trial.');
  expect(csvOf({ ...run, trials: [{ ...trial, round: -1 }] })).toContain(',-1,');
});

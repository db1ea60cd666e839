import { metricCatalogue } from '@tare/results';
import { expect, test } from 'vitest';
import { exampleRun } from '../fixtures/example-run.ts';
import { trialsCsv } from './trials-csv.ts';

const run = exampleRun(4);
const rows = trialsCsv(run).split('\r\n');

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

test('commas, quotes and line feeds of a name are kept in quotes', () => {
  const [trial] = run.trials;
  if (trial === undefined) throw new Error('The example has no trial.');
  const text = trialsCsv({ ...run, trials: [{ ...trial, workload: 'a,"b"\nc', environment: ' d' }] });
  expect(text.split('\r\n')[1]).toMatch(/^"a,""b""\nc"," d",1,/);
});

import type { RunFile } from '@tare/results';
import { expect, test } from 'vitest';
import { exampleRun } from '../../fixtures/example-run.ts';
import { planCard } from './card-plan.ts';

/** A run with one more environment that is measured: podman, with the figures of docker. */
function ofFive(run: RunFile): RunFile {
  return {
    ...run,
    environments: run.environments.map((environment) =>
      environment.name === 'podman'
        ? { name: 'podman', kind: 'docker', status: 'measured', facts: {} }
        : environment,
    ),
    summary: { primes: { ...run.summary.primes, podman: run.summary.primes?.docker ?? {} } },
  };
}

test('the card has the first workload, its environments without the twin, and the conclusion', () => {
  const plan = planCard(exampleRun());
  expect(plan.title).toBe('primes: what its environment costs');
  expect(plan.host).toBe('2026-03-01 · Example CPU @ 3.00GHz · 4 cores · 12 rounds');
  expect(plan.rows.map(({ name, note }) => [name, note])).toEqual([
    ['native', 'baseline'],
    ['namespace', ''],
    ['docker', ''],
    ['vagrant', 'emulated, not judged'],
  ]);
  expect(plan.conclusion).toMatch(/^namespace: the same as native within 2 % in throughput/);
  expect(plan.leftOut).toBe('other workload: grocery');
});

test('figures have their unit, a ratio, and the verdict of the run', () => {
  const [native, , docker, vagrant] = planCard(exampleRun()).rows;
  expect(native?.figures[0]).toEqual({ value: '83.5 ms', ratio: '', verdict: undefined });
  expect(docker?.figures[1]).toEqual({ value: '6625 req/s', ratio: '×0.934', verdict: 'worse' });
  expect(vagrant?.figures[3]).toEqual({ value: '494 MiB', ratio: '×6.37', verdict: undefined });
});

test('of five environments the emulated one gives way, and the card says so; colours are those of the charts', () => {
  const plan = planCard(ofFive(exampleRun()));
  expect(plan.rows.map(({ name }) => name)).toEqual(['native', 'namespace', 'docker', 'podman']);
  expect(plan.leftOut).toBe('also measured: vagrant (emulated)');
  expect(plan.rows[3]?.colour).toBe('#56B4E9');
});

test('a figure that an environment has not is a dash', () => {
  const run = exampleRun();
  const { startupMs } = run.summary.primes?.native ?? {};
  if (startupMs === undefined) throw new Error('The example has no startup.');
  const [row] = planCard({ ...run, summary: { primes: { native: { startupMs } } } }).rows;
  expect(row?.figures.map(({ value }) => value)).toEqual(['83.5 ms', '–', '–', '–']);
});

test('a run without figures still has a card', () => {
  expect(planCard({ ...exampleRun(), summary: {}, comparisons: [] })).toMatchObject({
    title: 'nothing measured: what its environment costs',
    rows: [],
    conclusion: '',
  });
});

import type { RunFile } from '@tare/results';
import { expect, test } from 'vitest';
import { ladderRun } from '../../fixtures/example-ladder.ts';
import { exampleRun } from '../../fixtures/example-run.ts';
import { isolationCells, isolationWords, type Rung } from './ladder.ts';
import { reportModel } from './report-model.ts';

const ladderOf = (run: RunFile) => reportModel(run).ladder;
const rungsOf = (run: RunFile) => ladderOf(run)?.workloads[0]?.rungs ?? [];
const rungOf = (name: string, run = ladderRun()): Rung => {
  const rung = rungsOf(run).find(({ subject }) => subject.name === name);
  if (rung === undefined) throw new Error(`The example has no ${name}.`);
  return rung;
};

test('the rungs are in the order of isolation, ties in the order of the run, and what was not measured comes after them', () => {
  expect(rungsOf(ladderRun()).map(({ subject }) => subject.title)).toEqual([
    'native',
    'namespace',
    'bubblewrap',
    'nspawn',
    'docker:host',
    'docker',
    'docker:published',
    'docker:gvisor',
    'vagrant (emulated)',
  ]);
  expect(
    ladderOf(ladderRun())?.missing.map(({ name, statusText, reason }) => [name, statusText, reason]),
  ).toEqual([['podman:rootless', 'unavailable', '/etc/subuid has no line for the user bench']]);
});

test('a run whose environments do not say what isolates them has no ladder, nor has one of a single rung', () => {
  expect(ladderOf(exampleRun(2))).toBeUndefined();
  const run = ladderRun(2);
  const environments = run.environments.map(({ isolation, ...each }) =>
    each.name === 'docker' && isolation ? { ...each, isolation } : each,
  );
  expect(ladderOf({ ...run, environments })).toBeUndefined();
});

test('a rung has its figures with interval, ratio and verdict; that of memory is the tare, judged by gross', () => {
  const { startup, tare, throughput, latency } = rungOf('docker:published');
  expect(startup).toMatchObject({ text: '507 ms', factor: '×5.99', verdict: 'worse' });
  expect(startup.fullText).toMatch(/^507 \[\d+, \d+\] ms$/);
  expect(startup.ratioWords).toMatch(/^×5\.99 \[\d\.\d\d, \d\.\d\d\] worse$/);
  expect(tare.figure).toBeCloseTo(14, 0);
  expect(tare).toMatchObject({ comparison: { metric: 'memoryGrossMiB' }, verdict: 'worse' });
  expect(throughput.comparison?.ratio).toBeCloseTo(0.86, 1);
  expect(latency.comparison?.ratio).toBeCloseTo(1.4, 1);
});

test('the baseline has figures and no ratio, the emulated machine a ratio and no verdict', () => {
  expect(rungOf('native')).toMatchObject({
    tare: { text: '0 MiB' },
    startup: { factor: '', verdict: undefined },
  });
  expect(rungOf('vagrant').startup).toMatchObject({ text: '42.8 s', fullText: '42.8 s', verdict: undefined });
  expect(rungOf('vagrant').throughput.factor).toMatch(/^×0\.0/);
});

test('what nobody measured is a dash', () => {
  const run = ladderRun();
  const restarted = run.trials.map((trial) =>
    trial.environment === 'docker'
      ? { ...trial, startup: trial.startup && { ...trial.startup, kind: 'restart' as const } }
      : trial,
  );
  const summary = { primes: { ...run.summary.primes, docker: { ...run.summary.primes?.docker } } };
  delete summary.primes.docker.startupMs;
  const { startup } = rungOf('docker', { ...run, trials: restarted, summary });
  expect(startup).toMatchObject({ figure: undefined, text: '–', fullText: '–', factor: '' });
});

test('where net cannot be told there is no tare: the cell says gross, and its verdict stays', () => {
  const run = ladderRun();
  const trials = run.trials.map(({ memory: { gross, net }, ...trial }) => ({
    ...trial,
    memory: { gross, ...(trial.environment !== 'docker:gvisor' && { net }) },
  }));
  const { tare } = rungOf('docker:gvisor', { ...run, trials });
  expect(tare).toMatchObject({ figure: undefined, text: 'gross 138 MiB', factor: '×1.77', verdict: 'worse' });
});

test('isolation is shown in cells and in a line', () => {
  const { isolation } = rungOf('docker:gvisor');
  expect(isolationCells(isolation)).toEqual(['in user space', 'mount, pid, network, ipc, uts, cgroup', '–', 'yes', 'bridge']);
  expect(isolationCells({ ...isolation, kernel: 'host', namespaces: ['user'], seccomp: false })).toEqual(['the host’s', '–', 'yes', '–', 'bridge']);
  expect(isolationWords(rungOf('native').isolation)).toBe('the host’s kernel; loopback');
  expect(isolationWords(isolation)).toBe('a kernel in user space; mount, pid, network, ipc, uts, cgroup; seccomp; bridge');
}); // prettier-ignore

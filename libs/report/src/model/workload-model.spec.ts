import type { RunFile } from '@tare/results';
import { expect, test } from 'vitest';
import { exampleRun, failedMidway, partlyMetered } from '../../fixtures/example-run.ts';
import { reportModel } from './report-model.ts';

const ofPrimes = (run: RunFile) => {
  const [workload] = reportModel(run).workloads;
  if (workload === undefined) throw new Error('The run has no workload.');
  return workload;
};
const titles = (run: RunFile) => ofPrimes(run).subjects.map(({ title }) => title);

test('the baseline comes first, the emulated environments last, the A/A control not at all', () => {
  const run = exampleRun();
  expect(titles(run)).toEqual(['native', 'namespace', 'docker', 'vagrant (emulated)']);
  expect(titles({ ...run, environments: run.environments.toReversed() })).toEqual([
    'native',
    'docker',
    'namespace',
    'vagrant (emulated)',
  ]);
});

test('an environment keeps its colour when another one is emulated, or not usable', () => {
  const run = exampleRun(2);
  const environments = run.environments.map((each) =>
    each.name === 'namespace' ? { ...each, facts: { emulated: true } } : each,
  );
  const colour = (of: RunFile, name: string) =>
    ofPrimes(of).subjects.find((each) => each.name === name)?.colour;
  expect(colour({ ...run, environments }, 'docker')).toBe(colour(run, 'docker'));
  const jail = run.environments.filter(({ name }) => name === 'jail');
  expect(colour({ ...run, environments: [...jail, ...run.environments] }, 'docker')).toBe(2);
});

test('an environment that failed midway is marked, keeps its figures and gets no verdict', () => {
  const run = failedMidway('docker', 7);
  expect(titles(run)).toEqual(['native', 'namespace', 'docker (failed)', 'vagrant (emulated)']);
  const docker = ofPrimes(run).rows.flatMap(({ cells }) =>
    cells.filter(({ subject }) => subject.name === 'docker'),
  );
  expect(docker[0]?.mean).toMatch(/^\d+ ± \d+$/);
  expect(docker[0]?.ratio).toMatch(/^×3\./);
  expect(docker.map(({ verdict }) => verdict).filter(Boolean)).toEqual([]);
  expect(docker[0]?.subject.failed).toEqual({
    rounds: 7,
    reason: 'docker: round 8: the app ended <b>with</b> code 137',
  });
});

test('without its baseline nothing is judged', () => {
  const { rows } = ofPrimes(failedMidway('native', 7));
  expect(rows.flatMap(({ cells }) => cells.map(({ verdict }) => verdict)).filter(Boolean)).toEqual([]);
});

test('a metric that nobody has is left out', () => {
  const run = exampleRun();
  const { startupMs } = run.summary.primes?.native ?? {};
  if (startupMs === undefined) throw new Error('The example has no startup.');
  const { rows } = ofPrimes({ ...run, summary: { primes: { native: { startupMs } } } });
  expect(rows.map(({ metric }) => metric.key)).toEqual(['startupMs']);
});

test('a metric that repeats another, and an emulated environment, have a ratio and no verdict', () => {
  const { rows } = ofPrimes(exampleRun());
  const cell = (key: string, place: number) => rows.find(({ metric }) => metric.key === key)?.cells[place];
  expect([
    cell('throughputRps', 2)?.verdict,
    cell('latencyMeanMs', 2)?.verdict,
    cell('throughputRps', 3)?.verdict,
  ]).toEqual(['worse', undefined, undefined]);
  expect(cell('latencyMeanMs', 2)?.ratio).toMatch(/^×1\.16/);
});

test('fresh instances say when they were steady, in shares of a warm one where there was one', () => {
  const [, docker, vagrant] = ofPrimes(exampleRun()).freshInstances;
  expect([docker?.unit, docker?.steadyText]).toEqual(['% of a warm one', 'steady after 1.3 s']);
  expect([vagrant?.unit, vagrant?.steadyText]).toEqual(['req/s', 'not steady after 5 s']);
});

const closedIn = (run: RunFile, isClosed: (environment: string) => boolean): RunFile => ({
  ...run,
  trials: run.trials.map((trial) => (isClosed(trial.environment) ? { ...trial, open: null } : trial)),
});

test('the rate, what it is a share of, and who had another', () => {
  expect(ofPrimes(exampleRun()).latency).toEqual({
    text: 'Latency is from the open loop at 3300 req/s (50 % of what docker, the slowest, can serve), measured from the planned time of sending; vagrant (emulated) at 660 req/s.',
    short: 'open loop at 3300 req/s, some at another rate',
  });
});

test('a closed loop says nothing beyond throughput', () => {
  const source = ofPrimes(closedIn(exampleRun(), () => true)).latency;
  expect(source.text).toMatch(/^Latency is from the closed loop, where requests wait for each other/);
  expect(source.short).toBe('closed loop');
});

test('one environment without an open loop is named', () => {
  const run = closedIn(exampleRun(), (environment) => environment === 'vagrant');
  expect(ofPrimes(run).latency.text).toMatch(/; vagrant \(emulated\) from the closed loop\.$/);
});

test('a p99 of windows that hold too few requests is shown, and said not to be judged', () => {
  const run = exampleRun();
  expect(ofPrimes(run).latency.text).not.toContain('p99');
  const trials = run.trials.map((trial) =>
    trial.open === null ? trial : { ...trial, open: { ...trial.open, requests: 300 } },
  );
  expect(ofPrimes({ ...run, trials }).latency.text).toMatch(
    / p99 is judged only from 1000 requests in a window on; here one holds as few as 300\.$/,
  );
});

const metersOf = (run: RunFile, environment: string) =>
  ofPrimes(run)
    .rows.filter(({ metric }) =>
      ['cpuNetMsPerRequest', 'memoryNetMiB', 'memoryGrossMiB'].includes(metric.key),
    )
    .map(({ cells }) => cells.find(({ subject }) => subject.name === environment));

test.each(['typical', 'whole', 'rounds'] as const)(
  'beside a verdict by the %s is the ratio of the look that judged it, not that of all rounds',
  (by) => {
    const run = exampleRun();
    const look = { rounds: 6, interval: [1.05, 1.2] as [number, number], sameWithin: 0.2, by };
    const comparisons = run.comparisons.map((each): RunFile['comparisons'][number] =>
      each.candidate === 'docker' ? { ...each, ratio: 1.11, look } : each,
    );
    for (const cell of metersOf({ ...run, comparisons }, 'docker'))
      expect(cell).toMatchObject({ factor: '×1.12', ratio: '×1.12 [1.05, 1.20]' });
  },
);

test('what is not metered has no figure and no verdict, and the rest of it is judged', () => {
  const [cpuNet, memoryNet, memoryGross] = metersOf(partlyMetered({ docker: ['net'] }), 'docker');
  for (const cell of [cpuNet, memoryNet]) {
    expect(cell).toMatchObject({ summary: undefined, mean: '', ratio: '', verdictText: 'not measured' });
    expect(cell?.trials).toEqual([]);
  }
  expect(memoryGross).toMatchObject({ verdict: 'worse', verdictText: 'worse' });
  const whole = metersOf(partlyMetered({ docker: ['net', 'gross'] }), 'docker');
  expect(whole.map((cell) => cell?.verdictText)).toEqual(['not measured', 'not measured', 'not measured']);
});

test('what the baseline could not be metered for is shown, and judged for nobody', () => {
  const [, memoryNet, memoryGross] = metersOf(partlyMetered({ native: ['net'] }), 'docker');
  expect(memoryNet).toMatchObject({ ratio: '', verdict: undefined, verdictText: 'not measured' });
  expect(memoryNet?.mean).toMatch(/^\d+\.\d ± /);
  expect(memoryGross?.verdict).toBe('worse');
});

import { describe, expect, it, test } from 'vitest';
import { exampleHeader, exampleRun } from '../fixtures/example-run.ts';
import { historyLine, hostFingerprint, parseHistoryLine } from './history-line.ts';
import type { HistoryLine } from './history-line.ts';
import type { RunFile } from './run-file.ts';
import { summarise } from './summarise.ts';

describe('historyLine', () => {
  const facts = { commit: 'abc1234'.padEnd(40, '0'), dirty: false };

  function lineOf(change: (run: RunFile) => RunFile = (run) => run): HistoryLine {
    const run = exampleRun();
    return historyLine(change({ ...run, summary: summarise(run.trials) }), facts);
  }

  test('keeps figures of every metric, without trials', () => {
    const line = lineOf();
    expect(line.figures).toContainEqual({
      workload: 'primes',
      environment: 'docker',
      metric: 'throughputRps',
      n: 2,
      mean: 2000,
      ci95: [2000, 2000],
      median: 2000,
    });
    expect(line).toMatchObject({ id: '20260131-120000', rounds: 2, seed: 7, baseline: 'native', ...facts });
    expect(JSON.stringify(line)).not.toContain('HIST');
  });

  test('is one line that reads back as it was', () => {
    const text = JSON.stringify(lineOf());
    expect(text).not.toContain('\n');
    expect(parseHistoryLine(text, 'a.json')).toEqual(lineOf());
  });

  test('is read in version 1, too, where the control had another name', () => {
    const { control, ...line } = lineOf();
    expect(parseHistoryLine(JSON.stringify({ ...line, schema: 1, twin: control }), 'a.json')).toEqual(
      lineOf(),
    );
  });

  test('keeps 7 digits', () => {
    const { figures } = lineOf((run) => ({
      ...run,
      summary: {
        primes: {
          native: {
            startupMs: {
              n: 1,
              mean: 83.123456789,
              stdev: null,
              median: 1e-9 / 3,
              min: 1,
              max: 1,
              ci95: null,
            },
          },
        },
      },
    }));
    expect(figures).toMatchObject([{ mean: 83.12346, median: 3.333333e-10, ci95: null }]);
  });

  test('keeps the comparisons that were judged', () => {
    const base = {
      workload: 'primes',
      metric: 'throughputRps',
      baseline: 'native',
      n: 12,
      hodgesLehmannRatio: 0.9,
      ci90: null,
      p: 0.001,
      pAdjusted: 0.01,
      margin: 0.02,
      logRatioStdev: 0.01,
      minimumDetectableRatio: 1.01,
      roundsMore: null,
      warnings: [],
    };
    const { comparisons } = lineOf((run) => ({
      ...run,
      comparisons: [
        { ...base, candidate: 'docker', ratio: 0.912345678, ci95: [0.9, 0.93], verdict: 'worse' },
        { ...base, candidate: 'vagrant', ratio: 0.2, ci95: [0.1, 0.3], verdict: null },
      ],
    }));
    expect(comparisons).toEqual([
      {
        workload: 'primes',
        metric: 'throughputRps',
        candidate: 'docker',
        ratio: 0.9123457,
        ci95: [0.9, 0.93],
        verdict: 'worse',
      },
    ]);
  });

  test('lists measured environments and marks emulated ones', () => {
    const { environments } = lineOf((run) => ({
      ...run,
      environments: [
        { name: 'native', kind: 'native', status: 'measured', facts: {} },
        { name: 'vm', kind: 'vagrant', status: 'measured', facts: { accelerator: 'tcg' } },
        { name: 'docker', kind: 'docker', status: 'failed', facts: {}, reason: 'gone' },
      ],
    }));
    expect(environments).toEqual([
      { name: 'native', kind: 'native', emulated: false },
      { name: 'vm', kind: 'vagrant', emulated: true },
    ]);
  });

  test.each([
    ['the distribution', { os: 'Debian 13' }],
    ['the patch level of the kernel', { kernel: '6.1.99-cloud' }],
    ['a little memory', { memoryMiB: 8100 }],
  ])('%s does not change the fingerprint of the host', (_, change) => {
    const changed = lineOf((run) => ({ ...run, host: { ...run.host, ...change } }));
    expect(changed.hostFingerprint).toBe(lineOf().hostFingerprint);
  });

  test.each([
    { cpuModel: 'Other CPU' },
    { cores: 4 },
    { memoryMiB: 16384 },
    { kernel: '6.12.0' },
    { virtualised: 'KVM' },
    { node: '26.0.0' },
  ])('%j changes the fingerprint of the host', (change) => {
    const changed = lineOf((run) => ({ ...run, host: { ...run.host, ...change } }));
    expect(changed.hostFingerprint).not.toBe(lineOf().hostFingerprint);
  });

  test('a warm-up that was found is a condition, its length is none; one that was given is', () => {
    const conditionsOf = (warmupMs: number, warmUps?: RunFile['warmUps']) =>
      lineOf((run) => ({
        ...run,
        ...(warmUps !== undefined && { warmUps }),
        config: { ...run.config, load: { ...run.config.load, warmupMs } },
      })).workloads[0]?.conditions;
    expect(conditionsOf(1200, [])).toBe(conditionsOf(1500, []));
    expect(conditionsOf(1200)).not.toBe(conditionsOf(1500));
    expect(conditionsOf(1200, [])).not.toBe(conditionsOf(1200));
  });

  test('the conditions of a workload follow from its requests, the load and the resources, not from the rounds', () => {
    const conditionsOf = (config: Partial<RunFile['config']>) =>
      lineOf((run) => ({ ...run, config: { ...run.config, ...config } })).workloads[0]?.conditions;
    const { config } = exampleRun();
    const [workload] = config.workloads;
    if (workload === undefined) throw new Error('The example has no workload.');
    expect(conditionsOf({ rounds: 30, retries: 0, environments: ['native'] })).toBe(conditionsOf({}));
    expect(conditionsOf({ workloads: [{ ...workload, parameters: { limit: 2 } }] })).not.toBe(
      conditionsOf({}),
    );
    expect(conditionsOf({ load: { ...config.load, connections: 1 } })).not.toBe(conditionsOf({}));
    expect(conditionsOf({ resources: { ...config.resources, cpus: 2 } })).not.toBe(conditionsOf({}));
  });

  test('leaves out what failed during the run', () => {
    const line = lineOf((run) => ({
      ...run,
      environments: run.environments.map((each) =>
        each.name === 'docker' ? { ...each, status: 'failed' as const, reason: 'It ended.' } : each,
      ),
    }));
    expect(line.environments.map(({ name }) => name)).not.toContain('docker');
    expect(line.figures.map(({ environment }) => environment)).not.toContain('docker');
  });
});

describe('hostFingerprint', () => {
  it('stands for what of a host matters, and for no more', () => {
    const host = { ...exampleHeader().host, kernel: 'Linux 6.18.1-generic', memoryMiB: 8000 };
    const fingerprint = hostFingerprint(host);
    expect(fingerprint).toMatch(/^[0-9a-f]{12}$/);
    expect(hostFingerprint({ ...host, kernel: 'Linux 6.18.2', memoryMiB: 8190, os: 'Other' })).toBe(
      fingerprint,
    );
    expect(hostFingerprint({ ...host, kernel: 'Linux 6.19.1' })).not.toBe(fingerprint);
    expect(hostFingerprint({ ...host, node: 'v99.0.0' })).not.toBe(fingerprint);
  });
});

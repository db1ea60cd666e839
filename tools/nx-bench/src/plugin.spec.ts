import { expect, it } from 'vitest';
import { benchTargets } from './plugin.ts';

const targets = benchTargets('apps/bench/bench.config.ts', {});

it('infers its targets from a bench.config.ts', () => {
  expect(Object.keys(targets)).toEqual([
    'measure',
    'report',
    'compare',
    'gate',
    'capacity',
    'doctor',
    'calibrate',
    'trend',
  ]);
  expect(targets.measure?.options).toEqual({ config: 'apps/bench/bench.config.ts' });
});

it('never caches a measurement and runs it alone', () => {
  expect(targets.measure).toMatchObject({ cache: false, parallelism: false });
});

it('tests, builds and bakes the workloads and brings machines up before it measures', () => {
  expect(targets.measure?.dependsOn).toEqual([
    { target: 'test', projects: ['tag:workload'] },
    { target: 'build', projects: ['tag:workload'] },
    { target: 'docker-build', projects: ['tag:workload'] },
    { target: 'vagrant-up', projects: ['tag:type:environment'] },
  ]);
});

it('passes the options of compare on to measure', () => {
  expect(targets.compare?.dependsOn).toEqual([{ target: 'measure', params: 'forward' }]);
});

it('takes other names for targets and tag', () => {
  const named = benchTargets('bench.config.ts', { measureTargetName: 'weigh', workloadTag: 'app' });
  expect(named.compare?.dependsOn).toEqual([{ target: 'weigh', params: 'forward' }]);
  expect(named.weigh?.dependsOn).toContainEqual({ target: 'test', projects: ['tag:app'] });
});

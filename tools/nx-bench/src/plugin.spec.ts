import { expect, it } from 'vitest';
import { benchTargets, createNodes } from './plugin.ts';

const targets = benchTargets('apps/bench/bench.config.ts', {});

it('infers its targets from a bench.config.ts', () => {
  expect(Object.keys(targets)).toEqual([
    'prepare',
    'measure',
    'report',
    'compare',
    'gate',
    'capacity',
    'doctor',
    'calibrate',
    'trend',
  ]);
  expect(targets.measure?.options).toMatchObject({ config: 'apps/bench/bench.config.ts' });
});

it('never caches a measurement and runs it alone', () => {
  expect(targets.measure).toMatchObject({ cache: false, parallelism: false });
});

it('shows in the graph what can be made ready, and leaves to the executors what a run takes of it', () => {
  const environmentTargets = ['docker-build', 'vagrant-box'];
  const { prepare } = benchTargets('bench.config.ts', { environmentTargets });
  expect(prepare?.dependsOn).toEqual([
    { target: 'test', projects: ['tag:workload'] },
    { target: 'build', projects: ['tag:workload'] },
    { target: 'docker-build', projects: ['tag:workload'] },
    { target: 'vagrant-box', projects: ['tag:workload'] },
    { target: 'docker-build', projects: ['tag:type:environment'] },
    { target: 'vagrant-box', projects: ['tag:type:environment'] },
  ]);
  for (const name of ['measure', 'compare', 'gate', 'capacity'])
    expect(targets[name]?.dependsOn).toBeUndefined();
  expect(targets.measure?.options).toMatchObject({
    workloadTag: 'workload',
    workloadTargets: ['test', 'build'],
  });
  expect(targets.gate?.options).toMatchObject({ workloadTargets: ['build'] });
});

it('takes other names for targets and tag', () => {
  const named = benchTargets('bench.config.ts', { measureTargetName: 'weigh', workloadTag: 'app' });
  expect(named.compare?.options).toEqual({ measureTarget: 'weigh', reportTarget: 'report' });
  expect(named.weigh?.options).toMatchObject({ workloadTag: 'app' });
});

it('names an option of nx.json that it does not have, and a wrong value', async () => {
  const infer = async (options: object) =>
    createNodes[1]([], options, { workspaceRoot: '/workspace', nxJsonConfiguration: {} });
  await expect(infer({ workloadTags: 'app' })).rejects.toThrow(
    '@tare/nx-bench: unknown option "workloadTags"; expected one of workloadTag, ',
  );
  await expect(infer({ workloadTargets: 'build' })).rejects.toThrow(
    '@tare/nx-bench: option workloadTargets is "build"; expected a list of texts',
  );
});

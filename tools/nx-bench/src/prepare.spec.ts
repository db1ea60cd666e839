import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { tasksFor } from './prepare.ts';

describe('the targets that a run takes', () => {
  const root = '/workspace';
  const targets = { build: {}, test: {}, 'docker-build': {} };
  const projects = {
    primes: { root: 'apps/primes', tags: ['workload'], targets },
    gallery: { root: 'apps/gallery', tags: ['workload'], targets: { build: {} } },
    vm: { root: 'environments/vm', targets: { 'make-box': {}, build: {} } },
    other: { root: 'other', targets },
  };
  const context = { root, projectsConfigurations: { version: 2, projects } };
  const options = { workloadTag: 'workload', workloadTargets: ['test', 'build'] };
  const docker = { preparedBy: [{ target: 'docker-build' }] };
  const vm = { preparedBy: [{ target: 'make-box', folder: pathToFileURL('/workspace/environments/vm/') }] };
  const named = (environments: Parameters<typeof tasksFor>[0]['environments'], ...workloads: string[]) =>
    tasksFor({ environments, workloads: workloads.map((name) => ({ name })) }, options, context).map(
      ({ project, target }) => `${project}:${target}`,
    );

  it('are those of the workloads and environments that are asked for', () => {
    expect(named([{}], 'primes')).toEqual(['primes:test', 'primes:build']);
    expect(named([{}, docker, docker], 'primes')).toEqual([
      'primes:test',
      'primes:build',
      'primes:docker-build',
    ]);
    expect(named([vm], 'gallery:view', 'gallery:mixed')).toEqual(['gallery:build', 'vm:make-box']);
  });

  it('are those of every workload where an app has no project of its name', () => {
    expect(named([{}], 'shop')).toEqual(['primes:test', 'primes:build', 'gallery:build']);
  });

  it('are none without the plugin', () => {
    expect(tasksFor({ environments: [docker], workloads: [{ name: 'primes' }] }, {}, context)).toEqual([]);
  });
});

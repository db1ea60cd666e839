import { pathToFileURL } from 'node:url';
import type { AppSource } from '@tare/environment';
import { describe, expect, it } from 'vitest';
import { tasksFor } from './prepare.ts';

describe('the targets that a run takes', () => {
  const root = '/workspace';
  const targets = { build: {}, test: {}, 'docker-build': { executor: '@tare/nx-docker:docker-build' } };
  const projects = {
    primes: { root: 'apps/primes', targets },
    '@shop/gallery': {
      root: 'apps/gallery',
      targets: { build: { outputs: ['{workspaceRoot}/dist/{projectRoot}'] } },
    },
    vm: { root: 'environments/vm', targets: { 'make-box': {}, build: {} } },
    other: { root: 'other', targets },
  };
  const context = { root, projectsConfigurations: { version: 2, projects } };
  const options = { workloadTargets: ['test', 'build'] };
  const docker = { preparedBy: [{ target: 'docker-build' }] };
  const vm = { preparedBy: [{ target: 'make-box', folder: pathToFileURL('/workspace/environments/vm/') }] };
  const project = (name: string): AppSource => ({ kind: 'project', project: name });
  const node = (path: string): AppSource => ({ kind: 'node', file: pathToFileURL(path) });
  const image = (name?: string): AppSource => ({
    kind: 'image',
    name: 'image',
    ...(name !== undefined && { project: name }),
    read: () => Promise.reject(new Error('unread')),
  });
  const named = (
    environments: Parameters<typeof tasksFor>[0]['environments'],
    apps: Record<string, AppSource>,
  ) => {
    const workloads = Object.entries(apps).map(([name, app]) => ({ name, app }));
    return tasksFor({ environments, workloads }, options, context).map(
      (task) => `${task.project}:${task.target}`,
    );
  };

  it('are those of the projects and environments that are asked for', () => {
    expect(named([{}], { api: project('primes') })).toEqual(['primes:test', 'primes:build']);
    expect(named([{}, docker, docker], { api: project('primes') })).toEqual([
      'primes:test',
      'primes:build',
      'primes:docker-build',
    ]);
    const loads = { 'g:view': project('@shop/gallery'), 'g:mixed': project('@shop/gallery') };
    expect(named([vm], loads)).toEqual(['@shop/gallery:build', 'vm:make-box']);
  });

  it('are those of the project that builds a file, else of the one that is called like the workload', () => {
    expect(named([{}], { any: node('/workspace/dist/apps/gallery/main.mjs') })).toEqual([
      '@shop/gallery:build',
    ]);
    expect(named([{}], { any: node('/workspace/apps/primes/server.js') })).toEqual([
      'primes:test',
      'primes:build',
    ]);
    expect(named([{}], { 'primes:much': node('/elsewhere/main.mjs') })).toEqual([
      'primes:test',
      'primes:build',
    ]);
    expect(named([{}], { any: node('/elsewhere/main.mjs'), pay: image() })).toEqual([]);
  });

  it('make the image that a workload is, whatever it is run in', () => {
    expect(named([{}], { api: image('primes') })).toEqual([
      'primes:test',
      'primes:build',
      'primes:docker-build',
    ]);
    expect(() => named([{}], { api: image('@shop/gallery') })).toThrow(
      'workload api: project @shop/gallery has no target of @tare/nx-docker:docker-build, which makes its image: write apps/gallery/Dockerfile',
    );
  });

  it('cannot be told where a workload names a project that is not there', () => {
    expect(() => named([{}], { api: project('gallery') })).toThrow(
      'workload api: there is no project "gallery" in this workspace, expected one of @shop/gallery; nx show',
    );
    expect(() => named([{}], { api: project('web') })).toThrow(
      'expected one of @shop/gallery, other, primes, vm;',
    );
  });

  it('are none without the plugin', () => {
    const workloads = [{ name: 'primes', app: project('primes') }];
    expect(tasksFor({ environments: [docker], workloads }, {}, context)).toEqual([]);
  });
});

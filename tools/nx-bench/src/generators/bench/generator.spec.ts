import { addProjectConfiguration, readJson, readNxJson, writeJson, type Tree } from '@nx/devkit';
import { createTreeWithEmptyWorkspace } from '@nx/devkit/testing';
import { projectsNamedIn } from '@tare/nx-kit/plugin';
import { beforeEach, expect, it } from 'vitest';
import bench from './generator.ts';

let tree: Tree;
beforeEach(() => {
  tree = createTreeWithEmptyWorkspace({ formatter: 'prettier' });
  addProjectConfiguration(tree, 'api', { root: 'apps/api', targets: { build: { command: 'make' } } });
  tree.write('apps/api/src/main.ts', `app.get('/products'); app.get('/health'); listen(process.env.PORT)`);
  addProjectConfiguration(tree, '@shop/flask', { root: 'apps/flask' });
  tree.write('apps/flask/app.py', `@app.get('/primecount')`);
});

const text = (path: string): string => tree.read(path, 'utf8') ?? '';

it('makes a project that measures another, with nothing to edit', async () => {
  await bench(tree, { project: 'api' });
  expect(text('apps/api-bench/bench.config.ts'))
    .toBe(`import { defineBench, namespace, native, project } from '@tare/nx-bench';

export default defineBench({
  workloads: {
    api: project('api', { get: '/products', health: '/health' }),
  },
  environments: [native(), namespace()],
});
`);
  expect(readJson(tree, 'apps/api-bench/project.json')).toMatchObject({ name: 'api-bench' });
  expect(readJson(tree, 'apps/api-bench/package.json')).toEqual({ private: true, type: 'module' });
  expect(readNxJson(tree)?.plugins).toEqual([{ plugin: '@tare/nx-bench/plugin' }]);
  expect(readJson(tree, 'package.json')).toMatchObject({
    devDependencies: { '@tare/nx-bench': expect.stringMatching(/^\d/) as string },
  });
  expect(text('.gitignore')).toContain('reports/runs\n');
});

it('changes nothing when it is run again, and leaves what was edited', async () => {
  await bench(tree, { project: 'api' });
  const first = tree.listChanges().map(({ path, content }) => [path, content?.toString()]);
  await bench(tree, { project: 'api' });
  expect(tree.listChanges().map(({ path, content }) => [path, content?.toString()])).toEqual(first);
  tree.write('apps/api-bench/bench.config.ts', '// edited\n');
  await bench(tree, { project: 'api', environments: ['docker'] });
  expect(text('apps/api-bench/bench.config.ts')).toBe('// edited\n');
});

it('measures several in a folder of its own, each by what runs it', async () => {
  tree.write('apps/flask/Dockerfile', 'FROM python\nEXPOSE 8000\n');
  await bench(tree, { project: 'api, @shop/flask', environments: ['native', 'docker'], directory: 'bench' });
  const config = text('bench/bench.config.ts');
  expect(config).toContain(`import { docker, image } from '@tare/nx-docker';`);
  expect(config).toContain(`flask: image({ project: '@shop/flask', port: 8000, get: '/primecount' }),`);
  expect(config).toContain('environments: [native(), docker()],');
  expect(config.trim().split('\n').length).toBeLessThanOrEqual(15);
  expect(projectsNamedIn(config)).toEqual(['api', '@shop/flask']);
  expect(readNxJson(tree)?.plugins).toContainEqual({ plugin: '@tare/nx-docker/plugin' });
  expect(readJson(tree, 'bench/project.json')).toMatchObject({ name: 'bench' });
});

it('measures an image in docker, whatever else is asked', async () => {
  tree.write('apps/flask/Dockerfile', 'FROM python\n');
  await bench(tree, { project: '@shop/flask' });
  expect(text('apps/flask-bench/bench.config.ts')).toContain(
    'environments: [native(), namespace(), docker()],',
  );
});

it('adds the plugin of an environment only where it has targets', async () => {
  await bench(tree, { project: 'api', environments: ['native', 'docker', 'vagrant'] });
  expect(readNxJson(tree)?.plugins).toEqual([{ plugin: '@tare/nx-bench/plugin' }]);
  expect(Object.keys(readJson<{ devDependencies: object }>(tree, 'package.json').devDependencies)).toEqual([
    '@tare/nx-bench',
    '@tare/nx-docker',
    '@tare/nx-vagrant',
  ]);
});

it('is a package where the workspace is made of packages', async () => {
  writeJson(tree, 'package.json', { name: 'shop', workspaces: ['packages/*'] });
  writeJson(tree, 'packages/pay/package.json', { name: '@shop/pay', scripts: { start: 'node server.js' } });
  tree.write('packages/pay/server.js', `app.get('/pay'); app.listen(4000)`);
  await bench(tree, { project: '@shop/pay' });
  expect(readJson(tree, 'packages/pay-bench/package.json')).toEqual({
    name: '@shop/pay-bench',
    version: '0.0.0',
    private: true,
    type: 'module',
    nx: { name: 'pay-bench' },
  });
  expect(tree.exists('packages/pay-bench/project.json')).toBe(false);
  expect(text('packages/pay-bench/bench.config.ts')).toContain(
    `pay: project('@shop/pay', { port: 4000, get: '/pay' }),`,
  );
});

it('starts what Python names as its program where nothing else tells', async () => {
  await bench(tree, { project: '@shop/flask', get: "/it's" });
  expect(text('apps/flask-bench/bench.config.ts')).toContain(
    `flask: project('@shop/flask', { command: 'python3 app.py', get: "/it's" }),`,
  );
});

it('says what makes a folder a project where there is none', async () => {
  const empty = createTreeWithEmptyWorkspace({ formatter: 'prettier' });
  await expect(bench(empty, { project: 'api' })).rejects.toThrow(
    '--project=api: there is no project "api" in this workspace, nor any other; a folder is a project by its project.json',
  );
});

it('says in one line what is wrong, and writes nothing into the folder', async () => {
  await expect(bench(tree, { project: 'apy' })).rejects.toThrow(
    '--project=apy: there is no project "apy" in this workspace, expected one of @shop/flask, api',
  );
  await expect(bench(tree, { project: 'api', environments: ['podman'] })).rejects.toThrow(
    '--environments=podman: "podman" is unknown, expected some of native, namespace, docker, vagrant',
  );
  addProjectConfiguration(tree, 'docs', { root: 'docs' });
  await expect(bench(tree, { project: 'docs' })).rejects.toThrow(
    'project docs has no target "build", no script "start" and no Dockerfile in docs: give it one of them',
  );
  expect(tree.exists('docs-bench')).toBe(false);
});

import {
  addProjectConfiguration,
  formatFiles,
  readJson,
  readNxJson,
  updateNxJson,
  type Tree,
} from '@nx/devkit';
import { createTreeWithEmptyWorkspace } from '@nx/devkit/testing';
import { beforeEach, expect, it } from 'vitest';
import bench from '../bench/generator.ts';
import workflow from '../workflow/generator.ts';
import remove from './generator.ts';

let tree: Tree;
let before: ReturnType<typeof files>;
beforeEach(async () => {
  tree = createTreeWithEmptyWorkspace({ formatter: 'prettier' });
  tree.write('.gitignore', 'node_modules\ntmp');
  addProjectConfiguration(tree, 'api', { root: 'apps/api', targets: { build: { command: 'make' } } });
  tree.write('apps/api/src/main.ts', `app.get('/products')`);
  addProjectConfiguration(tree, 'pay', { root: 'apps/pay' });
  tree.write('apps/pay/Dockerfile', 'FROM scratch\n');
  updateNxJson(tree, { ...readNxJson(tree), defaultBase: 'main' });
  await formatFiles(tree);
  before = files();
});

/** All that would be on the disk. */
function files(): Readonly<Record<string, string | undefined>> {
  const kept = tree.listChanges().filter(({ type }) => type !== 'DELETE');
  return Object.fromEntries(kept.map(({ path, content }) => [path, content?.toString()]));
}

it('leaves the workspace as it was before, and nothing to do for a second time', async () => {
  await bench(tree, { project: 'api, pay', environments: ['native', 'docker'] });
  await bench(tree, { project: 'api', environments: ['native', 'vagrant'] });
  await workflow(tree, { threshold: 3 });
  tree.write('dist/tare/pay/server.js', '');
  await remove(tree, {});
  expect(files()).toEqual(before);
  await remove(tree, {});
  expect(files()).toEqual(before);
});

it('leaves what was edited', async () => {
  await bench(tree, { project: 'api' });
  await workflow(tree, {});
  const [config, ci] = ['apps/api-bench/bench.config.ts', '.github/workflows/bench.yml'] as const;
  for (const path of [config, ci])
    tree.write(path, (tree.read(path, 'utf8') ?? '').replace('/products', '/products/7').replace('60', '30'));
  const edited = [config, ci, 'apps/api-bench/package.json', 'apps/api-bench/project.json'];
  const texts = edited.map((path) => [path, tree.read(path, 'utf8')]);
  await remove(tree, {});
  expect(files()).toEqual({ ...before, ...Object.fromEntries(texts) });
});

it('leaves a bench with a file beside it that nobody has made, and one in the folder of an app', async () => {
  await bench(tree, { project: 'api' });
  tree.write('apps/api-bench/notes.md', '');
  tree.write('apps/pay/bench.config.ts', `project('pay'); environments: [native()]`);
  await remove(tree, {});
  expect(tree.exists('apps/api-bench/bench.config.ts')).toBe(true);
  expect(tree.exists('apps/pay/Dockerfile')).toBe(true);
});

it('leaves what was measured and the lines about it, unless it is to go', async () => {
  await bench(tree, { project: 'api' });
  tree.write('reports/latest/run.json', '{}');
  tree.write('reports/junit.xml', '');
  const ignored = tree.read('.gitignore', 'utf8');
  await remove(tree, {});
  expect(tree.exists('reports/latest/run.json')).toBe(true);
  expect(tree.read('.gitignore', 'utf8')).toBe(ignored);
  await remove(tree, { deleteReports: true });
  expect(files()).toEqual({ ...before, 'reports/junit.xml': '' });
});

it('leaves the plugins and packages of others', async () => {
  const plugins = ['@nx/js', { plugin: '@tare/nx-docker/plugin', options: { bakes: ['apps/api'] } }];
  updateNxJson(tree, { ...readNxJson(tree), plugins });
  tree.write(
    'package.json',
    JSON.stringify({ devDependencies: { '@tare/nx-docker': '1', '@tare/metrics': '1' } }),
  );
  await remove(tree, {});
  expect(readNxJson(tree)?.plugins).toEqual(['@nx/js']);
  expect(readJson(tree, 'package.json')).toEqual({ devDependencies: { '@tare/metrics': '1' } });
});

import { execFileSync } from 'node:child_process';
import { mkdtempSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addProjectConfiguration, readNxJson, type Tree } from '@nx/devkit';
import { createTreeWithEmptyWorkspace } from '@nx/devkit/testing';
import { beforeEach, expect, it } from 'vitest';
import environment from './generator.ts';

let tree: Tree;
beforeEach(() => {
  tree = createTreeWithEmptyWorkspace({ formatter: 'prettier' });
  addProjectConfiguration(tree, 'api-bench', { root: 'api-bench' });
  tree.write(
    'api-bench/bench.config.ts',
    `import { defineBench, native } from '@tare/nx-bench';

export default defineBench({
  workloads: {},
  environments: [native()],
});
`,
  );
});

const text = (path: string): string => tree.read(path, 'utf8') ?? '';

it('makes an environment whose test passes', async () => {
  await environment(tree, { name: 'one-arena', project: 'api-bench' });
  const folder = mkdtempSync(join(tmpdir(), 'tare-generated-'));
  try {
    mkdirSync(join(folder, 'node_modules/@tare'), { recursive: true });
    symlinkSync(join(import.meta.dirname, '../../..'), join(folder, 'node_modules/@tare/nx-bench'));
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
    for (const file of ['one-arena.ts', 'one-arena.spec.ts'])
      writeFileSync(join(folder, file), text(`api-bench/environments/${file}`));
    const output = execFileSync(process.execPath, ['--test', join(folder, 'one-arena.spec.ts')], {
      encoding: 'utf8',
      env: { PATH: process.env.PATH },
    });
    expect(output).toMatch(/pass 1\b/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it('puts it into bench.config.ts once', async () => {
  await environment(tree, { name: 'one-arena', project: 'api-bench' });
  await environment(tree, { name: 'one-arena', project: 'api-bench' });
  expect(text('api-bench/bench.config.ts')).toBe(`import { defineBench, native } from '@tare/nx-bench';
import { oneArena } from './environments/one-arena.ts';

export default defineBench({
  workloads: {},
  environments: [native(), oneArena()],
});
`);
});

it('leaves an environment that is there', async () => {
  tree.write('api-bench/environments/own.ts', '// edited\n');
  await environment(tree, { name: 'own', project: 'api-bench' });
  expect(text('api-bench/environments/own.ts')).toBe('// edited\n');
});

it('takes the recipe of a package out, where it can be changed, and bakes by it what is measured', async () => {
  addProjectConfiguration(tree, 'api', { root: 'apps/api' });
  tree.write('api-bench/bench.config.ts', `project('api', { get: '/' })`);
  await environment(tree, { name: 'docker', project: 'api-bench', skipFormat: true });
  tree.write('environments/docker/base-recipe.json', '{ "suite": "trixie" }');
  await environment(tree, { name: 'docker', project: 'api-bench', skipFormat: true });
  expect(text('environments/docker/Dockerfile')).toContain('ENTRYPOINT ["/usr/local/bin/node"]');
  expect(text('environments/docker/base-recipe.json')).toContain('trixie');
  expect(readNxJson(tree)?.plugins).toEqual([
    {
      plugin: '@tare/nx-docker/plugin',
      options: { bakes: { 'environments/docker/Dockerfile': ['apps/api'] } },
    },
  ]);
});

it('takes the recipe of a machine out with all of its folders, which vagrant() then uses', async () => {
  await environment(tree, { name: 'vagrant', project: 'api-bench', skipFormat: true });
  const overlay = 'environments/vagrant/box/overlay/etc/ssh/sshd_config.d/tare.conf';
  for (const file of ['environments/vagrant/Vagrantfile', 'environments/vagrant/build-box.sh', overlay])
    expect(tree.exists(file)).toBe(true);
  expect(readNxJson(tree)?.plugins).toEqual([{ plugin: '@tare/nx-vagrant/plugin' }]);
  expect(text('api-bench/bench.config.ts')).not.toContain('environments/vagrant');
});

it('says in one line what is wrong', async () => {
  await expect(environment(tree, { name: 'One Arena', project: 'api-bench' })).rejects.toThrow(
    '--name=One Arena: expected small letters, digits and hyphens',
  );
  await expect(environment(tree, { name: 'native', project: 'api-bench' })).rejects.toThrow(
    '--name=native: @tare/nx-bench has no recipe to take out, expected a name of your own',
  );
  addProjectConfiguration(tree, 'api', { root: 'api' });
  await expect(environment(tree, { name: 'own', project: 'api' })).rejects.toThrow(
    '--project=api: there is no api/bench.config.ts; make one: nx g @tare/nx-bench:bench <project>',
  );
});

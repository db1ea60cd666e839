import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CreateNodesResult } from '@nx/devkit';
import { afterAll, expect, test } from 'vitest';
import { createNodes, parsePluginOptions, pluginSource } from './plugin.ts';

const workspaceRoot = mkdtempSync(join(tmpdir(), 'tare-test-'));
afterAll(() => {
  rmSync(workspaceRoot, { recursive: true });
});

for (const [folder, name] of [
  ['images', '@acme/images'],
  ['apps/web', '@acme/web'],
  ['apps/own', '@acme/own'],
] as const) {
  mkdirSync(join(workspaceRoot, folder), { recursive: true });
  const manifest = { name, nx: { name: name.slice('@acme/'.length) } };
  writeFileSync(join(workspaceRoot, folder, 'package.json'), JSON.stringify(manifest));
}

const infer = async (
  dockerfiles: readonly string[],
  options: unknown,
): Promise<CreateNodesResult['projects']> => {
  const results = await createNodes[1](dockerfiles, options, { workspaceRoot, nxJsonConfiguration: {} });
  return Object.assign({}, ...results.map(([, { projects }]) => projects)) as CreateNodesResult['projects'];
};
const bakes = { 'images/Dockerfile': ['apps/web'] };

test('a recipe’s project gets probe and base, and what it bakes docker-build', async () => {
  const projects = await infer(['images/Dockerfile'], { bakes });
  expect(Object.keys(projects?.images?.targets ?? {})).toEqual(['probe', 'base']);
  expect(projects?.['apps/web']?.targets?.['docker-build']).toMatchObject({
    executor: '@tare/nx-docker:docker-build',
    cache: true,
    options: { artifact: 'dist/apps/web/main.mjs', out: 'dist/docker/web' },
    dependsOn: ['build', { target: 'probe', projects: ['images'] }, { target: 'base', projects: ['images'] }],
    outputs: [
      '{workspaceRoot}/dist/docker/web/image.json',
      '{workspaceRoot}/dist/docker/web/image.tar',
      '{workspaceRoot}/dist/docker/web/sbom.cdx.json',
    ],
  });
  expect(projects?.['apps/web']?.targets?.['docker-build']?.inputs).toEqual(
    expect.arrayContaining(
      ['main.mjs', 'NOTICES.txt'].map((file) => ({ dependentTasksOutputFiles: `**/${file}` })),
    ),
  );
});

test('an image is pushed after it was built, each time', async () => {
  const projects = await infer(['images/Dockerfile'], { bakes });
  expect(projects?.['apps/web']?.targets?.['docker-push']).toMatchObject({
    executor: '@tare/nx-docker:docker-push',
    options: { out: 'dist/docker/web' },
    dependsOn: ['docker-build'],
    cache: false,
  });
});

test('an image is run after it was built, until it is ended', async () => {
  const projects = await infer(['images/Dockerfile'], { bakes });
  expect(projects?.['apps/web']?.targets?.['docker-run']).toMatchObject({
    executor: '@tare/nx-docker:docker-run',
    options: { out: 'dist/docker/web' },
    dependsOn: ['docker-build'],
    continuous: true,
    cache: false,
  });
});

test('the probe is never cached', async () => {
  const projects = await infer(['images/Dockerfile'], { bakes });
  expect(projects?.images?.targets?.probe?.cache).toBe(false);
});

test('without a Dockerfile in the workspace the recipe of the package bakes what is listed', async () => {
  const projects = await infer(['nx.json'], { bakes: ['apps/web'] });
  expect(Object.keys(projects?.['apps/web']?.targets ?? {})).toEqual([
    'docker-probe',
    'docker-build',
    'docker-run',
    'docker-push',
  ]);
  const target = projects?.['apps/web']?.targets?.['docker-build'];
  expect(target?.options).toEqual({
    artifact: 'dist/apps/web/main.mjs',
    probe: 'dist/docker/probe.json',
    out: 'dist/docker/web',
  });
  expect(target?.dependsOn).toEqual(['build', 'docker-probe']);
});

test('a Dockerfile of a project’s own gives it targets only where somebody asks for its image', async () => {
  const dockerfiles = ['apps/own/Dockerfile', 'apps/web/Dockerfile'];
  expect(await infer(dockerfiles, undefined)).toEqual({});
  const config = 'bench/bench.config.ts';
  mkdirSync(join(workspaceRoot, 'bench'), { recursive: true });
  writeFileSync(
    join(workspaceRoot, config),
    `import './api.ts'; import { own } from './own.ts'; project('web')`,
  );
  writeFileSync(
    join(workspaceRoot, 'bench/own.ts'),
    `export const own = image({ project: 'own', get: '/' });`,
  );
  for (const projects of [
    await infer([...dockerfiles, config], undefined),
    await infer(['apps/own/Dockerfile'], { ownDockerfiles: true }),
  ]) {
    expect(Object.keys(projects ?? {})).toEqual(['apps/own']);
    expect(projects?.['apps/own']?.targets?.['docker-build']).toMatchObject({
      options: { dockerfile: 'apps/own/Dockerfile', context: 'apps/own' },
      dependsOn: ['build', 'docker-probe'],
    });
  }
});

test('a project that bakes lists is not built by its own Dockerfile, too', async () => {
  const dockerfiles = ['images/Dockerfile', 'apps/web/Dockerfile'];
  const options = { bakes, ownDockerfiles: true };
  expect(await infer(dockerfiles, options)).toEqual(await infer(['images/Dockerfile'], options));
});

test('every target has the name that the options give it', async () => {
  const names = {
    targetName: 'image',
    runTargetName: 'start',
    pushTargetName: 'ship',
    probeTargetName: 'engine',
    recipeProbeTargetName: 'look',
    recipeBaseTargetName: 'userland',
  };
  const shared = await infer(['images/Dockerfile'], { ...names, bakes });
  expect(Object.keys(shared?.images?.targets ?? {})).toEqual(['look', 'userland']);
  expect(shared?.['apps/web']?.targets?.image?.dependsOn).toEqual([
    'build',
    { target: 'look', projects: ['images'] },
    { target: 'userland', projects: ['images'] },
  ]);
  const own = await infer(['apps/own/Dockerfile'], { ...names, ownDockerfiles: true });
  expect(Object.keys(own?.['apps/own']?.targets ?? {})).toEqual(['engine', 'image', 'start', 'ship']);
});

test('what goes into an image and Nx does not hash is an input: modes, links, what git ignores', async () => {
  const folder = join(workspaceRoot, 'apps/own');
  writeFileSync(join(folder, 'Dockerfile'), 'FROM scratch\n');
  const projects = await infer(['apps/own/Dockerfile'], { ownDockerfiles: true });
  const inputs = projects?.['apps/own']?.targets?.['docker-build']?.inputs ?? [];
  const runtime = inputs.flatMap((input) =>
    typeof input === 'object' && 'runtime' in input ? [input.runtime] : [],
  );
  const [program = '', ...words] = (runtime[0] ?? '').split(' ').map((word) => word.replaceAll('"', ''));
  expect(program).toBe('node');
  const digest = (): string =>
    execFileSync(process.execPath, words, { cwd: workspaceRoot, encoding: 'utf8' });
  const digests = [digest(), digest()];
  expect(new Set(digests).size).toBe(1);
  for (const change of [
    () => {
      chmodSync(join(folder, 'Dockerfile'), 0o600);
    },
    () => {
      symlinkSync('nowhere', join(folder, 'link'));
    },
    () => mkdirSync(join(folder, 'empty')),
  ]) {
    change();
    digests.push(digest());
  }
  expect(new Set(digests).size).toBe(4);
});

test('a Dockerfile outside of a project gets no target', async () => {
  expect(await infer(['elsewhere/Dockerfile'], { ownDockerfiles: true })).toEqual({});
});

test('a recipe that is not there, and a folder that is no project, are named', async () => {
  await expect(async () => infer([], { bakes })).rejects.toThrow('option bakes names "images/Dockerfile"');
  const wrong = { bakes: { 'images/Dockerfile': ['apps/none'] } };
  await expect(async () => infer(['images/Dockerfile'], wrong)).rejects.toThrow(
    'option bakes lists "apps/none"',
  );
});

test('its own source is an input where Nx knows it: as a project, or as an installed package', () => {
  const sourceIn = (folder: string) => pluginSource({ workspaceRoot, nxJsonConfiguration: {} }, folder);
  expect(sourceIn(join(workspaceRoot, 'apps/own'))).toEqual([{ projects: ['own'], input: 'default' }]);
  expect(sourceIn(join(workspaceRoot, 'node_modules/@tare/nx-docker'))).toEqual([
    { externalDependencies: ['@tare/nx-docker'] },
  ]);
  // a linked copy, as the base of a gate has it
  expect(sourceIn(join(workspaceRoot, '../elsewhere/tools/nx-docker'))).toEqual([]);
});

test.each([
  [{ bake: {} }, 'unknown option "bake"; expected one of bakes, ownDockerfiles, artifact, buildTarget'],
  [
    { bakes: [1] },
    'option bakes is [1]; expected an object of Dockerfile → project folders, or a list of project folders',
  ],
  [{ bakes: { a: ['apps/web'], b: ['apps/web'] } }, 'option bakes lists "apps/web" twice; expected it once'],
  [{ ownDockerfiles: 1 }, 'option ownDockerfiles is 1; expected true or false'],
  [
    { bakes: { Dockerfile: 'apps/a' } },
    'option bakes["Dockerfile"] is "apps/a"; expected a list of project folders',
  ],
  [{ artifact: '' }, 'option artifact is ""; expected a path'],
  [{ buildTarget: 1 }, 'option buildTarget is 1; expected the name of a target'],
])('%j is refused in one line', (given, message) => {
  expect(() => parsePluginOptions(given)).toThrow(`@tare/nx-docker: ${message}`);
});

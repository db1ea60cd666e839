import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { CreateDependenciesContext, ProjectConfiguration } from '@nx/devkit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { benchTargets, createDependencies, createNodes } from './plugin.ts';

const bench = { project: 'bench', named: ['@shop/api', 'web'] };
const targets = benchTargets('apps/bench/bench.config.ts', {}, bench);

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
    'runs',
  ]);
  expect(targets.measure?.options).toMatchObject({ config: 'apps/bench/bench.config.ts' });
});

it('never caches a measurement and runs it alone', () => {
  expect(targets.measure).toMatchObject({ cache: false, parallelism: false });
});

it('shows in the graph what can be made ready, and leaves to the executors what a run takes of it', () => {
  const { prepare } = benchTargets('bench.config.ts', { environmentTargets: ['docker-build'] }, bench);
  expect(prepare?.dependsOn).toEqual([
    { target: 'test', projects: ['@shop/api', 'web'] },
    { target: 'build', projects: ['@shop/api', 'web'] },
    { target: 'docker-build', dependencies: true },
  ]);
  for (const name of ['measure', 'compare', 'gate', 'capacity'])
    expect(targets[name]?.dependsOn).toBeUndefined();
  expect(targets.measure?.options).toMatchObject({ workloadTargets: ['test', 'build'] });
  expect(targets.gate?.options).toMatchObject({ workloadTargets: ['build'] });
});

it('takes other names for its targets', () => {
  const named = benchTargets(
    'bench.config.ts',
    { measureTargetName: 'weigh', trendTargetName: 'past' },
    bench,
  );
  expect(named.compare?.options).toEqual({ measureTarget: 'weigh', reportTarget: 'report' });
  expect(Object.keys(named)).toEqual(expect.arrayContaining(['weigh', 'past']));
  expect(named).not.toHaveProperty('trend');
  expect(named.past?.metadata?.help?.command).toBe('npx nx run bench:past --help');
});

it('names an option of nx.json that it does not have, and a wrong value', async () => {
  const infer = async (options: object) =>
    createNodes[1]([], options, { workspaceRoot: '/workspace', nxJsonConfiguration: {} });
  await expect(infer({ workloadTag: 'app' })).rejects.toThrow(
    '@tare/nx-bench: unknown option "workloadTag"; expected one of workloadTargets, ',
  );
  await expect(infer({ workloadTargets: 'build' })).rejects.toThrow(
    '@tare/nx-bench: option workloadTargets is "build"; expected a list of texts',
  );
});

let workspaceRoot: string;
beforeEach(() => {
  workspaceRoot = mkdtempSync(join(tmpdir(), 'tare-plugin-'));
});
afterEach(() => {
  rmSync(workspaceRoot, { recursive: true });
});

const projects: Record<string, ProjectConfiguration> = {
  workspace: { root: '.' },
  bench: { root: 'apps/bench' },
  '@shop/api': { root: 'apps/api' },
  web: {
    root: 'apps/web',
    targets: { build: { outputs: ['{options.outputPath}'], options: { outputPath: 'dist/apps/web' } } },
  },
  machine: {
    root: 'machine',
    targets: { build: { outputs: ['{projectRoot}', '{workspaceRoot}/dist/*.tar'] } },
  },
};

function edges(files: Readonly<Record<string, string>>): readonly string[] {
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(join(workspaceRoot, dirname(file)), { recursive: true });
    writeFileSync(join(workspaceRoot, file), text);
  }
  const context = { projects, workspaceRoot } as unknown as CreateDependenciesContext;
  const found = createDependencies(undefined, context) as {
    source: string;
    target: string;
    sourceFile: string;
  }[];
  return found.map(({ source, target, sourceFile }) => `${source} → ${target} by ${sourceFile}`);
}

it('makes a bench depend on the projects that it names, in its own files too', () => {
  const found = edges({
    'apps/bench/bench.config.ts': `
      import { defineBench } from '@tare/nx-bench';
      import { api } from './workloads/api.ts';
      import { gone } from './gone.ts';
      import { other } from '../other/index.ts';
      export default defineBench({ workloads: { api, self: project('bench'), x: project('misspelt') } });`,
    'apps/bench/workloads/api.ts': `export const api = project('@shop/api');`,
    'apps/other/index.ts': `export const other = project('web');`,
  });
  expect(found).toEqual(['bench → @shop/api by apps/bench/workloads/api.ts']);
});

it('makes a bench depend on the projects whose files or outputs it refers to', () => {
  const found = edges({
    'apps/bench/bench.config.ts': `
      node(new URL('../../dist/apps/web/main.mjs', import.meta.url));
      files(new URL("../api/src/", import.meta.url), 'python3 app.py');
      vagrant({ folder: new URL(\`../../machine/\`, import.meta.url) });
      native({ records: new URL('../../dist/other/', import.meta.url), own: new URL('./x', import.meta.url) });`,
  });
  expect(found).toEqual([
    'bench → web by apps/bench/bench.config.ts',
    'bench → @shop/api by apps/bench/bench.config.ts',
    'bench → machine by apps/bench/bench.config.ts',
  ]);
});

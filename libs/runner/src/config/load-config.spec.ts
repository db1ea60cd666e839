import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readArtifact } from '../run/read-artifact.ts';
import { loadConfig } from './load-config.ts';
import { applyOverrides } from './overrides.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tare-config-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function load(name: string, text: string) {
  const path = join(folder, name);
  await writeFile(path, text);
  return loadConfig(path, name);
}

it('says that a file is not there', async () => {
  await expect(loadConfig(join(folder, 'none.ts'), 'none.ts')).rejects.toThrow(
    'none.ts could not be loaded: ',
  );
});

it('has projects found when they are read, and not before', async () => {
  const asked: string[] = [];
  const path = join(folder, 'projects.ts');
  await writeFile(
    path,
    `export default {
      workloads: { api: { app: { kind: 'project', project: '@shop/api', command: ['node', 'server.js'] }, get: '/' } },
      environments: [${JSON.stringify({ name: 'moon', kind: 'moon' })}].map((each) => ({ ...each,
        probe() {}, reap() {}, prepare() {}, start() {}, dispose() {} })),
    };`,
  );
  const settings = await loadConfig(path, 'projects.ts', ({ project, command = [] }, workload) => {
    asked.push(workload, project);
    return { kind: 'files', folder: pathToFileURL(`${folder}/`), command };
  });
  expect(asked).toEqual([]);
  const { workloads } = applyOverrides(settings, {});
  const artifacts = await Promise.all(workloads.map((each) => readArtifact(each)));
  expect(asked).toEqual(['api', '@shop/api']);
  expect(artifacts).toMatchObject([
    { kind: 'files', workload: 'api', project: '@shop/api', path: folder, command: ['node', 'server.js'] },
  ]);
});

it('says what a configuration threw', async () => {
  await expect(load('throws.ts', 'throw new Error("no such luck")')).rejects.toThrow(
    'throws.ts could not be loaded: no such luck',
  );
});

it('says that the default export is missing', async () => {
  await expect(load('empty.ts', 'export const x = 1;')).rejects.toThrow('empty.ts has no default export');
});

it('says which member is missing', async () => {
  await expect(load('partial.ts', 'export default { workloads: [] }')).rejects.toThrow(
    'partial.ts: workloads: ',
  );
});

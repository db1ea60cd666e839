import vagrantBox from './vagrant-box/executor.ts';
import vagrantDestroy from './vagrant-destroy/executor.ts';
import vagrantHalt from './vagrant-halt/executor.ts';
import vagrantSsh from './vagrant-ssh/executor.ts';
import vagrantUp from './vagrant-up/executor.ts';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutorContext } from '@nx/devkit';
import { writeRecord } from '@tare/nx-kit';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

let root = '';
let said = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tare-test-'));
  said = '';
  const hear = (chunk: string | Uint8Array): boolean => {
    said += String(chunk);
    return true;
  };
  vi.spyOn(process.stdout, 'write').mockImplementation(hear);
  vi.spyOn(process.stderr, 'write').mockImplementation(hear);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true });
});

const none = { provider: 'none', reason: 'no vagrant on the PATH', remedy: 'Install it.', nonce: 'n' };
const box = {
  mode: 'auto',
  recipe: 'vm',
  publicBox: 'acme/box',
  publicVersion: '1.0',
  probe: 'probe.json',
  out: 'box',
} as const;
const up = {
  folder: 'vm',
  workloadTag: 'workload',
  artifact: 'main.mjs',
  accelerator: 'auto',
  healthPath: '/',
  bootDeadlineSeconds: 1,
  probe: 'probe.json',
  box: 'box',
} as const;
const context = (): ExecutorContext => ({
  root,
  cwd: root,
  isVerbose: false,
  projectsConfigurations: { version: 2, projects: {} },
  nxJsonConfiguration: {},
  projectGraph: { nodes: {}, dependencies: {} },
});

test('without a provider nothing is booted, which one line says', async () => {
  await writeRecord(join(root, 'probe.json'), none);
  vi.stubEnv('TARE_REQUIRE', '');
  expect(await vagrantUp(up, context())).toEqual({ success: true });
  expect(said).toBe('vagrant-up skipped: no vagrant on the PATH. Install it.\n');
});

test('what TARE_REQUIRE names must be there', async () => {
  await writeRecord(join(root, 'probe.json'), none);
  vi.stubEnv('TARE_REQUIRE', 'docker,vagrant');
  expect(await vagrantUp(up, context())).toEqual({ success: false });
  expect(said).toBe(
    'vagrant-up failed: TARE_REQUIRE names vagrant, and there is no vagrant on the PATH. Install it.\n',
  );
});

test('a skip leaves no box of an earlier build, which would go into the cache in its name', async () => {
  await writeRecord(join(root, 'probe.json'), none);
  vi.stubEnv('TARE_REQUIRE', '');
  mkdirSync(join(root, 'box'));
  writeFileSync(join(root, 'box/tare.box'), '');
  expect(await vagrantBox(box, context())).toEqual({ success: true });
  expect(existsSync(join(root, 'box'))).toBe(false);
});

test('a missing probe is reported with what to run', async () => {
  expect(await vagrantUp(up, context())).toEqual({ success: false });
  expect(said).toContain('Run the target vagrant-probe first.');
});

test('where there is no machine, nothing is shut down or removed, and a command fails', async () => {
  expect(await vagrantHalt({ folder: 'vm' }, context())).toEqual({ success: true });
  expect(await vagrantDestroy({ folder: 'vm', box: 'box', forgetBox: false }, context())).toEqual({
    success: true,
  });
  expect(await vagrantSsh({ folder: 'vm', __unparsed__: ['true'] }, context())).toEqual({ success: false });
  expect(said.trim().split('\n')).toEqual([
    'vagrant-halt: no machine runs (not_created)',
    'vagrant-destroy: there is no machine',
    'vagrant-ssh: no machine runs (not_created); start it: nx run vagrant:vagrant-up',
  ]);
});

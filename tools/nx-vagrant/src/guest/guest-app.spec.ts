import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FilesArtifact, hashFolder } from '@tare/environment';
import { afterAll, expect, test } from 'vitest';
import type { Ssh } from '../ssh.ts';
import { folderDigestCommand, requireProgram } from './guest-app.ts';

const root = mkdtempSync(join(tmpdir(), 'tare-test-'));
afterAll(() => {
  rmSync(root, { recursive: true });
});

function inGuest(folder: string): string {
  const [program = '', ...words] = folderDigestCommand(folder, process.execPath);
  return execFileSync(program, words, { encoding: 'utf8' });
}

test('the guest’s digest of a folder is the host’s', async () => {
  const folder = join(root, 'app');
  mkdirSync(join(folder, 'node_modules/@a/b'), { recursive: true });
  mkdirSync(join(folder, 'empty'));
  writeFileSync(join(folder, 'server.js'), 'serve()');
  writeFileSync(join(folder, 'node_modules/@a/b/größe.node'), Buffer.from([0, 255, 1]));
  writeFileSync(join(folder, 'start'), '#!/bin/sh');
  chmodSync(join(folder, 'start'), 0o755);
  symlinkSync('../nowhere', join(folder, 'link'));
  const host = async () => (await hashFolder(folder, AbortSignal.timeout(5000)))?.sha256;
  const before = await host();
  expect(inGuest(folder)).toBe(before);
  chmodSync(join(folder, 'start'), 0o644);
  expect(inGuest(folder)).not.toBe(before);
  expect(inGuest(folder)).toBe(await host());
});

test('a folder that is not there has none', () => {
  expect(inGuest(join(root, 'none'))).toBe('');
});

// the shell of this host in the place of the guest's
const shell: Pick<Ssh, 'run'> = {
  run: (command) => {
    const { stdout, stderr, status } = spawnSync('sh', ['-c', command], { encoding: 'utf8' });
    return Promise.resolve({ stdout, stderr, code: status ?? 255 });
  },
};

test('a program that neither the folder nor a package brings is named, with what to do', async () => {
  const app: FilesArtifact = {
    kind: 'files',
    workload: 'api',
    path: root,
    command: ['sh'],
    sha256: '',
    bytes: 1,
  };
  const signal = AbortSignal.timeout(5000);
  await requireProgram(shell, app, signal);
  await expect(requireProgram(shell, { ...app, command: ['no-such-program'] }, signal)).rejects.toThrow(
    "api: there is no program no-such-program in the VM; correct the command, or name its Debian package: base: { packages: ['…'] }",
  );
  const based = { ...app, command: ['no-server'], base: { packages: ['gunicorn'] } };
  await expect(requireProgram(shell, based, signal)).rejects.toThrow(
    'api: there is no program no-server in the VM; correct the command, or name the package that has it in base.packages',
  );
});

import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { findCredentials } from './credentials.ts';

const signal = AbortSignal.timeout(60_000);
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tare-test-'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

const find = (host: string, variables: Readonly<Record<string, string>> = {}, username?: string) =>
  findCredentials(host, username, signal, { DOCKER_CONFIG: folder, ...variables });
const write = (config: object): void => {
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
};
const auth = Buffer.from('ann:p:w').toString('base64');

/** A credential helper on the PATH, as Docker starts it. */
const helper = (script: string): void => {
  const path = join(folder, 'docker-credential-test');
  writeFileSync(path, `#!/bin/sh\nread server\n${script}\n`);
  chmodSync(path, 0o755);
  vi.stubEnv('PATH', `${folder}:${process.env.PATH}`);
};

test('the environment goes before what is stored', async () => {
  write({ auths: { 'ghcr.io': { auth } } });
  expect(await find('ghcr.io', { DOCKER_PASSWORD: 'x\n' }, 'bob')).toMatchObject({
    username: 'bob',
    password: 'x',
  });
});

test('without anything there are no credentials', async () => {
  expect(await find('ghcr.io')).toBeUndefined();
  write({ auths: { 'other.io': { auth } } });
  expect(await find('ghcr.io', { DOCKER_PASSWORD: '' })).toBeUndefined();
});

test.each([
  ['ghcr.io', 'ghcr.io'],
  ['https://localhost:5000/v1/', 'localhost:5000'],
  ['https://index.docker.io/v1/', 'docker.io'],
])('what docker login stored for %s is for %s', async (key, host) => {
  write({ auths: { [key]: { auth } } });
  expect(await find(host)).toMatchObject({ username: 'ann', password: 'p:w', isIdentityToken: false });
});

test('an identity token is one', async () => {
  write({ auths: { 'ghcr.io': { auth, identitytoken: 'long' } } });
  expect(await find('ghcr.io')).toMatchObject({ password: 'long', isIdentityToken: true });
});

test('a credential helper of the registry is asked, and gets its name on stdin', async () => {
  helper(`printf '{"Username":"%s","Secret":"s"}' "$server"`);
  write({ credHelpers: { 'ghcr.io': 'test' }, auths: { 'ghcr.io': {} } });
  expect(await find('ghcr.io')).toMatchObject({
    username: 'ghcr.io',
    password: 's',
    from: 'docker-credential-test',
  });
});

test('what a helper does not know may be in the file', async () => {
  helper(`echo 'credentials not found in native keychain'; exit 1`);
  write({ credsStore: 'test', auths: { 'ghcr.io': { auth } } });
  expect(await find('ghcr.io')).toMatchObject({ username: 'ann' });
});

test('a helper that fails is named, and nothing that it wrote is shown', async () => {
  helper('echo secret; exit 3');
  write({ credsStore: 'test' });
  const failing = find('ghcr.io');
  await expect(failing).rejects.toThrow('docker-credential-test failed with 3');
  await expect(failing).rejects.not.toThrow('secret');
});

test('half of the credentials is refused in a line', async () => {
  await expect(find('ghcr.io', { DOCKER_PASSWORD: 'x' })).rejects.toThrow('set DOCKER_USERNAME');
  await expect(find('ghcr.io', {}, 'bob')).rejects.toThrow('the name bob is given without a password');
});

test('a file that cannot be read is named, and nothing of it is shown', async () => {
  writeFileSync(join(folder, 'config.json'), '{"auths": {"x": {"auth": secret');
  const failing = find('ghcr.io');
  await expect(failing).rejects.toThrow(/config.json cannot be read: it is no config.json of Docker/);
  await expect(failing).rejects.not.toThrow('secret');
});

import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { engineOfHost, findEngine, showAddress } from './engine-address.ts';

const folder = mkdtempSync(join(tmpdir(), 'tare-test-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

let made = 0;
/** A configuration folder of the docker CLI. */
const configured = (files: Readonly<Record<string, string>>): string => {
  const root = join(folder, String(++made));
  for (const [name, text] of Object.entries({ 'x/y': '', ...files })) {
    mkdirSync(join(root, name, '..'), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  return root;
};
const store = (kind: 'meta' | 'tls', name: string): string =>
  `contexts/${kind}/${createHash('sha256').update(name).digest('hex')}`;
const metaOf = (name: string, docker: object) => ({
  [`${store('meta', name)}/meta.json`]: JSON.stringify({ Name: name, Endpoints: { docker } }),
});
const empty = configured({});

/** The address, or the reason for none. */
const shown = (env: NodeJS.ProcessEnv, socket?: string): string => {
  const found = findEngine(socket, { DOCKER_CONFIG: empty, ...env });
  return 'reason' in found ? found.reason : showAddress(found.address);
};

test('a given socket goes before DOCKER_HOST', () => {
  expect(shown({ DOCKER_HOST: 'tcp://there:2375' }, '/tmp/a.sock')).toBe('/tmp/a.sock');
});

test.each([
  ['unix:///run/a.sock', '/run/a.sock'],
  ['unix://', '/var/run/docker.sock'],
  ['tcp://there:2376', 'tcp://there:2376'],
  ['there', 'tcp://there:2375'],
  ['127.0.0.1:9', 'tcp://127.0.0.1:9'],
  [':9', 'tcp://localhost:9'],
  ['tcp://', 'tcp://localhost:2375'],
  ['tcp://[::1]:9', 'tcp://[::1]:9'],
  ['tcp://user:secret@there:9', 'tcp://there:9'],
  ['user:sec/ret@there', 'tcp://there:2375'],
])('DOCKER_HOST=%s is read as the docker CLI reads it', (DOCKER_HOST, expected) => {
  expect(shown({ DOCKER_HOST })).toBe(expected);
});

test.each([
  'http://user:secret@there',
  'ssh://user:secret@there',
  'tcp://user:secret@there:x',
  'tcp://user:secret@there/path',
  'tcp://user:secret@there:70000',
  'fd://secret@',
])('DOCKER_HOST=%s is refused with a reason and a remedy that keep the password', (DOCKER_HOST) => {
  const found = findEngine(undefined, { DOCKER_HOST });
  expect('reason' in found ? found.reason : '').toMatch(/^no Docker engine: DOCKER_HOST is /);
  expect(JSON.stringify(found)).not.toMatch(/secret|user/);
});

test('a path without a scheme is refused with how to write it', () => {
  expect(findEngine(undefined, { DOCKER_HOST: folder })).toMatchObject({
    remedy: `Write it like unix://${folder}.`,
  });
});

test('DOCKER_HOST goes before DOCKER_CONTEXT, and that before the context in use', () => {
  const DOCKER_CONFIG = configured({
    'config.json': '{"currentContext":"used"}',
    ...metaOf('used', { Host: 'unix:///used.sock' }),
    ...metaOf('named', { Host: 'tcp://user:secret@named:1' }),
  });
  expect(shown({ DOCKER_CONFIG })).toBe('/used.sock');
  expect(shown({ DOCKER_CONFIG, DOCKER_CONTEXT: 'named' })).toBe('tcp://named:1');
  expect(shown({ DOCKER_CONFIG, DOCKER_CONTEXT: 'named', DOCKER_HOST: 'unix:///host.sock' })).toBe(
    '/host.sock',
  );
  expect(shown({ DOCKER_CONFIG, DOCKER_CONTEXT: 'default', XDG_RUNTIME_DIR: '/none' })).toMatch(
    /docker\.sock$/,
  );
});

test('the certificates of a context are those beside it, not those of the variables', () => {
  const DOCKER_CONFIG = configured({
    ...metaOf('safe', { Host: 'tcp://there:1' }),
    [`${store('tls', 'safe')}/docker/ca.pem`]: 'a CA',
    ...metaOf('careless', { Host: 'tcp://there:1', SkipTLSVerify: true }),
    ...metaOf('plain', { Host: 'tcp://there:1' }),
  });
  const tlsOf = (DOCKER_CONTEXT: string): unknown => {
    const env = { DOCKER_CONFIG, DOCKER_CONTEXT, DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: '/none' };
    const found = findEngine(undefined, env);
    return 'address' in found ? found.address.tls : found;
  };
  expect(tlsOf('safe')).toEqual({ verify: true, ca: 'a CA' });
  expect(tlsOf('careless')).toEqual({ verify: false });
  expect(tlsOf('plain')).toBeUndefined();
});

test('DOCKER_TLS_VERIFY needs its certificates, and alone leads to port 2376', () => {
  const certificates = configured({ 'ca.pem': 'ca', 'cert.pem': 'cert', 'key.pem': 'key' });
  expect(findEngine(undefined, { DOCKER_CONFIG: certificates, DOCKER_TLS_VERIFY: '1' })).toEqual({
    address: {
      kind: 'tcp',
      host: 'localhost',
      port: 2376,
      by: 'DOCKER_TLS_VERIFY',
      tls: { verify: true, ca: 'ca', cert: 'cert', key: 'key' },
    },
  });
  expect(shown({ DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: '/none' })).toBe(
    'no Docker engine: DOCKER_TLS_VERIFY asks for TLS, and /none/ca.pem cannot be read (ENOENT)',
  );
  const half = configured({ 'ca.pem': 'ca', 'cert.pem': 'cert' });
  expect(shown({ DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: half })).toContain('key.pem cannot be read');
});

test('what cannot be read of a configuration or context is named', () => {
  expect(shown({ DOCKER_CONTEXT: 'none' })).toBe(
    'no Docker engine: DOCKER_CONTEXT=none, and there is no such context',
  );
  const broken = configured({ 'config.json': '{' });
  expect(shown({ DOCKER_CONFIG: broken })).toBe(
    `no Docker engine: ${broken}/config.json cannot be read (not JSON)`,
  );
  const wrong = configured({ 'config.json': '{"currentContext":"x"}', ...metaOf('x', { Host: 5 }) });
  expect(shown({ DOCKER_CONFIG: wrong })).toContain('meta.json cannot be read (Endpoints.docker.Host');
});

test.skipIf(process.platform === 'win32')('a rootless engine is found when the system has none', () => {
  const isSystem = shown({}) === '/var/run/docker.sock';
  const runtime = configured({ 'docker.sock': '' });
  const found = shown({ XDG_RUNTIME_DIR: runtime });
  expect([join(runtime, 'docker.sock'), ...(isSystem ? ['/var/run/docker.sock'] : [])]).toContain(found);
});

test('the option host goes before the variables, which say whether to speak TLS', () => {
  const environment = { DOCKER_HOST: 'tcp://other', DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: '/none' };
  expect(engineOfHost('tcp://vega:2376', environment)).toMatchObject({
    reason: 'no Docker engine: DOCKER_TLS_VERIFY asks for TLS, and /none/ca.pem cannot be read (ENOENT)',
  });
  expect(engineOfHost('vega', { DOCKER_HOST: 'tcp://other' })).toEqual({
    address: { kind: 'tcp', host: 'vega', port: 2375, by: 'the option host' },
  });
  expect(engineOfHost('tcp://vega:0', {})).toMatchObject({
    reason: 'no Docker engine: the option host is tcp://vega:0',
  });
});

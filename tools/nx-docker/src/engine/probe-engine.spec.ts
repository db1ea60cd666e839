import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect, createServer as createProxy, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsProxy } from 'node:tls';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { engineForTests } from '../../fixtures/real-engine.ts';
import { connectEngine } from './connect-engine.ts';
import { showAddress } from './engine-address.ts';
import { engineRemedy, type HostTraits, leadsInto, probeEngine } from './probe-engine.ts';

const found = await engineForTests();
const folder = mkdtempSync(join(tmpdir(), 'tare-test-'));
const signal = AbortSignal.timeout(60_000);
afterAll(() => {
  rmSync(folder, { recursive: true });
});

test('a socket that is not there is named with the error and a remedy', async () => {
  const probe = await probeEngine(signal, join(folder, 'none.sock'));
  expect(probe).toMatchObject({ usable: false, reason: `no Docker engine at ${folder}/none.sock (ENOENT)` });
  expect(probe.usable ? '' : probe.remedy).toMatch(/\.$/);
});

test('a socket behind which there is no Docker engine is not usable', async () => {
  const server = createServer((_, reply) => reply.end('{"hello":1}'));
  const socket = join(folder, 'other.sock');
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  const probe = await probeEngine(signal, socket);
  server.close();
  expect(probe).toMatchObject({ usable: false });
  expect(probe.usable ? '' : probe.reason).toContain('answers otherwise than expected');
});

test('an engine that never answers costs no more than the deadline', async () => {
  const server = createServer(() => undefined);
  const socket = join(folder, 'mute.sock');
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  const engine = await connectEngine(socket);
  const answer = engine.call({ method: 'GET', path: '/_ping', signal, deadlineMs: 100 });
  await expect(answer).rejects.toThrow('did not finish /_ping in 100 ms');
  server.closeAllConnections();
  server.close();
});

test('an engine that dies in the middle of an answer is one clear line', async () => {
  const server = createServer((_, reply) => {
    reply.write('{"stream":"begun"}\n', () => reply.destroy());
  });
  const socket = join(folder, 'dying.sock');
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  const engine = await connectEngine(socket);
  const build = { method: 'POST', path: '/build', signal, deadlineMs: 5_000 } as const;
  const lines = engine.lines(build, z.object({ stream: z.string() }));
  expect((await lines.next()).value).toEqual({ stream: 'begun' });
  await expect(lines.next()).rejects.toThrow(`the Docker engine at ${socket} broke off POST /build`);
  server.close();
});

test.skipIf(found === undefined)('the host’s engine reports its version and architecture', () => {
  expect(found?.facts.version).toMatch(/^\d+\./);
  expect(['amd64', 'arm64']).toContain(found?.facts.architecture);
});

test('a way into a network is found among the routes of an interface, not behind a gateway', () => {
  const routes = [
    'Iface\tDestination\tGateway \tFlags',
    'eth0\t00000000\t0101A8C0\t0003',
    'docker0\t000011AC\t00000000\t0001',
  ].join('\n');
  expect(leadsInto('172.17.0.0/16', routes)).toBe(true);
  expect(leadsInto('172.18.0.0/16', routes)).toBe(false);
  expect(leadsInto('0.0.0.0/0', routes)).toBe(false);
});

/** Variables of the docker CLI for the time of a test. */
const names = [
  'DOCKER_HOST',
  'DOCKER_CONTEXT',
  'DOCKER_CONFIG',
  'DOCKER_TLS_VERIFY',
  'DOCKER_CERT_PATH',
] as const;
const before = names.map((name) => [name, process.env[name]] as const);
const set = (variables: Partial<Record<(typeof names)[number], string>>): void => {
  for (const name of names) delete process.env[name];
  Object.assign(process.env, variables);
};
const servers: Server[] = [];
afterEach(() => {
  for (const [name, value] of before) {
    delete process.env[name];
    if (value !== undefined) process.env[name] = value;
  }
  for (const server of servers.splice(0)) server.close();
});
const portOf = async (server: Server): Promise<number> => {
  servers.push(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return (server.address() as AddressInfo).port;
};

test('what names an engine wrongly makes none usable, and throws nothing', async () => {
  for (const variables of [{ DOCKER_HOST: 'http://x' }, { DOCKER_CONTEXT: 'none', DOCKER_CONFIG: folder }]) {
    set(variables);
    const probe = await probeEngine(signal);
    expect(probe).toMatchObject({ usable: false });
    expect(probe.usable ? '' : probe.remedy).toMatch(/\.$/);
    // whatever is wrong there, a socket that is given goes before it
    expect(await probeEngine(signal, join(folder, 'none.sock'))).toMatchObject({
      reason: `no Docker engine at ${folder}/none.sock (ENOENT)`,
    });
  }
});

test('nobody behind a port is a matter of the address, not of this host’s engine', async () => {
  const server = createProxy();
  const port = await portOf(server);
  server.close();
  set({ DOCKER_HOST: `user:secret@127.0.0.1:${port}` });
  expect(await probeEngine(signal)).toEqual({
    usable: false,
    reason: `no Docker engine at tcp://127.0.0.1:${port} (ECONNREFUSED)`,
    remedy: 'Check DOCKER_HOST, and that an engine listens there.',
  });
});

test('an engine that takes requests and is silent is said to be so', { timeout: 20_000 }, async () => {
  const server = createServer(() => undefined);
  const socket = join(folder, 'silent.sock');
  await once(server.listen(socket), 'listening');
  const probe = await probeEngine(signal, socket);
  expect(probe).toMatchObject({
    reason: `the Docker engine at ${socket} takes requests but does not answer them`,
  });
  server.closeAllConnections();
  server.close();
});

/** Writes a certificate that is its own authority into a folder, under the names that docker wants. */
const certified = (into: string, name: string): { readonly key: string; readonly cert: string } => {
  const files = ['-keyout', join(into, 'key.pem'), '-out', join(into, 'cert.pem')];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  const subject = ['-subj', '/CN=tare-test', '-addext', `subjectAltName=${name}`];
  execFileSync('openssl', ['req', '-x509', ...kind, ...subject, ...files], { stdio: 'ignore' });
  cpSync(join(into, 'cert.pem'), join(into, 'ca.pem'));
  const read = (file: string): string => readFileSync(join(into, file), 'utf8');
  return { key: read('key.pem'), cert: read('cert.pem') };
};

describe.skipIf(found === undefined)('the host’s engine behind a port', () => {
  const address = found?.engine.address;
  const socket = address === undefined ? '' : showAddress(address);
  const facts = found?.facts;

  test('TCP to this very host is this host', async () => {
    set({
      DOCKER_HOST: `127.0.0.1:${await portOf(createProxy((client) => client.pipe(connect(socket)).pipe(client)))}`,
    });
    expect(await probeEngine(signal)).toMatchObject({
      usable: true,
      facts: { sameKernel: true, anotherMachine: false },
    });
    expect(facts?.sameKernel).toBe(true);
  });

  test('TLS with the certificates of DOCKER_CERT_PATH, or of a context', async () => {
    const pair = certified(folder, 'IP:127.0.0.1');
    const server = createTlsProxy(
      { ...pair, ca: pair.cert, requestCert: true, rejectUnauthorized: true },
      (client) => {
        client.on('error', () => undefined);
        client.pipe(connect(socket)).pipe(client);
      },
    );
    const DOCKER_HOST = `tcp://127.0.0.1:${await portOf(server)}`;
    set({ DOCKER_HOST, DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: folder });
    expect(await probeEngine(signal)).toMatchObject({ usable: true });
    set({ DOCKER_CONFIG: folder, DOCKER_CONTEXT: 'safe' });
    const id = createHash('sha256').update('safe').digest('hex');
    mkdirSync(join(folder, 'contexts/meta', id), { recursive: true });
    const store = join(folder, 'contexts/tls', id, 'docker');
    mkdirSync(store, { recursive: true });
    for (const name of ['ca.pem', 'cert.pem', 'key.pem']) cpSync(join(folder, name), join(store, name));
    writeFileSync(
      join(folder, 'contexts/meta', id, 'meta.json'),
      JSON.stringify({ Endpoints: { docker: { Host: DOCKER_HOST } } }),
    );
    expect(await probeEngine(signal)).toMatchObject({ usable: true });
    // a server that the CA does not know
    const other = join(folder, 'other');
    mkdirSync(other);
    certified(other, 'DNS:x');
    set({ DOCKER_HOST, DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: other });
    expect(await probeEngine(signal)).toMatchObject({
      usable: false,
      remedy: 'Check the certificates that DOCKER_HOST leads to, and whether the engine speaks TLS.',
    });
  });
});

const debian: HostTraits = {
  platform: 'linux',
  debianFamily: true,
  installed: false,
  services: false,
  root: false,
};

test('Debian without an engine gets what to install and how to start it', () => {
  const remedy = engineRemedy('ENOENT', debian);
  expect(remedy).toContain('sudo apt-get install -y docker.io iptables');
  expect(remedy).toContain('sudo service docker start');
  expect(remedy).toContain('dockerd &');
});

test('an engine that is installed is only to be started', () => {
  const remedy = engineRemedy('ECONNREFUSED', { ...debian, installed: true, services: true, root: true });
  expect(remedy).toBe('Start the engine: `systemctl start docker`.');
});

test('a socket without access asks for the group', () => {
  expect(engineRemedy('EACCES', { ...debian, installed: true })).toContain('usermod -aG docker');
});

test('other systems get Docker Desktop as the remedy', () => {
  expect(engineRemedy('ENOENT', { ...debian, platform: 'darwin' })).toContain('Docker Desktop');
});

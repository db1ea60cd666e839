import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer as createPlain } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { Artifact, Launch } from './index.ts';
import { isThisHost, url } from './url.ts';

const signal = new AbortController().signal;
let folder: string;
let certificate: { readonly key: Buffer; readonly cert: Buffer };
const servers: Server[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tare-url-'));
  const [key, cert] = ['key.pem', 'cert.pem'].map((name) => join(folder, name)) as [string, string];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  execFileSync('openssl', ['req', '-x509', ...kind, ...subject, '-keyout', key, '-out', cert], {
    stdio: 'ignore',
  });
  certificate = { key: await readFile(key), cert: await readFile(cert) };
});
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});
afterAll(() => rm(folder, { recursive: true }));

async function listening(server: Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

it.each([
  ['shop.example.com', /^url\("shop\.example\.com"\): expected scheme and host, like "https:/],
  ['ftp://shop.example.com', /expected scheme and host/],
  ['https://me:secret@shop.example.com', /without a user or a password/],
  ['https://shop.example.com/api', /the paths are those of the workload’s requests$/],
])('refuses %s as an address', (address, line) => {
  expect(() => url(address)).toThrow(line);
});

it.each([
  ['http://localhost:80', true],
  ['http://127.8.9.10', true],
  ['https://[::1]:8443', true],
  ['http://a.localhost', true],
  ['http://0.0.0.0', false],
  ['http://127.0.0.1.example.com', false],
  ['http://localhost.example.com', false],
  ['http://192.168.0.1', false],
])('knows whether %s is this host', (address, isHere) => {
  expect(isThisHost(new URL(address))).toBe(isHere);
});

it('says why nothing can be connected to', async () => {
  const server = createPlain();
  const port = await listening(server);
  await new Promise((resolve) => server.close(resolve));
  expect(await url(`http://127.0.0.1:${port}`).probe(signal)).toMatchObject({
    usable: false,
    reason: `http://127.0.0.1:${port} cannot be connected to: connect ECONNREFUSED 127.0.0.1:${port}`,
    remedy: 'see that it is deployed and that the address in bench.config.ts is right',
  });
});

it('gives up a probe when it is aborted', async () => {
  const ended = AbortSignal.abort(new Error('interrupted'));
  const probing = await url('http://127.0.0.1:9').probe(ended);
  expect(probing).toMatchObject({ usable: false });
});

it('asks nothing of what it finds', async () => {
  let asked = 0;
  const port = await listening(createPlain(() => (asked += 1)));
  expect(await url(`http://127.0.0.1:${port}`).probe(signal)).toEqual({ usable: true, facts: {} });
  expect(asked).toBe(0);
});

it('trusts no certificate that this host does not, nor one of another name', async () => {
  const port = await listening(createServer(certificate));
  const found = await url(`https://localhost:${port}`).probe(signal);
  expect(found).toMatchObject({
    usable: false,
    reason: `https://localhost:${port} cannot be connected to: self-signed certificate (DEPTH_ZERO_SELF_SIGNED_CERT)`,
  });
  expect(found.usable ? '' : found.remedy).toContain('NODE_EXTRA_CA_CERTS=');
});

it('trusts the authority of NODE_EXTRA_CA_CERTS, for its names', { timeout: 30_000 }, () => {
  const script = `
    import { createServer } from 'node:https';
    import { readFileSync } from 'node:fs';
    import { url } from ${JSON.stringify(new URL('url.ts', import.meta.url).href)};
    const server = createServer({ key: readFileSync('key.pem'), cert: readFileSync('cert.pem') });
    server.listen(0, '127.0.0.1', async () => {
      const { port } = server.address();
      const signal = AbortSignal.timeout(10_000);
      const found = [];
      for (const host of ['localhost', '127.0.0.1']) found.push(await url('https://' + host + ':' + port).probe(signal));
      console.log(JSON.stringify(found));
      server.close();
    });`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    cwd: folder,
    env: { ...process.env, NODE_EXTRA_CA_CERTS: join(folder, 'cert.pem') },
    encoding: 'utf8',
  });
  expect(stdout, stderr).not.toBe('');
  const [named, other] = JSON.parse(stdout) as readonly unknown[];
  expect(named).toEqual({ usable: true, facts: { tls: 'TLSv1.3' } });
  expect(other).toMatchObject({
    usable: false,
    reason: expect.stringMatching(/does not match certificate's altnames/) as string,
  });
});

it('runs the workload that is deployed there, or every one', () => {
  const artifact = (workload: string) => ({ workload }) as Artifact;
  expect(url('https://a.example').runs?.(artifact('primes'))).toBeUndefined();
  const shop = url('https://a.example', { workload: 'shop:browse' });
  expect(shop.runs?.(artifact('shop'))).toBeUndefined();
  expect(shop.runs?.(artifact('primes'))).toEqual({
    reason: 'bench.config.ts says that shop:browse is deployed at https://a.example',
    remedy:
      "name the address of primes in an environment of its own: url('https://…', { workload: 'primes' })",
  });
});

it('starts nothing and meters nothing', async () => {
  const environment = url('https://shop.example.com', { name: 'prod' });
  expect([environment.name, environment.kind]).toEqual(['prod', 'url']);
  const instance = await environment.start({} as Launch, signal);
  expect(instance.startKind).toBe('running');
  expect(instance.url.origin).toBe('https://shop.example.com');
  expect(await instance.meters()).toEqual({
    notMetered: 'it ran before, and nothing of it can be read from here',
    elsewhere: true,
  });
  const here = await url('http://localhost:3000').start({} as Launch, signal);
  expect(await here.meters()).toMatchObject({ elsewhere: false });
  await instance.stop();
  await instance.stop();
});

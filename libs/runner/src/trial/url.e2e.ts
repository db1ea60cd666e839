import { execFile, execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { native, url } from '@tare/environment';
import { parseRunFile } from '@tare/results';
import { afterAll, afterEach, assert, beforeAll, expect, it } from 'vitest';
import { shortRun, writeAnsweringApp } from '../../fixtures/real-run.ts';

// far more than what a busy host adds
const delayMs = 100;
let folder: string;
let servers: Server[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tare-url-run-'));
  await writeAnsweringApp(folder);
});
afterEach(() => {
  for (const server of servers) {
    server.close();
    server.closeAllConnections();
  }
  servers = [];
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function listening(server: Server): Promise<string> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Answers as the app of the workload does. */
const answering =
  (onAnswer: (request: IncomingMessage) => void = () => undefined): RequestListener =>
  (request, reply) => {
    if (request.url === '/bad') reply.statusCode = 400;
    if (request.url !== '/answer') {
      reply.end('{"status":"ok"}');
      return;
    }
    onAnswer(request);
    setTimeout(() => reply.end('{"answer":42}'), delayMs);
  };

it('measures a server of known latency over TLS, and nothing else of it', { retry: 2 }, async () => {
  const files = ['key.pem', 'cert.pem'].map((name) => join(folder, name)) as [string, string];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  execFileSync('openssl', ['req', '-x509', ...kind, ...subject, '-keyout', files[0], '-out', files[1]], {
    stdio: 'ignore',
  });
  const [key, cert] = await Promise.all(files.map((file) => readFile(file)));
  assert(key && cert);
  const connections = new Set<unknown>();
  let answers = 0;
  const server = createTlsServer(
    { key, cert },
    answering(({ socket }) => {
      connections.add(socket);
      answers += 1;
    }),
  );
  const address = (await listening(server)).replace('127.0.0.1', 'https://localhost');
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [fileURLToPath(new URL('../../fixtures/url-run.ts', import.meta.url)), folder, address],
    { env: { ...process.env, NODE_EXTRA_CA_CERTS: files[1] }, maxBuffer: 2 ** 26 },
  );
  const run = parseRunFile(stdout, 'run.json');
  const [own, deployed] = ['native', 'url'].map((name) =>
    run.trials.filter(({ environment }) => environment === name),
  );
  expect([own?.length, deployed?.length]).toEqual([1, 1]);
  for (const { startup, cpu, memory, samples, load, open, notMetered, host } of deployed ?? []) {
    expect([startup, cpu, memory, samples]).toEqual([undefined, {}, {}, []]);
    expect(notMetered).toBe('it ran before, and nothing of it can be read from here');
    // it is on this host, and nobody knows how much of the CPU is its
    expect(host.foreignCpus).toBeNull();
    expect(load.errors + load.timeouts + (open?.errors ?? 0) + (open?.timeouts ?? 0)).toBe(0);
    for (const { p50 } of [load.latencyMs, open?.latencyMs ?? load.latencyMs]) {
      expect(p50).toBeGreaterThanOrEqual(delayMs - 1);
      expect(p50).toBeLessThan(delayMs * 1.4);
    }
    // four connections, each with one request under way
    expect(load.throughputRps).toBeGreaterThan((4 / delayMs) * 1000 * 0.7);
    expect(load.throughputRps).toBeLessThan((4 / delayMs) * 1000 * 1.05);
  }
  // kept alive
  expect(connections.size).toBeLessThan(answers / 2);
  const judged = run.comparisons.filter(({ candidate }) => candidate === 'url').map(({ metric }) => metric);
  expect(judged).toContain('throughputRps');
  expect(judged.filter((metric) => /^(startup|cpu|memory)/.test(metric))).toEqual([]);
  expect(run.environments.find(({ name }) => name === 'url')?.facts).toMatchObject({
    address,
    tls: 'TLSv1.3',
  });
});

it('goes on with the others when what is deployed vanishes in a trial', { retry: 2 }, async () => {
  let answers = 0;
  const server: Server = createServer(
    answering(() => {
      answers += 1;
      // its check before the first round takes fewer
      if (answers < 8) return;
      server.close();
      server.closeAllConnections();
    }),
  );
  const address = `http://${await listening(server)}`;
  const { run } = await shortRun(folder, { environments: [native(), url(address)], retries: 1 });
  const found = run.environments.find(({ name }) => name === 'url');
  expect(found?.status === 'failed' ? found.reason : found?.status).toMatch(
    /^url: round 1: [^\n]*ECONNREFUSED[^\n]*$/,
  );
  expect(run.trials.filter(({ environment }) => environment === 'native')).toHaveLength(2);
});

it('does not follow where it is pointed to', async () => {
  let asked = 0;
  const other = await listening(createServer((_, reply) => reply.end(String((asked += 1)))));
  const server = createServer((request, reply) => {
    if (request.url === '/bad') reply.statusCode = 400;
    if (request.url === '/answer') reply.writeHead(302, { location: `http://${other}/answer` });
    reply.end();
  });
  const address = `http://${await listening(server)}`;
  const { run } = await shortRun(folder, { environments: [native(), url(address)], rounds: 1 });
  const found = run.environments.find(({ name }) => name === 'url');
  expect(found?.status === 'failed' ? found.reason : found?.status).toMatch(
    /^answer answers wrongly: GET \/answer: status 302, expected 200/,
  );
  expect(asked).toBe(0);
});

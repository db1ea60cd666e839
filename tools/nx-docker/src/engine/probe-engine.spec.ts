import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { connectEngine } from './connect-engine.ts';
import { engineForTests } from './engine-for-tests.ts';
import { probeEngine } from './probe-engine.ts';

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
  const lines = engine.lines({ method: 'POST', path: '/build', signal, deadlineMs: 5_000 });
  expect((await lines.next()).value).toEqual({ stream: 'begun' });
  await expect(lines.next()).rejects.toThrow(`the Docker engine at ${socket} broke off POST /build`);
  server.close();
});

test.skipIf(found === undefined)('the host’s engine tells its version and architecture', () => {
  expect(found?.facts.version).toMatch(/^\d+\./);
  expect(['amd64', 'arm64']).toContain(found?.facts.architecture);
});

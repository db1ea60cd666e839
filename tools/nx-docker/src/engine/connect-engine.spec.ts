import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { hostileText, spoilt, takenOrRefused, tries } from '../../../../properties.shared.ts';
import { statsMeter } from '../environment/container-meters.ts';
import { containerLog, containerState, reapContainers, reapVolumes } from '../environment/container.ts';
import { buildImage, traceLines } from '../image/build-image.ts';
import { inspectImage, pullImage } from '../image/images.ts';
import { connectEngine, type Engine } from './connect-engine.ts';
import { probeEngine } from './probe-engine.ts';
import { tryContainer } from './try-container.ts';

const folder = mkdtempSync(join(tmpdir(), 'tare-test-'));
const socket = join(folder, 'engine.sock');
const signal = AbortSignal.timeout(120_000);
const id = 'a'.repeat(64);

/** What is sent at some paths, and after how many bytes the connection breaks. */
type Answer = { readonly at: RegExp; readonly bytes: Buffer; readonly cut?: number | undefined };
let answer: Answer | undefined;
const rightAnswers: Readonly<Record<string, object>> = {
  '/version': { Version: '29.0.0', Arch: 'amd64', Os: 'linux', KernelVersion: '6' },
  '/info': { Name: 'h', Driver: 'overlay2', SecurityOptions: ['name=seccomp'], Runtimes: { runc: { path: 'runc' } } },
}; // prettier-ignore

/** Answers as no engine does. */
const server = createServer((request, response) => {
  request.resume();
  const [path = ''] = (request.url ?? '').split('?');
  const right = rightAnswers[path];
  if (answer?.at.test(path) === true) {
    const { bytes, cut } = answer;
    if (cut === undefined) response.end(bytes);
    else
      response
        .writeHead(200, { 'content-length': bytes.length + 1 })
        .write(bytes.subarray(0, cut), () => response.destroy());
  } else if (right === undefined) response.writeHead(404).end('{"message":"not there"}');
  else response.end(JSON.stringify(right));
});
let engine: Engine;
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  engine = await connectEngine(socket);
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true });
});

const image = {
  ...{ Id: `sha256:${id}`, Architecture: 'amd64', Size: 1, RootFS: { Layers: ['sha256:b'] } },
  Config: { Env: ['A=b'], Entrypoint: ['/a'], ExposedPorts: { '80/tcp': {} }, Labels: { a: 'b' } },
};
const container = {
  Id: id,
  State: { Pid: 1, Running: true, Paused: false, ExitCode: 0, OOMKilled: false, Error: '' },
  NetworkSettings: {
    ...{ SandboxKey: '/run/a', Networks: { bridge: { IPAddress: '172.17.0.2' } } },
    Ports: { '80/tcp': [{ HostIp: '127.0.0.1', HostPort: '32768' }] },
  },
};
const labels = { 'tare.run': 'r', 'tare.host': 'h', 'tare.runner': 'x' };
const statistics = {
  cpu_stats: { cpu_usage: { total_usage: 1 } },
  memory_stats: { usage: 2, stats: { inactive_file: 1 } },
};
const context = { entries: [], dockerfile: 'Dockerfile' };

const kinds: readonly (readonly [string, RegExp, object, () => Promise<unknown>])[] = [
  ['an image', /^\/images/, image, () => inspectImage(engine, 'a', signal)],
  ['a container', /^\/containers\/a\/json/, container, () => containerState(engine, 'a', signal)],
  ['containers', /^\/containers\/json/, [{ Id: id, Names: ['/a'], Labels: labels }], () => reapContainers(engine, 'r', signal)],
  ['volumes', /^\/volumes/, { Volumes: [{ Name: 'a', Labels: labels }] }, () => reapVolumes(engine, 'r', signal)],
  ['its version', /^\/version/, rightAnswers['/version'] ?? {}, probed],
  ['what it is', /^\/info/, rightAnswers['/info'] ?? {}, probed],
  ['a pull', /^\/images\/create/, { id: 'a', status: 'Downloading', progressDetail: { current: 1 } }, () => pullImage(engine, 'a:b', signal)],
  ['a build', /^\/build/, { stream: 'a', aux: { ID: `sha256:${id}` } }, () => buildImage(engine, { context, arguments: {}, builder: 'legacy' }, signal)],
  ['an end', /^\/(images\/load|containers\/(create|[^/]+\/(start|wait)))$/, { StatusCode: 0 }, () => tryContainer(engine, 'amd64', {}, signal)],
  ['statistics', /^\/containers/, statistics, metered],
]; // prettier-ignore

/** A probe says what is wrong, and throws nothing. */
async function probed(): Promise<unknown> {
  const found = await probeEngine(signal, socket);
  if (!found.usable) throw new Error(found.reason);
  return found;
}

async function metered(): Promise<unknown> {
  const meter = statsMeter(engine, 'a');
  try {
    return await meter.read();
  } finally {
    await meter.close();
  }
}

test.each(kinds)('whatever an engine says of %s is taken or refused in words of ours', async (_, at, good, read) => {
  const texts = fc.tuple(spoilt(good), fc.option(fc.nat(200), { nil: undefined, freq: 4 }));
  await fc.assert(
    fc.asyncProperty(texts, async ([text, cut]) => {
      answer = { at, bytes: Buffer.from(text), cut };
      const result = await takenOrRefused(read);
      if ('refused' in result)
        expect(result.refused).toMatch(/^(the Docker engine at|no Docker engine at|the engine (could not|has lost)|the image build failed|a container that does nothing|nothing left to meter|not there|\/)/);
    }),
    tries(25),
  );
  answer = { at, bytes: Buffer.from(JSON.stringify(good)) };
  expect(await takenOrRefused(read)).not.toHaveProperty('refused', expect.stringContaining('otherwise'));
}); // prettier-ignore

test('an answer without an end is given up, and takes no time', async () => {
  answer = { at: /^\/a/, bytes: Buffer.alloc(33 * 2 ** 20, 'a') };
  const request = { method: 'GET', path: '/a', signal, deadlineMs: 20_000 } as const;
  await expect(engine.call(request)).rejects.toThrow(/broke off GET \/a: the answer is longer than 32 MiB$/);
  await expect(engine.lines(request, z.unknown()).next()).rejects.toThrow(/a line is longer than 16 Mi characters$/);
}); // prettier-ignore

test('whatever comes as a log or as the trace of a build is read', async () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 300 }).map((each) => Buffer.from(each)),
    hostileText.map((text) =>
      Buffer.from(`\u0001\0\0\0\0\0\0${String.fromCharCode(text.length % 128)}${text}`),
    ),
  );
  await fc.assert(
    fc.asyncProperty(bytes, async (sent) => {
      answer = { at: /^\/containers/, bytes: sent };
      for (const { text } of await containerLog(engine, 'a', 5)) expect(typeof text).toBe('string');
      for (const line of traceLines(sent.toString('base64'))) expect(line).not.toContain('\n');
    }),
    tries(50),
  );
});

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { choosePort } from '@tare/environment';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { engineForTests, imageForTests } from '../../fixtures/real-engine.ts';
import { type ImageFacts, inspectImage, removeImage } from '../image/images.ts';
import { runImage } from './run-image.ts';

const found = await engineForTests();
const signal = AbortSignal.timeout(170_000);
const project = `tare-test-run-${process.pid}`;
const name = `tare-${project}`;

/** Counts its starts in its data; ends, or never listens, where it is told to. */
const service = `
import { createServer } from 'node:http';
import { appendFileSync, readFileSync } from 'node:fs';
const { KEPT, PORT, MODE } = process.env;
if (MODE === 'fail') { console.error('no database'); process.exit(3); }
if (KEPT) appendFileSync(KEPT + '/starts', 'x');
process.on('SIGTERM', () => { console.log('asked to end'); process.exit(0); });
if (MODE === 'deaf') setInterval(() => {}, 1000);
else createServer((request, response) => {
  response.statusCode = request.url === '/health' ? 200 : 404;
  response.end(KEPT ? readFileSync(KEPT + '/starts', 'utf8') : '');
}).listen(PORT, '0.0.0.0', () => console.log('listening'));
`;

describe.skipIf(found === undefined)('run by a real engine', () => {
  const engine = found?.engine;
  if (engine === undefined) return;
  const root = mkdtempSync(join(tmpdir(), 'tare-test-'));
  const out = join('dist/docker', project);
  let image: ImageFacts;
  const output: string[] = [];
  let ending = new AbortController();

  beforeAll(async () => {
    mkdirSync(join(root, out), { recursive: true });
    const { record } = await imageForTests(engine, join(root, 'dist/docker'), project, service, signal);
    const facts = await inspectImage(engine, record.id, signal);
    if (facts === undefined) throw new Error('the image is gone');
    image = facts;
  });
  afterEach(() => {
    ending.abort();
    vi.restoreAllMocks();
    output.length = 0;
    ending = new AbortController();
  });
  afterAll(async () => {
    await removeImage(engine, image.Id, signal);
    await engine.call({ method: 'DELETE', path: `/volumes/${name}`, signal }).catch(() => undefined);
    rmSync(root, { recursive: true });
  });

  const run = (options: object = {}): Promise<boolean> => {
    for (const stream of [process.stdout, process.stderr])
      vi.spyOn(stream, 'write').mockImplementation((text) => {
        output.push(String(text));
        return true;
      });
    const tell = (line: string): void => void output.push(`${line}\n`);
    const usual = { project, name, image, port: 0, healthDeadlineMs: 30_000, variables: [], tell };
    return runImage(engine, { ...usual, ...options }, ending.signal);
  };
  /** The address, once it is up. */
  const up = async (): Promise<string> =>
    vi.waitFor(
      () => {
        const [, url] = /runs at (\S+?), up after/.exec(output.join('')) ?? [];
        if (url === undefined) throw new Error(`not up: ${output.join('')}`);
        return url;
      },
      { timeout: 30_000 },
    );
  const containers = async (): Promise<readonly unknown[]> => {
    const query = { all: true, filters: { label: [`tare.run=${name}`] } };
    return engine.ask({ method: 'GET', path: '/containers/json', query, signal }, z.array(z.unknown()));
  };

  test('it answers on 127.0.0.1, its log is passed on, and nothing is left of it but its data', async () => {
    const starts: string[] = [];
    for (let turn = 0; turn < 2; turn++) {
      output.length = 0;
      const running = run({ health: '/health', data: 'KEPT' });
      const url = await up();
      starts.push(await (await fetch(new URL('/health', url))).text());
      expect(new URL(url).hostname).toBe('127.0.0.1');
      ending.abort();
      expect(await running).toBe(true);
      expect(output.join('')).toContain('listening\n');
      expect(output.join('')).toContain(`its data is kept in the volume ${name}; Ctrl-C ends it`);
      expect(output.at(-1)).toBe(`${project} is ended\n`);
      expect(await containers()).toEqual([]);
      ending = new AbortController();
    }
    expect(starts[1]).toBe(`${starts[0] ?? ''}x`);
  });

  test('without a health path any answer will do', async () => {
    const running = run();
    expect((await fetch(await up())).status).toBe(404);
    ending.abort();
    await running;
  });

  test('one that ends by itself is told with its exit code and its log', async () => {
    expect(await run({ variables: ['MODE=fail'] })).toBe(false);
    expect(output.join('')).toBe(`no database\n${project} has ended by itself, with exit code 3\n`);
    expect(await containers()).toEqual([]);
  });

  test('one that does not get up is ended, with what to do', async () => {
    await expect(run({ variables: ['MODE=deaf'], healthDeadlineMs: 1000 })).rejects.toThrow(
      /does not answer at \/ after 1 s \(\w+\): it must listen on 0\.0\.0\.0; --health names another path/,
    );
    expect(await containers()).toEqual([]);
  });

  test('a port that is taken is refused before anything is started', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    try {
      const address = taken.address();
      const port = typeof address === 'object' ? address?.port : undefined;
      await expect(run({ port })).rejects.toThrow(`port ${port} on 127.0.0.1 is in use by another process`);
    } finally {
      taken.close();
    }
  });

  test('it goes when its task is killed', async () => {
    const port = await choosePort();
    const child = startTask({ out, port, health: '/health' });
    const said: string[] = [];
    child.stdout?.on('data', (chunk: Buffer) => said.push(chunk.toString()));
    child.stderr?.on('data', (chunk: Buffer) => said.push(chunk.toString()));
    try {
      await vi.waitFor(() => expect(said.join('')).toContain(`runs at http://127.0.0.1:${port}/`), {
        timeout: 30_000,
      });
    } finally {
      child.kill('SIGKILL');
    }
    await vi.waitFor(async () => expect(await containers()).toEqual([]), { timeout: 30_000, interval: 100 });
  });

  /** Runs the executor in a process of its own, as the packages do. */
  function startTask(options: object): ChildProcess {
    const nxKit = fileURLToPath(import.meta.resolve('@tare/nx-kit'));
    const child = spawn(process.execPath, [join(nxKit, '../on-locked-node-process.ts')], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    const module = pathToFileURL(join(import.meta.dirname, '../executors/docker-run/executor.ts')).href;
    child.send({ module, options, context: { root, projectName: project } });
    return child;
  }
});

import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { runVariable, type Environment, type Instance, type Launch } from '@tare/environment';
import { processesWithVariable, waitForHttp } from '@tare/metrics';
import { afterAll, assert, beforeAll, expect, it } from 'vitest';
import { fencesOf, root } from './documents.ts';

const app = `
import { createServer } from 'node:http';
import { readdirSync, readFileSync } from 'node:fs';
const server = createServer((request, reply) => {
  const { DATA, EXTRA } = process.env;
  const stat = readFileSync('/proc/self/stat', 'utf8').split(') ').at(-1).split(' ');
  reply.end(JSON.stringify({ data: DATA, found: readdirSync(DATA), EXTRA, policy: Number(stat[38]) }));
});
server.listen(Number(process.env.PORT), process.env.HOST);
process.on('SIGTERM', () => process.exit(0));
`;
const runId = `docs-${process.pid}`;
const never = new AbortController().signal;
const page = 'docs/write-an-environment.md';

let folder: string;
let environment: Environment;
let launch: Launch;

beforeAll(async () => {
  // below the root, so that packages are found; dist is no part of the repository
  await mkdir(join(root, 'dist'), { recursive: true });
  folder = await mkdtemp(join(root, 'dist', 'environment-'));
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
  const example = fencesOf(page, readFileSync(join(root, page), 'utf8')).find(({ text }) =>
    text.includes('export function batch()'),
  );
  const file = join(folder, 'batch.ts');
  await writeFile(file, example?.text ?? '');
  const module = (await import(pathToFileURL(file).href)) as { readonly batch: () => Environment };
  environment = module.batch();
  const path = join(folder, 'main.mjs');
  await writeFile(path, app);
  launch = {
    artifact: {
      kind: 'node',
      workload: 'answer',
      path,
      sha256: createHash('sha256').update(app).digest('hex'),
      bytes: Buffer.byteLength(app),
    },
    context: {
      runId,
      nodeBinary: process.execPath,
      nodeVersion: process.version,
      resources: { cpus: 1, memoryMiB: 256, serverCpus: undefined, nodeArguments: [] },
    },
    variables: { EXTRA: 'given' },
    dataVariable: 'DATA',
    healthPath: '/',
    port: undefined,
    round: 1,
    cold: true,
  };
});
afterAll(() => rm(folder, { recursive: true, force: true }));

type Reply = {
  readonly data: string;
  readonly found: readonly string[];
  readonly EXTRA: string;
  readonly policy: number;
};

async function started(): Promise<{ readonly instance: Instance; readonly reply: Reply }> {
  const instance = await environment.start(launch, never);
  await instance.started;
  const { url, spawnedAt: since } = instance;
  await waitForHttp({ url, since, intervalMs: 5, deadlineMs: 20_000, signal: never });
  return { instance, reply: (await (await fetch(url)).json()) as Reply };
}

function left(): readonly unknown[] {
  return processesWithVariable(runVariable).filter(({ value }) => value === runId);
}

it('the example is usable here, runs files and no images', async () => {
  expect(await environment.probe(never)).toMatchObject({ usable: true });
  expect(environment.runs?.(launch.artifact)).toBeUndefined();
  expect(await environment.prepare(launch.artifact, launch.context, never)).toMatchObject({
    policy: 'SCHED_BATCH',
  });
});

it('it starts an app as it says, meters it, and leaves nothing behind', { timeout: 60_000 }, async () => {
  const { instance, reply } = await started();
  const batchPolicy = 3;
  expect(reply).toMatchObject({ found: [], EXTRA: 'given', policy: batchPolicy });
  const { net, gross } = await instance.meters();
  assert(net && gross);
  expect((await net.read()).cpuNs).toBeGreaterThan(0n);
  expect((await gross.read()).memoryBytes).toBeGreaterThan(10_000_000);
  await instance.stop();
  await instance.stop();
  expect(left()).toEqual([]);
  expect(existsSync(reply.data)).toBe(false);
});

it('it takes down what a killed run left', { timeout: 60_000 }, async () => {
  const { instance, reply } = await started();
  const removed = await environment.reap(runId, never);
  await instance.ended;
  expect(removed).toHaveLength(2);
  expect(left()).toEqual([]);
  expect(existsSync(reply.data)).toBe(false);
  await instance.stop();
});

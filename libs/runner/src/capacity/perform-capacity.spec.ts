import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { native, runVariable, type Environment } from '@tare/environment';
import { processesWithVariable } from '@tare/metrics';
import { capacityFileSchema } from '@tare/results';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { BenchConfig } from '../config/bench-config.ts';
import { resolveConfig } from '../config/resolve-config.ts';
import type { CapacityEvent } from './capacity-event.ts';
import { parseCapacityPlan, type CapacityOptions } from './capacity-plan.ts';
import { performCapacity, type CapacityRun } from './perform-capacity.ts';

/** Serves one request after the other and takes 20 ms for each: 50 a second, without using the CPU. */
const app = `
import { createServer } from 'node:http';
let freeAt = 0;
const server = createServer((request, reply) => {
  if (request.url === '/health') return reply.end('{"status":"ok"}');
  freeAt = Math.max(freeAt, performance.now()) + Number(process.env.SERVICE_MS ?? 20);
  setTimeout(() => reply.end('ok'), freeAt - performance.now());
});
server.listen(Number(process.env.PORT), process.env.HOST);
process.on('SIGTERM', () => process.exit(0));
`;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tare-capacity-'));
  await writeFile(join(folder, 'main.mjs'), app);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A native environment under another name, with the time that a request takes. */
const slower = (name: string, serviceMs: number, change: Partial<Environment> = {}): Environment => ({
  ...native(),
  name,
  start: (launch, signal) =>
    native().start({ ...launch, variables: { SERVICE_MS: String(serviceMs) } }, signal),
  ...change,
});

function search(
  environments: readonly Environment[],
  options: CapacityOptions,
  events: CapacityEvent[] = [],
  signal = new AbortController().signal,
): Promise<CapacityRun> {
  const config: BenchConfig = {
    workloads: [
      {
        name: 'queue',
        artifact: pathToFileURL(join(folder, 'main.mjs')),
        healthPath: '/health',
        request: () => ({ path: '/' }),
        conformance: [{ request: { path: '/health' }, status: 200 }],
      },
    ],
    environments,
    load: { connections: 2, warmupMs: 200 },
    // the host of a test is busy: that is not what is tested
    guards: { lateSendsPercent: 100, generatorCpuPercent: 1000 },
    seed: 5,
  };
  return performCapacity({
    config: resolveConfig(config, 'test'),
    plan: parseCapacityPlan({ slo: 'p50<=200ms', duration: 1.5, tolerance: 15, ...options }),
    runsFolder: join(folder, 'runs'),
    listener: (event) => events.push(event),
    signal,
    readyDeadlineMs: 5000,
  });
}

const leftovers = () => processesWithVariable(runVariable).filter(({ value }) => /^\d{8}-\d{6}-/.test(value));

it(
  'finds the capacity of each environment and journals every step',
  { timeout: 240_000, retry: 1 },
  async () => {
    const events: CapacityEvent[] = [];
    const environments = [slower('quick', 20), slower('slow', 40)];
    const { capacity, journalFolder } = await search(environments, { passes: 1, maxRate: 400 }, events);
    expect(capacityFileSchema.parse(capacity)).toEqual(capacity);
    expect(capacity.generatorRps).toBeGreaterThanOrEqual(100);
    const [quick, slow] = capacity.capacities;
    // in 1.5 s of slight overload the queue does not reach the limit: at 50 a second it does somewhat above
    expect(quick).toMatchObject({ environment: 'quick', limit: 'slo' });
    expect(quick?.highestRps).toBeGreaterThan(35);
    expect(quick?.highestRps).toBeLessThan(75);
    expect(slow?.highestRps).toBeGreaterThan(17);
    expect(slow?.highestRps).toBeLessThan(40);
    expect(slow?.lowestMissRps).toBeGreaterThan(slow?.highestRps ?? Infinity);
    const lines = (await readFile(join(journalFolder, 'steps.jsonl'), 'utf8')).trimEnd().split('\n');
    expect(lines.map((line): unknown => JSON.parse(line))).toEqual(capacity.steps);
    expect(events.filter(({ kind }) => kind === 'search-finished')).toHaveLength(2);
    expect(leftovers()).toEqual([]);
  },
);

it(
  'goes on with the others when an environment dies, and takes it for failed',
  { timeout: 120_000 },
  async () => {
    const mortal = slower('mortal', 5, {
      start: async (launch, signal) => {
        const instance = await native().start(launch, signal);
        if (launch.round !== undefined) setTimeout(() => void instance.stop(), 1500);
        return instance;
      },
    });
    const environments = [mortal, slower('sound', 5)];
    const { capacity } = await search(environments, { passes: 2, startRate: 20, maxRate: 20 });
    expect(capacity.environments).toMatchObject([
      { name: 'mortal', status: 'failed' },
      { name: 'sound', status: 'measured' },
    ]);
    expect(capacity.capacities).toMatchObject([
      { environment: 'sound', highestRps: 20, lowestMissRps: null, limit: 'maximum' },
    ]);
    expect(capacity.capacities[0]?.passes).toHaveLength(2);
    expect(leftovers()).toEqual([]);
  },
);

it('takes everything down when it is interrupted', { timeout: 60_000 }, async () => {
  const controller = new AbortController();
  const events: CapacityEvent[] = [];
  const running = search([slower('quick', 5)], { maxRate: 50 }, events, controller.signal);
  const outcome = running.catch((error: unknown) => error);
  while (!events.some(({ kind }) => kind === 'search-started')) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await new Promise((resolve) => setTimeout(resolve, 800));
  controller.abort(new Error('interrupted by a test'));
  expect(await outcome).toEqual(new Error('interrupted by a test'));
  expect(leftovers()).toEqual([]);
});

it('says why no environment can be measured', async () => {
  const reason = { usable: false, reason: 'no such planet', remedy: 'build a rocket' } as const;
  const moon = slower('moon', 5, { probe: () => Promise.resolve(reason) });
  await expect(search([moon], {})).rejects.toThrow('no environment can be measured: moon: no such planet');
});

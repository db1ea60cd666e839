import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { native, runVariable, type Environment } from '@tare/environment';
import { processesWithVariable } from '@tare/metrics';
import { capacityFileSchema } from '@tare/results';
import { resolveConfig, type BenchConfig } from '@tare/runner';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parseCapacityPlan, type CapacityOptions } from './capacity-plan.ts';
import { performCapacity, type CapacityRun } from './perform-capacity.ts';
import type { CapacityEvent } from './perform-capacity.ts';

/** Serves one request at a time and takes 20 ms for each: 50 a second, without using the CPU. */
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

const lockDeadlineMs = 150_000;

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

async function search(
  environments: readonly Environment[],
  options: CapacityOptions,
  events: CapacityEvent[] = [],
  signal = new AbortController().signal,
): Promise<CapacityRun> {
  const config: BenchConfig = {
    workloads: [
      {
        name: 'queue',
        app: { kind: 'node', file: pathToFileURL(join(folder, 'main.mjs')) },
        health: '/health',
        request: () => ({ path: '/' }),
        conformance: [{ request: { path: '/health' }, status: 200 }],
      },
    ],
    environments,
    load: { connections: 2, warmupMs: 200 },
    // the host of a test is busy, and this test is not about that
    guards: { lateSendsPercent: 100, generatorCpuPercent: 1000 },
    seed: 5,
  };
  const run = (): Promise<CapacityRun> =>
    performCapacity({
      config: resolveConfig(config, 'test'),
      plan: parseCapacityPlan({ slo: 'p50<=100ms', duration: 1, tolerance: 30, ...options }),
      runsFolder: join(folder, 'runs'),
      listener: (event) => events.push(event),
      signal,
      readyDeadlineMs: 5000,
      restMs: 100,
    });
  // only one run at a time measures on a host: tests of another project may be running
  for (const deadline = Date.now() + lockDeadlineMs; ;) {
    try {
      return await run();
    } catch (error) {
      const isLocked = error instanceof Error && error.message.startsWith('another run is measuring');
      if (!isLocked || Date.now() > deadline) throw error;
      await sleep(250);
    }
  }
}

/** Processes of a run that still exist. */
function leftovers(events: readonly CapacityEvent[]): readonly unknown[] {
  const started = events.find((event) => event.kind === 'capacity-started');
  if (started === undefined) throw new Error('The search did not start.');
  return processesWithVariable(runVariable).filter(({ value }) => value === started.runId);
}

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
    // the queue does not reach the limit in a second of slight overload, so the search may end somewhat above 50 a second
    expect(quick).toMatchObject({ environment: 'quick', limit: 'slo' });
    expect(quick?.highestRps).toBeGreaterThan(35);
    expect(quick?.highestRps).toBeLessThan(75);
    expect(slow?.highestRps).toBeGreaterThan(17);
    expect(slow?.highestRps).toBeLessThan(40);
    expect(slow?.lowestMissRps).toBeGreaterThan(slow?.highestRps ?? Infinity);
    const lines = (await readFile(join(journalFolder, 'steps.jsonl'), 'utf8')).trimEnd().split('\n');
    expect(lines.map((line): unknown => JSON.parse(line))).toEqual(capacity.steps);
    expect(events.filter(({ kind }) => kind === 'search-finished')).toHaveLength(2);
    expect(leftovers(events)).toEqual([]);
  },
);

it(
  'goes on with the others when an environment dies, and takes it for failed',
  { timeout: 240_000 },
  async () => {
    const mortal = slower('mortal', 5, {
      start: async (launch, signal) => {
        const instance = await native().start(launch, signal);
        if (launch.round !== undefined) setTimeout(() => void instance.stop(), 1500);
        return instance;
      },
    });
    const events: CapacityEvent[] = [];
    const environments = [mortal, slower('sound', 5)];
    const { capacity } = await search(environments, { passes: 2, startRate: 20, maxRate: 20 }, events);
    expect(capacity.environments).toMatchObject([
      { name: 'mortal', status: 'failed' },
      { name: 'sound', status: 'measured' },
    ]);
    expect(capacity.capacities).toMatchObject([
      { environment: 'sound', highestRps: 20, lowestMissRps: null, limit: 'maximum' },
    ]);
    expect(capacity.capacities[0]?.passes).toHaveLength(2);
    expect(leftovers(events)).toEqual([]);
  },
);

it('takes everything down when it is interrupted', { timeout: 240_000 }, async () => {
  const controller = new AbortController();
  const events: CapacityEvent[] = [];
  const running = search([slower('quick', 5)], { maxRate: 50 }, events, controller.signal);
  let isOver = false;
  const outcome = running
    .catch((error: unknown) => error)
    .finally(() => {
      isOver = true;
    });
  while (!events.some(({ kind }) => kind === 'search-started') && !isOver) {
    await sleep(50);
  }
  await sleep(800);
  controller.abort(new Error('interrupted by a test'));
  expect(await outcome).toEqual(new Error('interrupted by a test'));
  expect(leftovers(events)).toEqual([]);
});

it('says why no environment can be measured', { timeout: 240_000 }, async () => {
  const reason = { usable: false, reason: 'no such planet', remedy: 'build a rocket' } as const;
  const moon = slower('moon', 5, { probe: () => Promise.resolve(reason) });
  await expect(search([moon], {})).rejects.toThrow('no environment can be measured: moon: no such planet');
});

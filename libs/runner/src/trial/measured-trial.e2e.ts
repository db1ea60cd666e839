import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { native, type Environment, type Meters } from '@tare/environment';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { BenchConfig } from '../config/bench-config.ts';
import { faulty, other, shortRun, writeAnsweringApp } from '../../fixtures/real-run.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tare-measured-trial-'));
  await writeAnsweringApp(folder);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const run = (config: Partial<BenchConfig>) => shortRun(folder, { rounds: 1, retries: 0, ...config });

it('measures environments in slices side by side, and tells each its own', { retry: 2 }, async () => {
  const load = { connections: 2, warmupMs: 100, durationMs: 500, open: { rateRps: 50, durationMs: 300 } };
  const environments = [native(), faulty('slower', { SLOWER: '1' })];
  const { run: file } = await run({ environments, rounds: 2, load });
  expect(file.trials).toHaveLength(4);
  expect(file.diagnostics.filter(({ code }) => code === 'littles-law')).toEqual([]);
  for (const round of [1, 2]) {
    const [one, two] = ['native', 'slower'].map((name) =>
      file.trials.find((trial) => trial.round === round && trial.environment === name),
    );
    if (one === undefined || two === undefined) throw new Error('a trial is missing');
    expect(one.load.slices).toBe(two.load.slices);
    expect(one.disk.writeLatencyMs).toBeNull();
    for (const { open } of [one, two]) expect(open).toMatchObject({ planned: 15, requests: 15 });
    // 2 ms of CPU per request, and 4 ms: what the other used in its slices must not count
    expect(one.cpu.net?.msPerRequest).toBeGreaterThan(1.8);
    expect(one.cpu.net?.msPerRequest).toBeLessThan(3.2);
    expect(two.cpu.net?.msPerRequest).toBeGreaterThan(3.8);
    expect(two.cpu.net?.msPerRequest).toBeLessThan(5.2);
    expect(one.cpu.net?.percent).toBeGreaterThan(10);
    expect(one.load.throughputRps / two.load.throughputRps).toBeGreaterThan(1.5);
  }
});

it(
  'does not count for a request what an app burns while others have their slices',
  { retry: 2 },
  async () => {
    const burning = { BURNS: '1' };
    const environments = ['one', 'two', 'three'].map((name) => faulty(name, burning));
    const { run: file } = await run({
      environments,
      load: { connections: 2, warmupMs: 100, durationMs: 1500, open: false },
    });
    for (const { cpu, load, samples } of file.trials) {
      // a fifth of the time goes to the timer, and two thirds of that lie in the slices of the others: 1 ms of 3.5
      const withAll = (samples.at(-1)?.netCpuMs ?? 0) / load.requests;
      expect(cpu.net?.msPerRequest).toBeGreaterThan(1.8);
      expect((cpu.net?.msPerRequest ?? 0) / withAll).toBeLessThan(0.85);
    }
  },
);

it('leaves out what an environment cannot meter, and says why', { retry: 2 }, async () => {
  const notMetered = 'its kernel\u001b[31m lies between the two';
  const withMeters = (name: string, change: (meters: Meters) => Meters): Environment =>
    other(name, {
      start: async (launch, signal) => {
        const instance = await native().start(launch, signal);
        return { ...instance, meters: async () => change(await instance.meters()) };
      },
    });
  const { run: file } = await run({
    environments: [
      native(),
      withMeters('gross', ({ gross }) => ({ gross, notMetered })),
      withMeters('net', ({ net }) => ({ net, notMetered, elsewhere: true })),
      withMeters('none', () => ({ notMetered })),
    ],
    load: { connections: 2, warmupMs: 100, durationMs: 500, open: false },
  });
  const scopes = Object.fromEntries(
    file.trials.map(({ environment, cpu, memory, samples, notMetered: reason }) => [
      environment,
      [Object.keys(cpu), Object.keys(memory), samples.length > 2, reason],
    ]),
  );
  const reason = 'its kernel lies between the two';
  expect(scopes).toEqual({
    native: [['net', 'gross'], ['net', 'gross'], true, undefined],
    gross: [['gross'], ['gross'], true, reason],
    net: [['net'], ['net'], true, reason],
    none: [[], [], false, reason],
  });
  // an app of this host without a meter would count as another program
  expect(file.trials.map(({ host }) => host.foreignCpus)).toEqual([null, null, null, null]);
});

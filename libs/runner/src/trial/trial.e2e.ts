import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { native } from '@tare/environment';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { BenchConfig } from '../config/bench-config.ts';
import { resolveConfig } from '../config/resolve-config.ts';
import { requestsOf } from '../config/workload.ts';
import { performRun, type RunResult } from '../run/perform-run.ts';
import { answering, faulty, lenient, writeAnsweringApp } from '../../fixtures/real-run.ts';

const slow = { timeout: 90_000 };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tare-trial-'));
  await writeAnsweringApp(folder);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function run(config: Partial<BenchConfig>): Promise<RunResult> {
  const whole = {
    workloads: [answering(folder)],
    environments: [native()],
    rounds: 1,
    control: false,
    retries: 0,
    load: { connections: 2, warmupMs: 100, durationMs: 500, open: { rateRps: 50, durationMs: 300 } },
    guards: lenient,
    ...config,
  };
  return performRun({
    config: resolveConfig(whole, 'a test'),
    runsFolder: join(folder, 'runs'),
    listener: () => undefined,
    signal: new AbortController().signal,
  });
}

it('measures environments in slices side by side, and tells each its own', slow, async () => {
  const { run: file } = await run({ environments: [native(), faulty('slower', { SLOWER: '1' })], rounds: 2 });
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
    expect(one.cpu.net.msPerRequest).toBeGreaterThan(1.8);
    expect(one.cpu.net.msPerRequest).toBeLessThan(3.2);
    expect(two.cpu.net.msPerRequest).toBeGreaterThan(3.8);
    expect(two.cpu.net.msPerRequest).toBeLessThan(5.2);
    expect(one.cpu.net.percent).toBeGreaterThan(10);
    expect(one.load.throughputRps / two.load.throughputRps).toBeGreaterThan(1.5);
  }
});

it('does not count for a request what an app burns while others have their slices', slow, async () => {
  const burning = { BURNS: '1' };
  const environments = ['one', 'two', 'three'].map((name) => faulty(name, burning));
  const { run: file } = await run({
    environments,
    load: { connections: 2, warmupMs: 100, durationMs: 1500, open: false },
  });
  for (const { cpu, load, samples } of file.trials) {
    // a fifth of the time goes to the timer, and two thirds of that lie in the slices of the others: 1 ms of 3.5
    const withAll = (samples.at(-1)?.netCpuMs ?? 0) / load.requests;
    expect(cpu.net.msPerRequest).toBeGreaterThan(1.8);
    expect((cpu.net.msPerRequest ?? 0) / withAll).toBeLessThan(0.85);
  }
});

// the faults begin after what is asked before the load
it.each<[string, Readonly<Record<string, string>>, RegExp]>([
  ['dies', { DIES_AT: '40' }, /^dies: round 1: the app ended with exit code 3 during the trial/],
  [
    'fails',
    { FAILS_AT: '40' },
    /^fails: round 1: \d+ of \d+ requests failed in the (warm-up|window): status 500 × \d+; its last log lines:\n[^]*the disk is full/,
  ],
  [
    'wrong',
    { WRONG_AT: '40' },
    /^wrong: round 1: reply \d+ under load is wrong: GET \/answer: expected 200, 13 bytes, as from native: \{"answer":42\}; got 200, 13 bytes: \{"answer":41\}; its last log lines:\nlistening/,
  ],
  [
    'silent',
    { SILENT_AT: '40' },
    /^silent: round 1: it does not answer any more: 2 requests have had no reply for \d+\.\d s \(timeout × [23]\), after \d+ good replies; its last log lines:\nlistening/,
  ],
])('names the side that %s among those in slices', slow, async (name, variables, message) => {
  const running = run({
    environments: [native(), faulty(name, variables)],
    load: { connections: 2, warmupMs: 0, durationMs: 2000, open: false },
  });
  expect(await reasonOf(running, name)).toMatch(message);
});

/** Why an environment failed in a run that went on with the others. */
async function reasonOf(running: ReturnType<typeof run>, name: string): Promise<string> {
  const { run: file } = await running;
  const found = file.environments.find((each) => each.name === name);
  return found?.status === 'failed' ? found.reason : 'it did not fail';
}

it('names what fails in a whole window, too', slow, async () => {
  const running = run({
    environments: [native(), faulty('wrong', { WRONG_AT: '40' })],
    load: { connections: 2, warmupMs: 0, durationMs: 2000, open: false, sliceMs: 0 },
  });
  expect(await reasonOf(running, 'wrong')).toMatch(
    /^wrong: round 1: reply \d+ under load is wrong: GET \/answer: expected 200/,
  );
});

it('does not begin where an environment answers the load otherwise than the baseline', slow, async () => {
  const { run: file } = await run({ environments: [native(), faulty('other', { WRONG_AT: '0' })] });
  expect(file.environments[1]).toMatchObject({
    status: 'failed',
    reason: expect.stringMatching(
      /^answer answers wrongly: GET \/answer: answer is 41, expected 42/,
    ) as string,
  });
  const workload = { ...answering(folder), conformance: [{ request: { path: '/health' }, status: 200 }] };
  const { run: second } = await run({
    workloads: [workload],
    environments: [native(), faulty('other', { WRONG_AT: '0' })],
  });
  expect(second.environments[1]).toMatchObject({
    status: 'failed',
    reason: expect.stringMatching(
      /^answer answers wrongly: GET \/answer: expected 200, 13 bytes, as from native: \{"answer":42\}; got 200, 13 bytes: \{"answer":41\}\. If replies may differ .*reply: \{\} for nothing; its last log lines:\nlistening/,
    ) as string,
  });
});

it('takes the word of the workload for replies that differ', slow, async () => {
  const workload = {
    ...answering(folder),
    conformance: [{ request: { path: '/health' }, status: 200 }],
    request: () => ({ path: '/answer', reply: { matches: /^{"answer":4[12]}$/ } }),
  };
  const { run: file } = await run({
    workloads: [workload],
    environments: [native(), faulty('other', { WRONG_AT: '0' })],
  });
  expect(file.environments.map(({ status }) => status)).toEqual(['measured', 'measured']);
});

it.each([
  [{ path: 'answer' }, 'workload answer: request path: expected a path that begins with /'],
  [{ path: '/a#b' }, 'workload answer: request path: expected a path without #'],
  [
    { path: '/answer', headers: { 'x-name': 'grün' } },
    'workload answer: request headers.x-name: expected printable ASCII: encode what is not',
  ],
  [
    { path: '/answer', headers: { 'Content-Length': '5' } },
    'workload answer: request headers.Content-Length: is set by the load generator, leave it out',
  ],
  [{ path: '/answer', method: 'HEAD' }, 'workload answer: request method: '],
  [[], 'workload answer: request: expected at least one request'],
])('refuses a request that cannot be sent before anything is begun: %j', async (request, message) => {
  const workload = { ...answering(folder), request: () => request } as never;
  await expect(run({ workloads: [workload] })).rejects.toThrow(message);
});

it('encodes what a path does not hold as it is', () => {
  const request = () => ({ path: '/work?q=grün 🍕&r=%20' });
  expect(requestsOf({ name: 'x', request }, 1)).toEqual([{ path: '/work?q=gr%C3%BCn%20%F0%9F%8D%95&r=%20' }]);
});

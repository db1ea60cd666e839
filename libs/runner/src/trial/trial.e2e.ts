import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { native } from '@tare/environment';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { BenchConfig } from '../config/bench-config.ts';
import { requestsOf } from '../config/workload.ts';
import { answering, faulty, shortRun, writeAnsweringApp } from '../../fixtures/real-run.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tare-trial-'));
  await writeAnsweringApp(folder);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const run = (config: Partial<BenchConfig>) =>
  shortRun(folder, { environments: [native()], rounds: 1, retries: 0, ...config });

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
])('names the side that %s among those in slices', async (name, variables, message) => {
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

it('names what fails in a whole window, too', async () => {
  const running = run({
    environments: [native(), faulty('wrong', { WRONG_AT: '40' })],
    load: { connections: 2, warmupMs: 0, durationMs: 2000, open: false, sliceMs: 0 },
  });
  expect(await reasonOf(running, 'wrong')).toMatch(
    /^wrong: round 1: reply \d+ under load is wrong: GET \/answer: expected 200/,
  );
});

it.each<[string, Readonly<Record<string, string>>, RegExp]>([
  ['dies', { DIES_AT: '40' }, /dies: the app ended with exit code 3 under load before the first round; its/],
  // after what is asked without load
  [
    'is silent',
    { SILENT_AT: '2' },
    /: it does not answer any more: 2 requests have .*, after 0 good replies; its/,
  ],
])('notices within seconds that an app %s before the first round', async (_, variables, message) => {
  const alone = { environments: [faulty('dies', variables)], baseline: 'dies' };
  const startedAt = performance.now();
  await expect(run({ ...alone, load: { connections: 2, durationMs: 500, open: false } })).rejects.toThrow(
    message,
  );
  expect(performance.now() - startedAt).toBeLessThan(20_000);
});

it('does not begin where an environment answers the load otherwise than the baseline', async () => {
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

it('takes the word of the workload for replies that differ', async () => {
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

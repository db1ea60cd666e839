import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseCapacityFile } from '@tare/results';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runExecutor, type Signal, writeApp, writeConfig } from '../../../fixtures/executor-process.ts';

const lockDeadlineMs = 150_000;

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'tare-capacity-'));
  await writeApp(root);
  await writeConfig(
    root,
    `environments: [native()],
     load: { connections: 2, warmupMs: 100 },
     guards: { lateSendsPercent: 100, generatorCpuPercent: 1000 }`,
  );
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** Waits while another run holds the host. */
async function capacity(options: object, ...signals: readonly Signal[]) {
  for (const deadline = Date.now() + lockDeadlineMs; ; await sleep(250)) {
    const given = { config: 'bench.config.mjs', ...options };
    const outcome = await runExecutor('capacity', given, { root }, signals);
    if (!outcome.stderr.includes('another run is measuring') || Date.now() > deadline) return outcome;
  }
}

it('writes the capacity file, the table and the chart', { timeout: 240_000 }, async () => {
  const options = { slo: 'p50<=1s', startRate: 10, maxRate: 20, duration: 1, passes: 1 };
  const { stdout, stderr } = await capacity(options);
  expect(stderr).toBe('');
  expect(stdout).toContain('20 req/s: p50');
  expect(stdout).toMatch(/^native +at least 20 req\/s: no more was asked for /m);
  expect(stdout).toContain(
    'Written: reports/latest/capacity.json, reports/latest/capacity.md, reports/latest/capacity/app.svg\nsucceeded\n',
  );
  const path = join(root, 'reports', 'latest', 'capacity.json');
  const file = parseCapacityFile(await readFile(path, 'utf8'), path);
  expect(file.capacities).toMatchObject([{ environment: 'native', highestRps: 20, limit: 'maximum' }]);
  expect((await readdir(join(root, 'reports', 'runs', file.id))).sort()).toEqual([
    'capacity.json',
    'steps.jsonl',
  ]);
});

it.each([
  [{ slo: 'p99<=50' }, '--slo=p99<=50: expected a unit: ms or s, as in p99<=50ms\n'],
  [{ startRate: 0 }, '--startRate=0: expected a number of requests per second from 1 to 1000000\n'],
  [{ maxRate: -1 }, '--maxRate=-1: expected a number of requests per second from 1 to 1000000\n'],
  [{ environments: 'moon' }, '--environments=moon: "moon" is unknown, expected some of native\n'],
  [{ config: 'none.ts' }, 'none.ts could not be loaded: '],
])('fails with one clear line for %j', async (options, line) => {
  const { stdout, stderr } = await capacity(options);
  expect(stderr).toContain(line);
  expect(stderr.trim().split('\n')).toHaveLength(1);
  expect(stdout).toBe('did not succeed\n');
});

it('ends in order after Ctrl-C', { timeout: 240_000 }, async () => {
  const { stdout, stderr } = await capacity({}, { text: 'load generator: searching', signal: 'SIGINT' });
  expect(stderr).toContain('interrupted by SIGINT');
  expect(stdout).toContain('did not succeed');
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseCapacityFile } from '@tare/results';
import { afterAll, beforeAll, expect, it } from 'vitest';

const app = `
import { createServer } from 'node:http';
const server = createServer((request, reply) => reply.end('{"status":"ok"}'));
server.listen(Number(process.env.PORT), process.env.HOST);
process.on('SIGTERM', () => process.exit(0));
`;
const lockDeadlineMs = 150_000;

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'tare-capacity-'));
  await writeFile(join(root, 'main.mjs'), app);
  await writeFile(
    join(root, 'bench.config.mjs'),
    `import { native } from '${import.meta.resolve('@tare/environment')}';
     export default {
       workloads: [{ name: 'app', app: { kind: 'node', file: new URL('main.mjs', import.meta.url) }, health: '/health',
         request: () => ({ path: '/' }), conformance: [{ request: { path: '/health' }, status: 200 }] }],
       environments: [native()],
       load: { connections: 2, warmupMs: 100 },
       guards: { lateSendsPercent: 100, generatorCpuPercent: 1000 },
     };`,
  );
});
afterAll(() => rm(root, { recursive: true, force: true }));

type Outcome = { readonly stdout: string; readonly stderr: string };

/** Runs the executor in a process of its own, as Nx does; waits while another run holds the host. */
async function capacity(
  options: object,
  after?: { readonly text: string; readonly signal: NodeJS.Signals },
): Promise<Outcome> {
  const executor = new URL('./executor.ts', import.meta.url).href;
  const script = `
    import capacity from '${executor}';
    const { success } = await capacity(${JSON.stringify({ config: 'bench.config.mjs', ...options })}, { root: ${JSON.stringify(root)} });
    console.log(success ? 'succeeded' : 'did not succeed');`;
  for (const deadline = Date.now() + lockDeadlineMs; ; await sleep(250)) {
    const child = spawn(process.execPath, ['--input-type=module', '-e', script]);
    const outcome = { stdout: '', stderr: '' };
    child.stdout.on('data', (chunk: Buffer) => {
      outcome.stdout += chunk.toString();
      if (after !== undefined && outcome.stdout.includes(after.text)) child.kill(after.signal);
    });
    child.stderr.on('data', (chunk: Buffer) => (outcome.stderr += chunk.toString()));
    await once(child, 'close');
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

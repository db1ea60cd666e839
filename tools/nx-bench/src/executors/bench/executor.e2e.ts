import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseRunFile } from '@tare/results';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runExecutor, type Signal, writeApp, writeConfig } from '../../../fixtures/executor-process.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'tare-bench-'));
  await writeApp(root);
  await writeConfig(
    root,
    `environments: [native(), { ...native(), name: 'again' }],
     load: { connections: 2, warmupMs: 100, durationMs: 600, open: { rateRps: 50, durationMs: 300 } },
     // no guard repeats a round: the machine of a test is a busy one
     control: false, retries: 0`,
  );
});
afterAll(() => rm(root, { recursive: true, force: true }));

const bench = (options: object, ...signals: readonly Signal[]) =>
  runExecutor(
    'bench',
    { config: 'bench.config.mjs', ...options },
    { root, projectName: 'app-bench' },
    signals,
  );

it('serves the report of the run while it grows', { timeout: 60_000 }, async () => {
  const { stdout } = await bench({ rounds: 2, watch: true });
  expect(stdout).toMatch(/report of the run so far: http:\/\/127\.0\.0\.1:\d+\//);
  expect(stdout).toContain('succeeded');
});

it(
  'writes a run file that holds to its schema into the folder of its project, and says what it does',
  { timeout: 90_000 },
  async () => {
    const { stdout } = await bench({ rounds: 2, outputPath: 'reports/{projectName}' });
    expect(stdout).toContain('succeeded');
    expect(stdout).toMatch(/round 2\/2 {2}app in (native|again): [\d.]+ req\/s, ready after \d+ ms\n/);
    const path = join(root, 'reports', 'app-bench', 'latest', 'run.json');
    const run = parseRunFile(await readFile(path, 'utf8'), path);
    expect(run.trials).toHaveLength(4);
    const [host = ''] = await readdir(join(root, 'reports', 'app-bench', 'history'));
    expect(await readdir(join(root, 'reports', 'app-bench', 'history', host))).toContain(`${run.id}.json`);
    expect(await readdir(join(root, 'reports', 'app-bench', 'runs', run.id))).toEqual([
      'header.json',
      'journal.jsonl',
      'run.json',
    ]);
  },
);

it.each([
  [{ rounds: 0 }, '--rounds=0: expected a whole number from 1 to 1000\n'],
  [{ environments: 'moon' }, '--environments=moon: "moon" is unknown, expected some of native, again\n'],
  [{ config: 'none.ts' }, 'none.ts could not be loaded: '],
])('fails with one clear line for %j', async (options, line) => {
  const { stdout, stderr } = await bench(options);
  expect(stderr).toContain(line);
  expect(stderr.trim().split('\n')).toHaveLength(1);
  expect(stdout).toBe('did not succeed\n');
});

it('ends after the round under way on SIGINT, with a run file of what is measured', async () => {
  const after = { text: 'round 1/100', signal: 'SIGINT' } as const;
  const { stdout, stderr } = await bench({ rounds: 100, outputPath: 'ended' }, after);
  expect(stdout).toContain('ending after this round; Ctrl-C again ends at once\n');
  expect(stderr).toMatch(/^interrupted; the report shows \d rounds?\n$/);
  expect(stdout).toContain('did not succeed');
  const path = join(root, 'ended', 'latest', 'run.json');
  const { plan, trials } = parseRunFile(await readFile(path, 'utf8'), path);
  expect(plan).toMatchObject({ kind: 'looks', looks: [], mostRounds: 100, endedBy: 'interrupted' });
  expect(trials).toHaveLength(2 * plan.rounds);
});

it('ends at once and in order on SIGTERM', async () => {
  const { stdout, stderr } = await bench({ rounds: 100 }, { text: 'round 1/100', signal: 'SIGTERM' });
  expect(stderr).toMatch(
    /^interrupted by SIGTERM; everything is taken down; reports\/runs\/\S+ keeps the (\d+ trials|trial) so far: --resume continues the run\n$/,
  );
  expect(stdout).toContain('did not succeed');
});

it('ends at once on a second SIGINT', async () => {
  const { stdout, stderr } = await bench(
    { rounds: 100 },
    // as soon as the rounds begin: a trial's line comes when its round is all but over
    { text: '100 rounds, seed', signal: 'SIGINT' },
    { text: 'ending after this round', signal: 'SIGINT' },
  );
  expect(stderr).toBe('interrupted by SIGINT; everything is taken down\n');
  expect(stdout).toContain('did not succeed');
});

it('blames nothing for an interruption while it probes, and speaks of no trials', async () => {
  await writeFile(
    join(root, 'slow.config.mjs'),
    `import base from './bench.config.mjs';
     const probe = (signal) => new Promise((resolve) => {
       console.log('probing');
       const answer = setTimeout(resolve, 60_000);
       signal.onabort = () => clearTimeout(answer) ?? resolve({ usable: false, reason: String(signal.reason), remedy: 'none' });
     });
     export default { ...base, environments: [{ ...base.environments[0], probe }] };`,
  );
  const { stdout, stderr } = await bench(
    { config: 'slow.config.mjs' },
    { text: 'probing', signal: 'SIGINT' },
  );
  expect(stderr).toBe('interrupted by SIGINT; everything is taken down\n');
  expect(stdout).not.toContain('not usable');
});

it('says that its reports cannot be written before it starts anything', async () => {
  await writeFile(join(root, 'taken'), '');
  const { stdout, stderr } = await bench({ outputPath: 'taken' });
  expect(stderr).toMatch(
    /taken\/runs: cannot be written: part of its path is not a folder; .*--outputPath\n$/,
  );
  expect(stdout).toBe('did not succeed\n');
});

it('says that there are too few file descriptors before it starts anything', async () => {
  const few = `ulimit -n 64 && exec "${process.execPath}" --input-type=module -e '
    import bench from "${new URL('./executor.ts', import.meta.url).href}";
    await bench({ config: "bench.config.mjs" }, { root: ${JSON.stringify(root)} });'`;
  const child = spawn('sh', ['-c', few]);
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  await once(child, 'close');
  expect(stderr).toBe(
    'this process may open 64 file descriptors, a run with 2 connections in 2 environments wants 198: ulimit -n 1024\n',
  );
});

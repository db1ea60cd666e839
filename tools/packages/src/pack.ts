/**
 * Makes the packages that are published, each in dist/packages/NAME, ready for `npm publish`: one JavaScript file for each source
 * file, at the same place relative to the others, because many find a file beside them; types in one file for each entry.
 */
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { build, type InlineConfig } from 'tsdown';
import { builtFile, nodePackage, packedManifest, plainFiles, programOf, typedEntries } from './manifest.ts';
import {
  bundledProject,
  packagesFolder,
  type Project,
  published,
  repository,
  rootManifest,
  shortName,
  withBundled,
} from './workspace.ts';

/** Makes all packages. @throws Error of the build. */
async function packAll(): Promise<void> {
  rmSync(packagesFolder, { recursive: true, force: true });
  for (const project of published) await pack(project);
  for (const [name, version] of Object.entries(rootManifest.optionalDependencies ?? {}))
    packNode(name, version);
}

async function pack(project: Project): Promise<void> {
  const to = join(packagesFolder, shortName(project));
  const parts = withBundled(project);
  await build({
    ...common,
    entry: parts.flatMap(({ folder }) => sources(folder).map((file) => `./${file}`)),
    root: repository,
    outDir: join(to, 'dist'),
    unbundle: true,
    dts: false,
  });
  for (const part of parts) copyBeside(part, join(to, 'dist'));
  const entries = [...typedEntries(project).values()];
  await build({
    ...common,
    entry: Object.fromEntries(
      entries.map(({ source, types }) => [types, join(repository, project.folder, source)]),
    ),
    outDir: join(to, 'dist'),
    dts: { dtsOnly: true, tsc: { eager: true }, sourcemap: false },
  });
  const own = join(repository, project.folder);
  const write = (path: string, content: object): void => {
    writeFileSync(join(to, path), `${JSON.stringify(content, null, 2)}\n`);
  };
  for (const path of plainFiles(project)) cpSync(join(own, path), join(to, path));
  for (const kind of ['executors', 'generators'] as const) {
    const path = project.manifest[kind];
    if (path !== undefined)
      write(path, packedTasks(project, JSON.parse(readFileSync(join(own, path), 'utf8')) as Tasks, to));
  }
  for (const [command, source] of Object.entries(project.manifest.bin ?? {}))
    writeProgram(join(to, programOf(command)), join(to, builtFile(project, source)), to);
  write('package.json', packedManifest(project));
  writeFileSync(join(to, 'README.md'), absoluteLinks(readFileSync(join(own, 'README.md'), 'utf8'), project));
  for (const file of ['LICENSE', 'CHANGELOG.md']) copyFileSync(join(repository, file), join(to, file));
}

const common = {
  cwd: repository,
  config: false,
  tsconfig: join(repository, 'tsconfig.json'),
  format: 'esm',
  platform: 'node',
  // no syntax is lowered: that takes a library, and what an older Node loads is written in what it knows
  target: false,
  fixedExtension: false,
  clean: false,
  report: false,
  logLevel: 'warn',
  checks: { pluginTimings: false },
  deps: {
    alwaysBundle: (id: string) => bundledProject(id) !== undefined,
    neverBundle: (id: string, importer?: string) =>
      importer !== undefined && /^[^./]/.test(id) && bundledProject(id) === undefined,
  },
} satisfies InlineConfig;

const isForTests = (path: string): boolean => /\.(spec|e2e)\.ts$|(^|\/)write-json-schemas?\.ts$/.test(path);

/** The source files of a project that are no tests, from the root of the repository. */
function sources(folder: string): readonly string[] {
  return globSync(`${folder}/src/**/*.ts`, { cwd: repository }).filter((path) => !isForTests(path));
}

/** Copies what is read beside the sources: schemas of options, scripts, templates, recipes. */
function copyBeside({ folder, manifest }: Project, to: string): void {
  for (const name of manifest.files ?? [])
    cpSync(join(repository, folder, name), join(to, folder, name), { recursive: true });
  const files = globSync(`${folder}/src/**/*`, { cwd: repository, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/\.(ts|cjs)$/.test(entry.name))
    .map((entry) => relative(repository, join(entry.parentPath, entry.name)));
  for (const file of files) {
    mkdirSync(dirname(join(to, file)), { recursive: true });
    copyFileSync(join(repository, file), join(to, file));
  }
}

type Task = { readonly implementation?: string; readonly factory?: string; readonly schema: string };
type Tasks = Readonly<Record<string, Readonly<Record<string, Task>> | string>>;

/** What executors.json or generators.json says of the package: what is built instead of sources. */
function packedTasks(project: Project, tasks: Tasks, to: string): object {
  const places = (task: Task, kind: string): Task => {
    const { implementation, factory, schema } = task;
    const program = implementation ?? factory ?? '';
    const [path = '', name] = program.split('#');
    const source = path.replace(/^\.\/dist\//, './src/').replace(/(\.[jt]s)?$/, '.ts');
    const built = builtFile(project, source);
    const place =
      kind === 'executors' ? `./dist/${source.slice('./src/'.length).replace(/\.ts$/, '.js')}` : built;
    if (kind === 'executors') writeExecutor(join(to, place), join(to, built), to);
    const target = name === undefined ? place : `${place}#${name}`;
    return {
      ...task,
      ...(implementation === undefined ? { factory: target } : { implementation: target }),
      schema: builtFile(project, schema),
    };
  };
  return Object.fromEntries(
    Object.entries(tasks).map(([kind, named]) => [
      kind,
      typeof named === 'string'
        ? named
        : Object.fromEntries(Object.entries(named).map(([name, task]) => [name, places(task, kind)])),
    ]),
  );
}

/** Nx loads this on any Node; what it stands for runs on the locked one. */
function writeExecutor(file: string, real: string, to: string): void {
  writeEntry(file, to, (kit) => [
    `import { executorOnLockedNode } from '${kit}';`,
    '',
    `export default executorOnLockedNode(new URL('${from(file, real)}', import.meta.url));`,
  ]);
}

function writeProgram(file: string, real: string, to: string): void {
  writeEntry(file, to, (kit) => [
    '#!/usr/bin/env node',
    `import { programOnLockedNode } from '${kit}';`,
    '',
    `await programOnLockedNode(new URL('${from(file, real)}', import.meta.url));`,
  ]);
  chmodSync(file, 0o755);
}

function writeEntry(file: string, to: string, lines: (kit: string) => readonly string[]): void {
  mkdirSync(dirname(file), { recursive: true });
  const kit = from(file, join(to, 'dist/tools/nx-kit/src/on-locked-node.js'));
  writeFileSync(file, `${lines(kit).join('\n')}\n`);
}

function from(file: string, other: string): string {
  const path = relative(dirname(file), other);
  return path.startsWith('.') ? path : `./${path}`;
}

/** Links to files of the repository lead to its web page. */
function absoluteLinks(text: string, { folder, manifest: { version } }: Project): string {
  const page = (rootManifest.repository?.url ?? '').replace(/^git\+/, '').replace(/\.git$/, '');
  return text.replaceAll(/\]\((?!https?:|#)([^)]+)\)/g, (_, path: string) => {
    const [file = '', anchor] = path.split('#');
    const place = relative(repository, join(repository, folder, file));
    return `](${page}/blob/v${version}/${place}${anchor === undefined ? '' : `#${anchor}`})`;
  });
}

/** The locked Node of a platform, if it is installed here. */
function packNode(name: string, version: string): void {
  const installed = join(repository, 'node_modules', name);
  if (!name.startsWith('node-linux-') || !existsSync(installed)) return;
  const to = join(packagesFolder, name);
  mkdirSync(join(to, 'bin'), { recursive: true });
  copyFileSync(join(installed, 'bin/node'), join(to, 'bin/node'));
  copyFileSync(join(installed, 'LICENSE'), join(to, 'LICENSE'));
  const manifest = {
    name: nodePackage(name),
    version,
    description: `The Node ${version} that Tare measures with. It has no command of its own, so that your scripts keep your Node.`,
    license: 'MIT',
    repository: rootManifest.repository,
    os: ['linux'],
    cpu: [name.replace('node-linux-', '')],
    files: ['bin'],
    publishConfig: { access: 'public', provenance: true },
  };
  writeFileSync(join(to, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  writeFileSync(join(to, 'README.md'), `# ${manifest.name}\n\n${manifest.description}\n`);
}

if (process.argv[1] === import.meta.filename) await packAll();

import { accessSync, constants, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ExecutorContext, ProjectConfiguration } from '@nx/devkit';
import type { FilesSource, NodeSource, ProjectSource } from '@tare/environment';
import type { ProjectResolver } from '@tare/runner';
import { gatherPackages, installedFolder } from './gather-packages.ts';
import type { PrepareOptions } from './prepare.ts';
import { outputsOf, requireProject } from './projects.ts';

/** What a project builds and how it is run, and a line that says what was found and from where. */
type FoundApp = { readonly app: NodeSource | FilesSource; readonly from: string };

type Project = ProjectConfiguration & { readonly name: string };

/**
 * Makes what finds the apps of projects for `loadConfig`; prints a line for each, what was found and from where.
 * @param root of the workspace that is looked into: this one, or another commit of it.
 * @returns undefined without the plugin: then nothing is known of projects.
 */
export function projectResolver(
  root: string,
  { workloadTargets }: PrepareOptions,
  { projectsConfigurations }: Pick<ExecutorContext, 'projectsConfigurations'>,
): ProjectResolver | undefined {
  if (workloadTargets === undefined) return undefined;
  const { projects } = projectsConfigurations;
  const said = new Set<string>();
  return (source, workload) => {
    const project = requireProject(workload, source.project, projects);
    const buildTargets = workloadTargets.filter((target) => target !== 'test');
    const { app, from } = findApp(source, { ...project, name: source.project }, { root, buildTargets });
    if (!said.has(from)) process.stdout.write(`${from}\n`);
    said.add(from);
    return app;
  };
}

const entryStems = ['main', 'server', 'index', 'app'];
const endings = ['.mjs', '.cjs', '.js'];

/**
 * Finds what a project builds, once it is built: one bundled file, a folder with a command, or an executable.
 * @param buildTargets names of the targets that make it.
 * @throws Error in one line: what was looked for, and what to write in bench.config.ts.
 */
export function findApp(
  { command, base }: ProjectSource,
  project: Project,
  { root, buildTargets }: { readonly root: string; readonly buildTargets: readonly string[] },
): FoundApp {
  const builds = buildTargets.filter((target) => project.targets?.[target] !== undefined);
  const outputs = builds.flatMap((target) =>
    outputsOf(project.targets?.[target] ?? {}, { project: project.name, root: project.root }).map((path) => ({
      path: join(root, path),
      by: `${project.name}:${target}`,
    })),
  );
  const made = outputs.filter(({ path }) => existsSync(path) && path !== join(root, project.root));
  const own = { path: join(root, project.root), by: project.name };
  const shown = (path: string): string => relative(root, path) || '.';
  const ofFolder = (folder: string, run: readonly string[], from: string): FoundApp => ({
    app: {
      kind: 'files',
      folder: pathToFileURL(join(folder, '/')),
      command: run,
      ...(base !== undefined && { base }),
    },
    from: `${project.name}: ${run.join(' ')} in ${shown(folder)}, ${from}`,
  });

  if (command !== undefined) {
    const folders = [...made.filter(({ path }) => isFolder(path)), own];
    const named = command.filter((word) => /[./]/.test(word) && !word.startsWith('/'));
    const holding = folders.find(({ path }) => named.some((word) => existsSync(join(path, word))));
    const { path, by } = holding ?? folders[0] ?? own;
    return ofFolder(path, command, path === own.path ? 'the folder of the project' : `the output of ${by}`);
  }

  const options = builds.map((target): unknown => project.targets?.[target]?.options);
  for (const { path, by } of made) {
    const found = entryOf(path, options);
    if (found === undefined) continue;
    if (found.kind === 'program')
      return ofFolder(dirname(found.path), [`./${basename(found.path)}`], `the output of ${by}`);
    const folder = found.folder ?? (isFolder(path) ? path : dirname(path));
    return ofScript(found.path, folder, `the output of ${by}`);
  }

  const start = startOf(own.path);
  if (start !== undefined) {
    const from = 'the script "start" of its package.json';
    const [program, file, ...others] = start;
    return program === 'node' && file !== undefined && others.length === 0
      ? ofScript(join(own.path, file), own.path, from)
      : ofFolder(own.path, start, from);
  }
  throw new Error(
    noAppText(project, { builds, outputs: outputs.map(({ path }) => shown(path)), own: own.path }),
  );

  function ofScript(script: string, folder: string, from: string): FoundApp {
    const { besides, packages } = neededBy(script, own.path);
    if (besides.length === 0 && packages.length === 0)
      return {
        app: { kind: 'node', file: pathToFileURL(script) },
        from: `${project.name}: ${shown(script)}, one file, ${from}`,
      };
    const command = ['node', relative(folder, script)];
    if (packages.length === 0 || existsSync(join(folder, 'node_modules')))
      return ofFolder(folder, command, from);
    const to = join(root, 'dist', 'tare', project.root);
    const count = gatherPackages({ app: folder, to, packages, projectFolder: own.path });
    return ofFolder(to, command, `${shown(folder)} and the ${count} packages that it needs: ${from}`);
  }
}

function noAppText(
  { name, root }: Project,
  {
    builds,
    outputs,
    own,
  }: { readonly builds: readonly string[]; readonly outputs: readonly string[]; readonly own: string },
): string {
  const looked =
    builds.length === 0
      ? `project ${name} has no target "build" and its package.json no script "start" that is one command`
      : outputs.length === 0
        ? `target ${name}:${builds.join(', ')} does not say what it writes: give it "outputs"`
        : `target ${name}:${builds.join(', ')} left nothing that can be run in ${outputs.join(', ')}`;
  const image = existsSync(join(own, 'Dockerfile')) ? `, or image({ project: '${name}', port: … })` : '';
  return `${looked}. Say what runs it: project('${name}', { command: 'node server.js' }), in the folder ${root} or in its output${image}`;
}

type Entry =
  | { readonly kind: 'script'; readonly path: string; readonly folder?: string }
  | { readonly kind: 'program'; readonly path: string };

/** What is run of an output, by its name and by what the options of its build say. */
function entryOf(output: string, optionsOfBuilds: readonly unknown[]): Entry | undefined {
  if (!isFolder(output))
    return endings.some((ending) => output.endsWith(ending))
      ? { kind: 'script', path: output }
      : isProgram(output)
        ? { kind: 'program', path: output }
        : undefined;
  const standalone = join(output, 'standalone');
  const server = serverOfNext(standalone);
  if (server !== undefined) return { kind: 'script', path: server, folder: standalone };
  const said = optionsOfBuilds.flatMap((options) => {
    const { outputFileName, main } = (options ?? {}) as { outputFileName?: unknown; main?: unknown };
    const stem = typeof main === 'string' ? basename(main).replace(/\.[cm]?[jt]sx?$/, '') : undefined;
    return [
      ...(typeof outputFileName === 'string' ? [outputFileName] : []),
      ...(stem === undefined ? [] : endings.map((ending) => stem + ending)),
    ];
  });
  const { main } = manifestOf(output);
  const names = [
    ...said,
    ...(typeof main === 'string' ? [main] : []),
    ...entryStems.flatMap((stem) => endings.map((ending) => stem + ending)),
  ];
  const script = ['.', 'src']
    .flatMap((folder) => names.map((name) => join(output, folder, name)))
    .find((path) => existsSync(path) && !isFolder(path));
  if (script !== undefined) return { kind: 'script', path: script };
  const programs = readdirSync(output)
    .map((name) => join(output, name))
    .filter((path) => !isFolder(path) && isProgram(path));
  const [program] = programs;
  return program !== undefined && programs.length === 1 ? { kind: 'program', path: program } : undefined;
}

/** The server in Next's standalone output; in a workspace it lies as deep as the app does, below the packages. */
function serverOfNext(folder: string): string | undefined {
  if (!existsSync(folder)) return undefined;
  const server = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => basename(path) === 'server.js' && !path.split(/[\\/]/).includes('node_modules'))
    .toSorted((one, other) => one.length - other.length)[0];
  return server === undefined ? undefined : join(folder, server);
}

const imported = /(?:\brequire\s*\(\s*|\bimport\s*\(\s*|\bimport\s*|\bfrom\s*)(["'])(?<name>[^"'\n]+)\1/g;

/**
 * What a script loads besides itself: files that are there, and packages that are installed for its project. One that is not
 * installed is an optional one that the script does without.
 */
function neededBy(
  script: string,
  projectFolder: string,
): { readonly besides: readonly string[]; readonly packages: readonly string[] } {
  const packages = new Set<string>();
  const files = new Set([script]);
  // grows while it is read
  for (const file of files) {
    if (!endings.some((ending) => file.endsWith(ending))) continue;
    const text = readFileSync(file, 'utf8');
    for (const { index, groups } of text.matchAll(imported)) {
      const name = groups?.name ?? '';
      const isComment = /^\s*(\*|\/\/)/.test(text.slice(text.lastIndexOf('\n', index) + 1, index));
      if (isComment) continue;
      if (name.startsWith('.')) {
        const beside = endingsOf(resolve(dirname(file), name)).find(
          (path) => existsSync(path) && !isFolder(path),
        );
        if (beside !== undefined) files.add(beside);
      } else if (/^[@a-z]/i.test(name) && !isBuiltin(name)) packages.add(packageOf(name));
    }
  }
  files.delete(script);
  const installed = (names: Iterable<string>): readonly string[] =>
    [...names].filter((name) => installedFolder(name, projectFolder) !== undefined);
  if (installed(packages).length === 0) return { besides: [...files], packages: [] };
  // with them those that are loaded by a name that is put together
  for (const folder of [dirname(script), projectFolder])
    for (const name of Object.keys(manifestOf(folder).dependencies ?? {})) packages.add(name);
  return { besides: [...files], packages: installed(packages) };
}

const endingsOf = (path: string): readonly string[] =>
  ['', ...endings, '.json', '.node', '/index.js'].map((ending) => path + ending);

function isBuiltin(name: string): boolean {
  return name.includes(':') || builtinModules.includes(name.split('/')[0] ?? '');
}

/** The package of a module: "@scope/part" of "@scope/part/deep". */
function packageOf(name: string): string {
  const [first = '', second = ''] = name.split('/');
  return first.startsWith('@') ? `${first}/${second}` : first;
}

/** The command of the script "start", where it is one program and its arguments. */
function startOf(folder: string): readonly string[] | undefined {
  const { scripts } = manifestOf(folder);
  const start: unknown = (scripts as { start?: unknown } | undefined)?.start;
  if (typeof start !== 'string') return undefined;
  const words = start.trim().split(/\s+/);
  const [program = '', ...args] = words;
  // what a shell would read, and what runs another script, is none
  if (/["'`$&|;<>*?~]/.test(start) || program.includes('=') || /^(npm|pnpm|yarn|bun|npx|nx)$/.test(program))
    return undefined;
  const file = args.find((word) => /\.[cm]?js$/.test(word));
  if (file !== undefined && !existsSync(join(folder, file))) return undefined;
  return words;
}

function manifestOf(folder: string): Readonly<Record<string, unknown>> {
  const path = join(folder, 'package.json');
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>) : {};
}

function isFolder(path: string): boolean {
  return statSync(path).isDirectory();
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

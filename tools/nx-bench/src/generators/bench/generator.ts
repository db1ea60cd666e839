import { createRequire } from 'node:module';
import { basename } from 'node:path';
import {
  addDependenciesToPackageJson,
  formatFiles,
  getProjects,
  joinPathFragments,
  logger,
  readCachedProjectGraph,
  readJson,
  serializeJson,
  type GeneratorCallback,
  type ProjectConfiguration,
  type Tree,
} from '@nx/devkit';
import { projectsNamedIn } from '@tare/nx-kit/plugin';
import init, { addPlugin } from '../init/generator.ts';
import { readService, type Service } from './read-service.ts';

export type BenchOptions = {
  /** One, or several with commas between them. */
  readonly project: string;
  readonly environments?: readonly string[];
  readonly directory?: string;
  readonly get?: string;
  readonly skipFormat?: boolean;
};

const { version } = createRequire(import.meta.url)('@tare/nx-bench/package.json') as {
  readonly version: string;
};

/** Where the environments that it offers come from; any other is written into bench.config.ts by hand. */
export const packages: Readonly<Record<string, string>> = {
  native: '@tare/nx-bench',
  namespace: '@tare/nx-bench',
  docker: '@tare/nx-docker',
  vagrant: '@tare/nx-vagrant',
};

const configFile = 'bench.config.ts';

/** Makes a project that measures others; what is there already is left as it is. */
export default async function bench(tree: Tree, options: BenchOptions): Promise<GeneratorCallback> {
  const { environments: asked = ['native', 'namespace'], skipFormat = false } = options;
  await init(tree, { skipFormat: true });
  const apps = projectsOf(tree, options.project).map((project) => appOf(tree, project, options.get));
  const environments = environmentsFor(apps, asked);
  const { name, folder, files } = benchOf(tree, apps, environments, options.directory);

  const config = joinPathFragments(folder, configFile);
  if (tree.exists(config)) logger.info(`${config} is there already and stays as it is`);
  else {
    for (const [file, text] of Object.entries(files)) tree.write(joinPathFragments(folder, file), text);
    for (const { found } of apps) for (const line of found) logger.info(line);
  }
  const isAdded = (name: string): boolean => name !== '@tare/nx-bench';
  const ofApps = [...new Set(apps.map(packageOf))].filter(isAdded);
  const ofEnvironments = environments.map((each) => packages[each] ?? '').filter(isAdded);
  const added = new Set([...ofEnvironments, ...ofApps]);
  // every plugin is one more process of Nx in each command, and environments make by themselves what is no image of a project
  for (const each of ofApps) addPlugin(tree, `${each}/plugin`);
  const install = addDependenciesToPackageJson(
    tree,
    {},
    Object.fromEntries(['@tare/nx-bench', ...added].map((each) => [each, version])),
    undefined,
    true,
  );
  if (!skipFormat) await formatFiles(tree);
  return async () => {
    await install();
    logger.info(`Now: npx nx run ${name}:compare --configuration=quick`);
  };
}

/**
 * Whether a folder has the files of a bench as they are made of the projects and environments that it names, and no others.
 * @param config the text of its bench.config.ts.
 */
export function isAsMade(tree: Tree, folder: string, config: string): boolean {
  const files = filesAsMade();
  const isOther = (name: string): boolean => name !== 'node_modules' && files[name] === undefined;
  return (
    !tree.children(folder).some(isOther) &&
    Object.entries(files).every(([file, text]) => isSameText(text, tree, joinPathFragments(folder, file)))
  );

  function filesAsMade(): Bench['files'] {
    const [, listed = ''] = /\benvironments:\s*\[([^\]]*)\]/.exec(config) ?? [];
    const environments = [...listed.matchAll(/\w+/g)].map(([word]) => word);
    try {
      const apps = projectsOf(tree, projectsNamedIn(config).join(',')).map((each) => appOf(tree, each));
      return benchOf(tree, apps, environments, folder).files;
    } catch {
      // what it measures is there no more, or nothing tells how that is run
      return {};
    }
  }
}

/** Whether a file holds a text, but for what a formatter may change. */
export function isSameText(text: string, tree: Tree, path: string): boolean {
  const bare = (given: string): string => given.replaceAll(/[\s;,'"`]/g, '');
  return bare(tree.read(path, 'utf8') ?? '') === bare(text);
}

type Bench = {
  readonly name: string;
  readonly folder: string;
  /** What is written, by its path from the folder. */
  readonly files: Readonly<Record<string, string>>;
};

function benchOf(
  tree: Tree,
  apps: readonly App[],
  environments: readonly string[],
  directory: string | undefined,
): Bench {
  const [first] = apps;
  if (first === undefined) throw new Error('--project is empty: expected the name of a project');
  const name = apps.length === 1 ? `${first.word}-bench` : 'bench';
  const folder = directory ?? folderOf(first.project.root, apps.length === 1);
  const files = {
    [configFile]: configText(apps, environments),
    ...manifests(tree, { name, folder, of: first.project }),
  };
  return { name, folder, files };
}

type App = {
  readonly project: ProjectConfiguration & { readonly name: string };
  /** What it is called in the new project: "api" for "@shop/api". */
  readonly word: string;
  readonly kind: 'project' | 'image';
  /** The members of what is asked of it, in TypeScript. */
  readonly asked: Readonly<Record<string, string | number>>;
  readonly found: readonly string[];
};

/** @throws Error in one line that says which projects there are when one is named that is not. */
function projectsOf(tree: Tree, named: string): readonly App['project'][] {
  const projects = new Map([...getProjects(tree)].map(([name, project]) => [name, { ...project, name }]));
  const names = named.split(',').map((name) => name.trim());
  return names.filter(Boolean).map((name) => {
    const project = projects.get(name);
    if (project === undefined) {
      const there =
        projects.size === 0
          ? 'nor any other; a folder is a project by its project.json, or by its package.json where the workspaces of the root reach it'
          : `expected one of ${[...projects.keys()].toSorted().join(', ')}`;
      throw new Error(`--project=${named}: there is no project "${name}" in this workspace, ${there}`);
    }
    return { ...project, targets: { ...inferredTargets(name, project.root), ...project.targets } };
  });
}

/** The targets that plugins infer; none where the graph is not there, or is that of another workspace. */
function inferredTargets(name: string, root: string): NonNullable<ProjectConfiguration['targets']> {
  try {
    const { data } = readCachedProjectGraph().nodes[name] ?? {};
    return data?.root === root ? (data.targets ?? {}) : {};
  } catch {
    return {};
  }
}

/** What runs a project and what is asked of it. @throws Error in one line with what to do where nothing tells. */
function appOf(tree: Tree, project: App['project'], get?: string): App {
  const { root, name, targets = {} } = project;
  const paths = pathsIn(tree, root);
  const read = (path: string): string | undefined =>
    paths.includes(path) ? (tree.read(joinPathFragments(root, path), 'utf8') ?? undefined) : undefined;
  const service = readService({ paths, read });
  const word = name.split('/').at(-1) ?? name;
  const how = howItRuns();
  if (how === undefined)
    throw new Error(
      `project ${name} has no target "build", no script "start" and no Dockerfile in ${root}: ` +
        `give it one of them, or write a bench.config.ts with project('${name}', { command: '…', get: '/' })`,
    );
  const { kind, from, ...members } = how;
  return {
    project,
    word,
    kind,
    asked: { ...members, ...portOf(kind, service), ...requestOf(service, get) },
    found: [from, get === undefined ? service.getFound : `GET ${get}: --get`, ...service.found].map(
      (line) => `${name}: ${line}`,
    ),
  };

  function howItRuns():
    { readonly kind: App['kind']; readonly from: string; readonly command?: string } | undefined {
    if (targets.build !== undefined) return { kind: 'project', from: 'built by its target "build"' };
    const { scripts } = JSON.parse(read('package.json') ?? '{}') as { scripts?: { start?: string } };
    if (scripts?.start !== undefined && /^node \S+$/.test(scripts.start.trim()))
      return { kind: 'project', from: `${scripts.start}: the script "start" of its package.json` };
    if (service.hasDockerfile)
      return { kind: 'image', from: 'measured as the image that its Dockerfile makes' };
    const python = ['main.py', 'app.py', 'server.py'].find((path) => paths.includes(path));
    return python === undefined
      ? undefined
      : { kind: 'project', command: `python3 ${python}`, from: `python3 ${python}: the file is there` };
  }
}

function portOf(kind: App['kind'], { port, imagePort }: Service): { readonly port?: number } {
  const fixed = kind === 'image' ? (imagePort ?? port) : port;
  return fixed === undefined ? {} : { port: fixed };
}

function requestOf(service: Service, given: string | undefined) {
  const get = given ?? service.get ?? '/';
  return { get, ...(service.health !== undefined && service.health !== get && { health: service.health }) };
}

function pathsIn(tree: Tree, root: string): readonly string[] {
  const paths: string[] = [];
  // more than that is no service that can be read at a glance
  const most = 2000;
  const folders = [''];
  for (let folder = folders.shift(); folder !== undefined; folder = folders.shift()) {
    for (const child of tree.children(joinPathFragments(root, folder))) {
      const path = folder === '' ? child : `${folder}/${child}`;
      if (paths.length > most) return paths;
      if (tree.isFile(joinPathFragments(root, path))) paths.push(path);
      else if (!['node_modules', 'dist', '.git', '.nx', '.next'].includes(child)) folders.push(path);
    }
  }
  return paths;
}

/** Those that were asked for, and docker for an image, which nobody would leave out. */
function environmentsFor(apps: readonly App[], asked: readonly string[]): readonly string[] {
  const unknown = asked.find((each) => packages[each] === undefined);
  if (unknown !== undefined)
    throw new Error(
      `--environments=${asked.join(',')}: "${unknown}" is unknown, expected some of ${Object.keys(packages).join(', ')}`,
    );
  const isMissed = apps.some(({ kind }) => kind === 'image') && !asked.includes('docker');
  return isMissed ? [...asked, 'docker'] : asked;
}

function packageOf({ kind }: App): string {
  return kind === 'image' ? '@tare/nx-docker' : '@tare/nx-bench';
}

/** Beside the app; in a workspace that is one app, below it. */
function folderOf(root: string, isAlone: boolean): string {
  if (root === '.' || root === '') return 'bench';
  return isAlone ? `${root}-bench` : joinPathFragments(root, '..', 'bench');
}

function configText(apps: readonly App[], environments: readonly string[]): string {
  const imported = new Map<string, string[]>([['@tare/nx-bench', ['defineBench']]]);
  const use = (from: string, what: string): void => {
    imported.set(from, [...new Set([...(imported.get(from) ?? []), what])].toSorted());
  };
  for (const each of environments) use(packages[each] ?? '', each);
  for (const app of apps) use(packageOf(app), app.kind);
  const words = apps.map(({ word }) => word);
  const workloads = apps.map(({ project: { name }, word, kind, asked }) => {
    const key = words.filter((each) => each === word).length > 1 ? name : word;
    const members = Object.entries(asked).map(([member, value]) => `${member}: ${literal(value)}`);
    const call =
      kind === 'image'
        ? `image({ ${[`project: ${literal(name)}`, ...members].join(', ')} })`
        : `project(${literal(name)}, { ${members.join(', ')} })`;
    return `    ${/^[a-z_]\w*$/i.test(key) ? key : literal(key)}: ${call},`;
  });
  return [
    ...[...imported].map(([from, what]) => `import { ${what.join(', ')} } from '${from}';`),
    '',
    'export default defineBench({',
    '  workloads: {',
    ...workloads,
    '  },',
    `  environments: [${environments.map((each) => `${each}()`).join(', ')}],`,
    '});',
    '',
  ].join('\n');
}

function literal(value: string | number): string {
  return typeof value === 'number' ? String(value) : `'${value.replaceAll(/['\\]/g, String.raw`\$&`)}'`;
}

/**
 * What makes the folder a project: a package.json where those of the workspace are packages and its patterns reach the folder, else
 * a project.json. A package.json is there in any case: without "type" Node warns about a bench.config.ts.
 */
function manifests(
  tree: Tree,
  { name, folder, of }: { readonly name: string; readonly folder: string; readonly of: App['project'] },
): Readonly<Record<string, string>> {
  const isPackage =
    !tree.exists(joinPathFragments(of.root, 'project.json')) &&
    of.root !== '.' &&
    isWorkspacePackage(tree, folder);
  const scope = /^@[^/]+\//.exec(of.name)?.[0] ?? '';
  const manifest = {
    ...(isPackage && { name: `${scope}${name}`, version: '0.0.0' }),
    private: true,
    type: 'module',
    ...(isPackage && scope !== '' && { nx: { name } }),
  };
  return {
    'package.json': serializeJson(manifest),
    ...(!isPackage && { 'project.json': serializeJson({ name, projectType: 'application' }) }),
  };
}

/** Whether the package manager takes a folder for a package of the workspace, by the one pattern that can be read at a glance. */
function isWorkspacePackage(tree: Tree, folder: string): boolean {
  const { workspaces } = readJson<{ workspaces?: unknown }>(tree, 'package.json');
  const ofPackageJson: unknown = Array.isArray(workspaces)
    ? workspaces
    : (workspaces as { packages?: unknown } | undefined)?.packages;
  const ofPnpm = [...(tree.read('pnpm-workspace.yaml', 'utf8') ?? '').matchAll(/^\s*-\s*['"]?([^'"\s]+)/gm)];
  const patterns = [
    ...(Array.isArray(ofPackageJson) ? (ofPackageJson as string[]) : []),
    ...ofPnpm.map(([, pattern = '']) => pattern),
  ];
  const parent = folder.slice(0, -basename(folder).length);
  return patterns.some((pattern) => pattern === `${parent}*` || pattern === `${parent}**`);
}

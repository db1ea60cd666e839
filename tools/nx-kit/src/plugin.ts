/**
 * What the entries of the plugins share, which Nx loads with every command: a schema library would cost more than all that
 * they do, so that nothing here imports one.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative } from 'node:path';
import type { CreateNodesContext, TargetConfiguration } from '@nx/devkit';

type Input = NonNullable<TargetConfiguration['inputs']>[number];

/**
 * The name that Nx gives the project in a folder, for use while the project graph is still being made.
 * @param root of the project, from the workspace's root.
 * @returns undefined when neither a project.json nor a package.json there names one.
 */
export function projectName(root: string, workspaceRoot: string): string | undefined {
  for (const file of ['project.json', 'package.json']) {
    const path = join(workspaceRoot, root, file);
    if (!existsSync(path)) continue;
    const manifest: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (!isRecord(manifest)) continue;
    const name = (isRecord(manifest.nx) ? manifest.nx.name : undefined) ?? manifest.name;
    if (typeof name === 'string') return name;
  }
  return undefined;
}

/**
 * The inputs by which a task depends on the plugin that runs it, because Nx does not hash the source of a workspace's own
 * executors. An installed plugin is a dependency like any other. Nx does not know a linked copy (npm link, the base of a gate),
 * and refuses inputs that it does not know.
 * @param folder of the plugin.
 * @param ofWorkspace the inputs where the plugin is part of the workspace; gets its folder from the workspace's root.
 */
export function pluginInputs(
  plugin: string,
  folder: string,
  { workspaceRoot }: Pick<CreateNodesContext, 'workspaceRoot'>,
  ofWorkspace: (root: string) => readonly Input[],
): readonly Input[] {
  const root = relative(workspaceRoot, folder);
  if (root.includes('node_modules')) return [{ externalDependencies: [plugin] }];
  return root.startsWith('..') ? [] : ofWorkspace(root);
}

/** What `nx show project` and the graph say of a target. */
export function about(
  technology: string,
  description: string,
  command: string,
  options: Readonly<Record<string, string | number>> = {},
): NonNullable<TargetConfiguration['metadata']> {
  const example = Object.keys(options).length === 0 ? {} : { options };
  return { technologies: [technology], description, help: { command, example } };
}

/** What an option of a plugin may be, in words and in code. */
type Kind<T> = { readonly expected: string; readonly fits: (value: unknown) => value is T };

/** A text that is not empty. */
export function aText(expected = 'a text'): Kind<string> {
  return { expected, fits: (value): value is string => typeof value === 'string' && value !== '' };
}

/** A list of texts. */
export function texts(expected = 'a list of texts'): Kind<readonly string[]> {
  return { expected, fits: isTexts };
}

/** An object with texts as keys. */
export function aRecord(expected: string): Kind<Readonly<Record<string, unknown>>> {
  return { expected, fits: isRecord };
}

type Kinds = Readonly<Record<string, Kind<unknown>>>;
type OptionsOfPlugin<K extends Kinds> = {
  readonly [Name in keyof K]?: K[Name] extends Kind<infer T> ? T : never;
};

/**
 * Reads the options of a plugin in nx.json.
 * @returns those that are given.
 * @throws Error in one line that names the option, the value and what was expected.
 */
export function readPluginOptions<const K extends Kinds>(
  plugin: string,
  kinds: K,
  given: unknown,
): OptionsOfPlugin<K> {
  if (given === undefined || given === null) return {};
  if (!isRecord(given))
    throw new Error(`${plugin}: the options are ${JSON.stringify(given)}; expected an object`);
  for (const [option, value] of Object.entries(given)) {
    const kind = Object.hasOwn(kinds, option) ? kinds[option] : undefined;
    if (kind === undefined)
      throw new Error(
        `${plugin}: unknown option "${option}"; expected one of ${Object.keys(kinds).join(', ')}`,
      );
    if (value !== undefined && !kind.fits(value)) throw wrongOption(plugin, option, value, kind.expected);
  }
  return given as OptionsOfPlugin<K>;
}

/** @returns the error for an option of a plugin that is not what was expected. */
export function wrongOption(plugin: string, option: string, value: unknown, expected: string): Error {
  return new Error(`${plugin}: option ${option} is ${JSON.stringify(value)}; expected ${expected}`);
}

export function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const textLiteral = /'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`/.source;
const namedProject = new RegExp(
  // what a comment or another text says is no project
  String.raw`\/\/.*|\/\*[^]*?\*\/|(?<![\w$])['"]?project['"]?\s*(?<by>[(:])\s*(?<name>${textLiteral})|${textLiteral}`,
  'g',
);

/**
 * The projects that the text of a bench.config.ts names: `project('@shop/api')`, `image({ project: 'shop' })`. The file is not
 * run: a name that is not written there as one literal is not found.
 * @param how "image" for those alone whose image is named.
 * @returns each name once, in the order of the text.
 */
export function projectsNamedIn(source: string, how: 'any' | 'image' = 'any'): readonly string[] {
  const names = [...source.matchAll(namedProject)].flatMap(({ groups }) => {
    const name = groups?.name?.slice(1, -1) ?? '';
    if (name === '' || name.includes('${')) return [];
    return how === 'image' && groups?.by === '(' ? [] : [name];
  });
  return [...new Set(names)];
}

type Source = { readonly file: string; readonly text: string };

/** The text of a bench.config.ts and of the files of its project that it imports, by their paths from the workspace's root. */
export function readBench(config: string, workspaceRoot: string): readonly Source[] {
  const folder = dirname(config);
  const read = new Map<string, string>();
  const next = [config];
  for (let file = next.pop(); file !== undefined; file = next.pop()) {
    const path = join(workspaceRoot, file);
    if (read.has(file) || !isWithin(file, folder) || !existsSync(path)) continue;
    const text = readFileSync(path, 'utf8');
    read.set(file, text);
    const imported = [...text.matchAll(/\bfrom\s*['"](\.[^'"\n]+)['"]/g)].map(([, to = '']) => to);
    next.push(...imported.map((to) => posix.join(dirname(file), to)));
  }
  return [...read].map(([file, text]) => ({ file, text }));
}

/** Whether a path is a folder or lies in it; both from the workspace's root. */
export function isWithin(path: string, folder: string): boolean {
  const to = posix.relative(folder, path);
  return to !== '..' && !to.startsWith('../');
}

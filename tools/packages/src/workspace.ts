import { readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** A package.json, as far as packing reads it. */
export type Manifest = {
  readonly name: string;
  readonly version: string;
  readonly description?: string;
  readonly license?: string;
  readonly keywords?: readonly string[];
  readonly repository?: { readonly type: string; readonly url: string };
  readonly bin?: Readonly<Record<string, string>>;
  readonly exports?: Readonly<Record<string, string>>;
  readonly executors?: string;
  readonly generators?: string;
  /** Folders beside `src` that its files read: they are packed as they are, at the same place from these. */
  readonly files?: readonly string[];
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly publishConfig?: { readonly access?: string };
};

/** A project of this repository. */
export type Project = {
  /** From the root of the repository: "tools/nx-bench". */
  readonly folder: string;
  readonly manifest: Manifest;
};

export const repository = resolve(import.meta.dirname, '../../..');
export const rootManifest = readManifest('.');

/** All libs and tools, by the name of their package. */
export const projects: ReadonlyMap<string, Project> = new Map(
  ['libs', 'tools'].flatMap((parent) =>
    readdirSync(join(repository, parent)).map((name) => {
      const folder = `${parent}/${name}`;
      const manifest = readManifest(folder);
      return [manifest.name, { folder, manifest }] as const;
    }),
  ),
);

/** The packages that are published: those whose publishConfig says so. The others are bundled into these. */
export const published: readonly Project[] = [...projects.values()].filter(
  ({ manifest }) => manifest.publishConfig?.access === 'public',
);

/** "nx-bench" for @tare/nx-bench: the folder of a packed package in dist/packages. */
export function shortName({ manifest }: Project): string {
  return manifest.name.replace(/^@tare\//, '');
}

/** Where the packages are made. */
export const packagesFolder = join(repository, 'dist/packages');

/** The project that is bundled into those that import it; undefined for what stays a dependency. */
export function bundledProject(specifier: string): Project | undefined {
  const name = /^@tare\/[^/]+/.exec(specifier)?.[0];
  const project = name === undefined ? undefined : projects.get(name);
  return project === undefined || published.includes(project) ? undefined : project;
}

/** A project and those that are bundled into it, each once. */
export function withBundled(project: Project): readonly Project[] {
  const found = new Set<Project>();
  const add = (each: Project): void => {
    if (found.has(each)) return;
    found.add(each);
    for (const name of Object.keys(each.manifest.dependencies ?? {})) {
      const inner = bundledProject(name);
      if (inner !== undefined) add(inner);
    }
  };
  add(project);
  return [...found];
}

function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(repository, folder, 'package.json'), 'utf8')) as Manifest;
}

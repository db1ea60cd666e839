import { cpSync, existsSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

type Manifest = Readonly<
  Partial<
    Record<'dependencies' | 'optionalDependencies' | 'peerDependencies', Readonly<Record<string, string>>>
  >
>;

/**
 * Copies a built app and the installed packages that it needs, with theirs, into one folder: what npm, pnpm and yarn share
 * between projects, or link, a container or a machine would not find.
 * @param to is made anew.
 * @param packages names of those that the app loads.
 * @param projectFolder in which they are looked for.
 * @returns the number of packages.
 */
export function gatherPackages({
  app,
  to,
  packages,
  projectFolder,
}: {
  readonly app: string;
  readonly to: string;
  readonly packages: readonly string[];
  readonly projectFolder: string;
}): number {
  rmSync(to, { recursive: true, force: true });
  copyFolder(app, to);
  const placed = new Map<string, string>();
  const next = packages.map((name) => ({ name, from: projectFolder, parent: to }));
  for (let each = next.shift(); each !== undefined; each = next.shift()) {
    const { name, from, parent } = each;
    const source = installedFolder(name, from);
    // an optional one may be missing
    if (source === undefined) continue;
    const seen = placesFrom(parent, to, name).find((place) => placed.has(place));
    if (seen !== undefined && placed.get(seen) === source) continue;
    // the first one of a name lies where all find it, another version with the package that needs it
    const place = join(seen === undefined ? to : parent, 'node_modules', name);
    placed.set(place, source);
    copyFolder(source, place);
    for (const dependency of neededOf(source)) next.push({ name: dependency, from: source, parent: place });
  }
  return placed.size;
}

/** The folder of an installed package, without links; undefined where it is not installed. */
export function installedFolder(name: string, from: string): string | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    const found = join(folder, 'node_modules', name);
    if (existsSync(found)) return realpathSync(found);
    if (folder === dirname(folder)) return undefined;
  }
}

/** Where a package in a folder would look for another, nearest first. */
function placesFrom(folder: string, to: string, name: string): readonly string[] {
  const place = join(folder, 'node_modules', name);
  return folder === to ? [place] : [place, ...placesFrom(dirname(folder), to, name)];
}

function neededOf(folder: string): readonly string[] {
  const path = join(folder, 'package.json');
  const manifest = existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Manifest) : {};
  const { dependencies, optionalDependencies, peerDependencies } = manifest;
  return Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies });
}

function copyFolder(from: string, to: string): void {
  cpSync(from, to, {
    recursive: true,
    dereference: true,
    filter: (path) => path === from || !['node_modules', '.git'].includes(basename(path)),
  });
}

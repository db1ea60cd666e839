import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { root } from './documents.ts';

type Locked = {
  readonly version?: string;
  readonly license?: string;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly link?: boolean;
  readonly inBundle?: boolean;
  readonly hasInstallScript?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
};

const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const { packages } = JSON.parse(read('package-lock.json')) as { packages: Record<string, Locked> };
const manifest = JSON.parse(read('package.json')) as { allowScripts: Record<string, boolean> };
const installed = Object.entries(packages).filter(
  ([path, { link }]) => path.includes('node_modules/') && link !== true,
);

/** Licences of what may ship: they ask for their text or a name to go along, and for nothing else of those who use Tare. */
const allowed = new Set(['MIT', 'ISC', '0BSD', 'BSD-2-Clause', 'BSD-3-Clause', 'Apache-2.0', 'BlueOak-1.0.0', 'Unlicense', '(MIT AND Zlib)', 'CC0-1.0', 'CC-BY-3.0']); // prettier-ignore

/** The place of a dependency in the lockfile, as Node looks for it. */
function placeOf(from: string, name: string): string | undefined {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/')))) {
    const path = `${folder === '' ? '' : `${folder}/`}node_modules/${name}`;
    const found = packages[path];
    if (found !== undefined) return found.link === true ? found.resolved : path;
    if (folder === '') return undefined;
  }
}

/** What the packages and the bundles of the services take with them, and what that takes. */
function shipped(): readonly string[] {
  const ways = Object.keys(packages).filter((path) => /^(apps|libs|tools\/nx-[a-z]+)(\/|$)/.test(path) && !path.includes('node_modules'));
  const seen = new Set(ways);
  for (const path of ways) {
    const { dependencies = {}, optionalDependencies = {} } = packages[path] ?? {};
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
      const place = placeOf(path, name);
      if (place === undefined || seen.has(place)) continue;
      seen.add(place);
      ways.push(place);
    }
  }
  return ways.filter((path) => path.includes('node_modules/'));
} // prettier-ignore

/** What a package says of its licence, where the lockfile does not: older packages list them. */
function licenceOf(path: string): string {
  const { license } = packages[path] ?? {};
  if (license !== undefined || !existsSync(join(root, path))) return license ?? 'unknown';
  const { licenses = [] } = JSON.parse(read(join(path, 'package.json'))) as { licenses?: { type: string }[] };
  return licenses.map(({ type }) => type).join(' OR ');
}

it('all that ships has a licence that may ship', () => {
  const paths = shipped();
  expect(paths.length).toBeGreaterThan(100);
  const found = paths.map((path) => [path, licenceOf(path)] as const);
  // not installed everywhere: what is optional
  expect(found.filter(([path, licence]) => !allowed.has(licence) && existsSync(join(root, path)))).toEqual(
    [],
  );
});

it('the bundle of a service carries the notices of its parts', () => {
  const configs = globSync('apps/*/esbuild.config.ts', { cwd: root });
  expect(configs).toHaveLength(2);
  expect(configs.filter((path) => !read(path).includes('bundleNotices('))).toEqual([]);
  for (const path of globSync('dist/apps/*/main.mjs', { cwd: root }))
    expect(existsSync(join(root, path, '../NOTICES.txt'))).toBe(true);
});

it('every package is pinned by the digest of its bytes, and comes from whatever registry is set', () => {
  expect(installed.length).toBeGreaterThan(1000);
  const digest = /^sha512-[A-Za-z0-9+/]{86}==$/;
  expect(installed.filter(([, { integrity = '', inBundle }]) => inBundle !== true && !digest.test(integrity)).map(([path]) => path)).toEqual([]);
  expect(installed.filter(([, { resolved }]) => resolved !== undefined).map(([path]) => path)).toEqual([]);
}); // prettier-ignore

it('every version that we ask for is exact', () => {
  const manifests = globSync(['package.json', '{apps,libs,tools,environments}/*/package.json'], { cwd: root });
  const inexact = manifests.flatMap((path) => {
    const { dependencies, devDependencies, optionalDependencies } = JSON.parse(read(path)) as Record<string, Record<string, string> | undefined>;
    return Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies })
      .filter(([name, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version) && name !== '@nx/devkit')
      .map(([name, version]) => `${path}: ${name} ${version}`);
  });
  expect(inexact).toEqual([]);
}); // prettier-ignore

it('no package runs a script at its installation that is not named, and only two do', () => {
  const withScripts = installed.flatMap(([path, { hasInstallScript }]) =>
    hasInstallScript === true ? [path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)] : [],
  );
  expect([...new Set(withScripts)].sort()).toEqual(Object.keys(manifest.allowScripts).sort());
  const run = Object.entries(manifest.allowScripts).flatMap(([name, runs]) => (runs ? [name] : []));
  expect(run.sort()).toEqual(['esbuild', 'nx']);
});

it('every action of a workflow is pinned by its commit, and says which version that is', () => {
  const loose = globSync('.github/workflows/*.yml', { cwd: root }).flatMap((path) =>
    [...read(path).matchAll(/\buses:\s*(?!\.\/)(.*)/g)].flatMap(([, action = '']) =>
      /^[\w./-]+@[0-9a-f]{40} # v\d/.test(action) ? [] : [`${path}: ${action}`],
    ),
  );
  expect(loose).toEqual([]);
});

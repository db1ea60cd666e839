import { lstatSync, readlinkSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, isAbsolute, relative } from 'node:path';
import type { Launch } from './contract.ts';
import type { HostCommand } from './host-command.ts';

/** What a sandbox shows of this host. */
export type HostFiles = {
  /** Files and folders at their own paths, read-only. */
  readonly shown: readonly string[];
  /** Links at the top of the host, and where they lead: /bin to usr/bin. */
  readonly links: readonly (readonly [path: string, target: string])[];
};

const libraries = ['lib', 'lib32', 'lib64', 'libx32'];
/** What the dynamic loader and the C library read: their cache, users, how names are looked up. */
const systemFiles = [
  'group',
  'host.conf',
  'hosts',
  'ld.so.cache',
  'ld.so.conf',
  'ld.so.conf.d',
  'localtime',
  'nsswitch.conf',
  'passwd',
  'protocols',
  'resolv.conf',
  'services',
  'ssl',
];

/** Where the host's programs and all that they need lie: /usr with its links, settings, and what other distributions have. */
const forPrograms = ['/usr', '/bin', '/sbin', ...libraries.map((name) => `/${name}`), '/etc', '/nix/store'];
/** Where what the locked Node needs lies: a single file beside the C and C++ libraries. */
const forNode = [
  ...libraries.flatMap((name) => [`/usr/${name}`, `/${name}`]),
  ...systemFiles.map((name) => `/etc/${name}`),
  '/nix/store',
];

/** As little of this host as an app needs: the app, with the libraries for the locked Node, or with the host's programs. */
export function hostFiles({ artifact, context }: Launch, { file }: HostCommand): HostFiles {
  switch (artifact.kind) {
    case 'node':
      return split([...forNode, context.nodeBinary, artifact.path]);
    case 'files': {
      const paths = [...forPrograms, context.nodeBinary, artifact.path];
      if (paths.some((path) => holds(path, file))) return split(paths);
      return split([...paths, homeOf(file), homeOf(realpathSync(file))]);
    }
    case 'image':
      return split([]);
  }
}

/** As little of this host as its programs need. */
export function programFiles(): HostFiles {
  return split(forPrograms);
}

/** The folder that a program is installed in, with what lies beside its `bin`; for one of this user's home its own folder. */
function homeOf(program: string): string {
  const folder = dirname(program);
  const home = dirname(folder);
  return holds(home, homedir()) ? folder : home;
}

function holds(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way === '' || (!way.startsWith('..') && !isAbsolute(way));
}

function split(paths: readonly string[]): HostFiles {
  const there = [...new Set(paths)].flatMap((path) => {
    const found = lstatSync(path, { throwIfNoEntry: false });
    // those of the top lead into what is shown
    return found === undefined ? [] : [{ path, isLink: found.isSymbolicLink() && dirname(path) === '/' }];
  });
  const shown = there.filter(({ isLink }) => !isLink).map(({ path }) => path);
  return {
    // a folder before what lies in it
    shown: shown.filter((path) => !shown.some((other) => other !== path && holds(other, path))).sort(),
    links: there.filter(({ isLink }) => isLink).map(({ path }) => [path, readlinkSync(path)]),
  };
}

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

/** Where the host's programs and their libraries lie: /usr with the links into it, and what another distribution has. */
const programs = ['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32', '/nix/store'];
/** For programs of any kind, which have settings of their own. */
const forPrograms = [...programs, '/etc'];
/** For the locked Node, and what a bundle may call. */
const forNode = [...programs, ...systemFiles.map((name) => `/etc/${name}`)];

/** As little of this host as an app needs: the app, the host's programs, and for other programs than Node all settings. */
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

import { findProgram, type Command } from '@tare/metrics';
import type { Availability, Environment } from './contract.ts';
import { hostFiles, programFiles, type HostFiles } from './host-files.ts';
import { mountDevices, type RootEntry } from './image-command.ts';
import { ask, isolationOf, namespacesObstacle, sandboxed } from './sandbox.ts';

/** A sandbox: a root of its own beside the namespaces. */
const rung = 20;

const bwrap = (): string => findProgram('bwrap') ?? 'bwrap';

// the sandbox ends with the runner, and the app with the sandbox
const unshared = [
  '--unshare-pid',
  '--unshare-ipc',
  '--unshare-uts',
  '--unshare-cgroup-try',
  '--die-with-parent',
];

/** A root in memory with these files of the host. Root in it is root only in a user namespace. */
function overHost({ shown, links }: HostFiles, more: readonly string[], command: Command): Command {
  return {
    file: bwrap(),
    arguments: [
      '--unshare-user',
      ...unshared,
      ...['--proc', '/proc', '--dev', '/dev', '--tmpfs', '/tmp'],
      ...shown.flatMap((path) => ['--ro-bind', path, path]),
      ...links.flatMap(([path, target]) => ['--symlink', target, path]),
      ...more,
      '--',
      command.file,
      ...command.arguments,
    ],
  };
}

/**
 * The root of an image, from a place that its user may reach. In images that run as root, files and helpers belong to several
 * users, and a user namespace made by bwrap knows only one.
 */
const rootEntry: RootEntry = ({ folder, uid, gid, command }) => ({
  script: `${mountDevices}
mount --rbind "$root" /mnt
`,
  command: [
    ...(uid === 0 ? [] : [findProgram('unshare') ?? 'unshare', `--setgid=${gid}`, `--setuid=${uid}`, '--']),
    bwrap(),
    ...(uid === 0 ? [] : ['--unshare-user']),
    ...unshared,
    ...['--dev-bind', '/mnt', '/', '--proc', '/proc', '--chdir', folder, '--'],
    ...command,
  ],
});

async function probe(signal: AbortSignal): Promise<Availability> {
  try {
    const isolation = await isolationOf(rung, (command) => overHost(programFiles(), [], command), signal);
    return {
      usable: true,
      facts: { bubblewrap: await ask({ file: bwrap(), arguments: ['--version'] }, signal) },
      isolation,
    };
  } catch (error) {
    return namespacesObstacle(error);
  }
}

/**
 * Runs apps in a sandbox of `bwrap`, without any daemon, as Flatpak does: namespaces, a root of its own, no new privileges. An app
 * sees the host's /usr read-only, a folder also its /etc; an image has its own root.
 */
export function bubblewrap(): Environment {
  return sandboxed({
    name: 'bubblewrap',
    program: 'bwrap',
    debianPackage: 'bubblewrap',
    // one outside, which waits, and the first of the process namespace
    ownProcesses: 2,
    probe,
    rootEntry: () => rootEntry,
    facts: (artifact) =>
      artifact.kind === 'image'
        ? { sandbox: 'bwrap with the root of the image', newPrivileges: false }
        : {
            sandbox: 'bwrap with /usr of the host, read-only',
            newPrivileges: false,
            user: 'the user who runs the suite, in a user namespace',
          },
    around: (app, launch, { dataFolder }) =>
      overHost(
        hostFiles(launch, app),
        [...(dataFolder === undefined ? [] : ['--bind', dataFolder, dataFolder]), '--chdir', app.cwd],
        app,
      ),
  });
}

import { findProgram, type Command } from '@tare/metrics';
import type { Availability, Environment } from './contract.ts';
import { ask, isolationOf, namespacesObstacle, sandboxed } from './sandbox.ts';

/** Above a bare process, and below what keeps files and programs of the host away. */
const rung = 10;

/** Namespaces of its own for mounts, processes, host name and System V IPC; the network stays the host's. */
const namespaces = ['--mount', '--pid', '--uts', '--ipc'];
const unshare = (): string => findProgram('unshare') ?? 'unshare';
// --fork: the first process of a new pid namespace is a child; --kill-child: it ends when unshare does
const upkeep = ['--fork', '--kill-child', '--mount-proc'];

function inNamespaces(command: Command): Command {
  // without root a user namespace comes first, in which one is root
  const user = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'];
  return {
    file: unshare(),
    arguments: [...user, ...namespaces, ...upkeep, '--', command.file, ...command.arguments],
  };
}

async function probe(signal: AbortSignal): Promise<Availability> {
  try {
    const isolation = await isolationOf(rung, inNamespaces, signal);
    const version = await ask({ file: unshare(), arguments: ['--version'] }, signal);
    return {
      usable: true,
      facts: { unshare: version, userNamespace: isolation.namespaces.includes('user') },
      isolation,
    };
  } catch (error) {
    return namespacesObstacle(error);
  }
}

/** Runs the artifact in Linux namespaces made by `unshare`, without any daemon: what isolation costs by itself. */
export function namespace(): Environment {
  return sandboxed({
    name: 'namespace',
    program: 'unshare',
    debianPackage: 'util-linux',
    ownProcesses: 1,
    probe,
    facts: (artifact) => ({
      namespaces: 'mount, pid, uts, ipc',
      ...(artifact.kind !== 'image' && {
        user: process.getuid?.() === 0 ? 'root' : 'the user who runs the suite, root in its namespace',
      }),
    }),
    around: inNamespaces,
  });
}

import { descendants, findProgram, pinned, processMeter, runProgram } from '@tare/metrics';
import { startAppProcess } from './app-process.ts';
import { choosePort } from './choose-port.ts';
import type { Availability, Environment } from './contract.ts';
import { reapDataFolders, withDataFolder } from './data-folder.ts';
import { hostCommand, hostObstacle, prepareOnHost } from './host-command.ts';
import { reapProcesses } from './reap-processes.ts';

const probeDeadlineMs = 10_000;

/** Namespaces of its own for mounts, processes, host name and System V IPC; the network stays the host's. */
const namespaces = ['--mount', '--pid', '--uts', '--ipc'];
// --fork: the first process of a new pid namespace is a child; --kill-child: it ends when unshare does
const upkeep = ['--fork', '--kill-child', '--mount-proc'];

/** @returns the arguments of unshare; without root a user namespace comes first, in which one is root. */
function unshareArguments(): readonly string[] {
  const user = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'];
  return [...user, ...namespaces, ...upkeep];
}

async function probe(signal: AbortSignal): Promise<Availability> {
  const unshare = findProgram('unshare');
  if (process.platform !== 'linux' || unshare === undefined) {
    return {
      usable: false,
      reason:
        process.platform === 'linux' ? 'unshare is not on PATH' : `${process.platform} has no namespaces`,
      remedy: process.platform === 'linux' ? 'apt-get install util-linux' : 'run the suite on Linux',
    };
  }
  try {
    // namespaces can be forbidden in many ways; the only test is to make them
    await runProgram(unshare, [...unshareArguments(), '--', 'true'], { signal, deadlineMs: probeDeadlineMs });
  } catch (error) {
    const complaint = error instanceof Error ? error.message : String(error);
    const root = process.getuid?.() === 0;
    return {
      usable: false,
      reason: root
        ? `namespaces cannot be made by root here (${complaint})`
        : `not root, and unprivileged user namespaces are not possible (${complaint})`,
      remedy: root
        ? 'this host forbids them (a container without CAP_SYS_ADMIN?): run the suite outside of it'
        : 'run as root, or allow them: sysctl -w kernel.unprivileged_userns_clone=1 user.max_user_namespaces=10000',
    };
  }
  const version = await runProgram(unshare, ['--version'], { signal, deadlineMs: probeDeadlineMs });
  return { usable: true, facts: { unshare: version.trim(), userNamespace: process.getuid?.() !== 0 } };
}

/** Runs the artifact in Linux namespaces made by `unshare`, without any daemon: what isolation costs by itself. */
export function namespace(): Environment {
  const name = 'namespace';
  return {
    name,
    kind: 'namespace',
    identity: () => Promise.resolve(''),
    sideBySide: true,
    probe,
    reap: async (runId) => [...(await reapProcesses(name, runId)), ...(await reapDataFolders(name, runId))],
    runs: hostObstacle,
    prepare: async (artifact, context, signal) => ({
      namespaces: 'mount, pid, uts, ipc',
      pinnedTo: context.resources.serverCpus?.join(',') ?? 'not pinned',
      user: process.getuid?.() === 0 ? 'root' : 'the user who runs the suite, root in its namespace',
      network: 'loopback of the host',
      ...(await prepareOnHost(artifact, context, signal)),
    }),
    start: async (launch) => {
      const port = await choosePort(launch.port);
      return withDataFolder(launch, name, (data) => {
        const app = hostCommand(launch, port, data);
        const inNamespaces = {
          file: findProgram('unshare') ?? 'unshare',
          arguments: [...unshareArguments(), '--', app.file, ...app.arguments],
        };
        return startAppProcess({
          launch,
          environment: name,
          command: pinned(inNamespaces, launch.context.resources.serverCpus),
          cwd: app.cwd,
          port,
          variables: app.variables,
          // unshare --fork ignores SIGTERM
          appPids: (pid) => descendants(pid).slice(1),
          meters: (pids) => ({
            net: processMeter({
              scope: 'the app’s processes in the namespaces',
              pids: () => pids().slice(1),
            }),
            gross: processMeter({ scope: 'the app’s processes and unshare', pids }),
          }),
        });
      });
    },
    dispose: () => Promise.resolve(),
  };
}

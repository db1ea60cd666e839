import { pinned, processMeter } from '@tare/metrics';
import { startAppProcess } from './app-process.ts';
import { choosePort } from './choose-port.ts';
import type { Environment, Isolation } from './contract.ts';
import { reapDataFolders, withDataFolder } from './data-folder.ts';
import { hostCommand, hostObstacle, prepareOnHost } from './host-command.ts';
import { inMountNamespace } from './image-command.ts';
import { reapProcesses } from './reap-processes.ts';

/** Nothing between the app and its host. */
const isolation: Isolation = { rung: 0, kernel: 'host', namespaces: [], seccomp: false, path: 'loopback' };

/** Runs an app as a plain child process on this host: the baseline. An image is run in its own root. */
export function native(): Environment {
  const name = 'native';
  return {
    name,
    kind: 'native',
    identity: () => Promise.resolve(''),
    sideBySide: true,
    probe: () => Promise.resolve({ usable: true, facts: {}, isolation }),
    reap: async (runId) => [...(await reapProcesses(name, runId)), ...(await reapDataFolders(name, runId))],
    runs: hostObstacle,
    prepare: async (artifact, context, signal) => ({
      pinnedTo: context.resources.serverCpus?.join(',') ?? 'not pinned',
      user: process.getuid?.() === 0 ? 'root' : 'the user who runs the suite',
      network: 'loopback of the host',
      ...(await prepareOnHost(artifact, context, signal)),
    }),
    start: async (launch) => {
      const port = await choosePort(launch.port);
      return withDataFolder(launch, name, (data) => {
        const { cwd, variables, isMounting, ...app } = hostCommand(launch, port, data);
        // the mounts of an image's root go away with the app
        const command = isMounting ? inMountNamespace(app) : app;
        return startAppProcess({
          launch,
          environment: name,
          command: pinned(command, launch.context.resources.serverCpus),
          cwd,
          port,
          variables,
          appPids: (pid) => [pid],
          meters: (pids) => {
            const processes = processMeter({ scope: 'the app’s processes', pids });
            return { net: processes, gross: processes };
          },
        });
      });
    },
    dispose: () => Promise.resolve(),
  };
}

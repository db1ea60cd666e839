import { pinned, processMeter } from '@tare/metrics';
import { startAppProcess } from './app-process.ts';
import { choosePort } from './choose-port.ts';
import type { Environment } from './contract.ts';
import { reapDataFolders, withDataFolder } from './data-folder.ts';
import { hostCommand, hostFacts, hostObstacle } from './host-command.ts';
import { reapProcesses } from './reap-processes.ts';

/** Runs the artifact as a plain child process on this host: the baseline. */
export function native(): Environment {
  const name = 'native';
  return {
    name,
    kind: 'native',
    identity: () => Promise.resolve(''),
    sideBySide: true,
    probe: () => Promise.resolve({ usable: true, facts: {} }),
    reap: async (runId) => [...(await reapProcesses(name, runId)), ...(await reapDataFolders(name, runId))],
    runs: hostObstacle,
    prepare: (artifact, context) =>
      Promise.resolve({
        ...hostFacts(artifact, context),
        pinnedTo: context.resources.serverCpus?.join(',') ?? 'not pinned',
        user: process.getuid?.() === 0 ? 'root' : 'the user who runs the suite',
        network: 'loopback of the host',
      }),
    start: async (launch) => {
      const port = await choosePort(launch.port);
      const command = hostCommand(launch, port);
      return withDataFolder(launch, name, (data) =>
        startAppProcess({
          launch,
          environment: name,
          command: pinned(command, launch.context.resources.serverCpus),
          cwd: command.cwd,
          port,
          variables: { ...command.variables, ...data },
          appPids: (pid) => [pid],
          meters: (pids) => {
            const processes = processMeter({ scope: 'the app’s processes', pids });
            return { net: processes, gross: processes };
          },
        }),
      );
    },
    dispose: () => Promise.resolve(),
  };
}

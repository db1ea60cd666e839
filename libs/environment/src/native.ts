import { pinned, processMeter } from '@tare/metrics';
import { appCommand, startAppProcess } from './app-process.ts';
import { choosePort } from './choose-port.ts';
import type { Environment } from './contract.ts';
import { dataFolderWords, reapDataFolders, withDataFolder } from './data-folder.ts';
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
    prepare: (_artifact, { nodeVersion, resources }) =>
      Promise.resolve({
        nodeVersion,
        pinnedTo: resources.serverCpus?.join(',') ?? 'not pinned',
        user: process.getuid?.() === 0 ? 'root' : 'the user who runs the suite',
        memoryLimit: 'heap size only',
        network: 'loopback of the host',
        data: dataFolderWords,
      }),
    start: async (launch) => {
      const port = await choosePort(launch.port);
      return withDataFolder(launch, name, (data) =>
        startAppProcess({
          launch,
          environment: name,
          command: pinned(appCommand(launch), launch.context.resources.serverCpus),
          port,
          variables: data,
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

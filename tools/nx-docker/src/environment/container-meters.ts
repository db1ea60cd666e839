import { readFileSync } from 'node:fs';
import type { Meters } from '@tare/environment';
import {
  type Cgroup,
  findProcess,
  listProcesses,
  type Meter,
  type MeterReading,
  openCgroup,
  processMeter,
  sumMeter,
} from '@tare/metrics';
import { z } from 'zod';
import type { Engine } from '../engine/connect-engine.ts';
import type { ContainerState } from './container.ts';

/**
 * Opens the meters of a running container: the host's accounts where they can be read, else the engine's statistics. The
 * scope says which.
 */
export function containerMeters(engine: Engine, state: ContainerState, sameKernel: boolean): Meters {
  const cgroup = sameKernel ? reachableCgroup(state) : undefined;
  if (cgroup === undefined) return { net: statsMeter(engine, state.id), gross: statsMeter(engine, state.id) };
  const app = { scope: 'the app’s processes in the container', pids: () => cgroup.pids() };
  const around = processesAround(state);
  const words = around.map(({ command }) => command).join(', ');
  const parts = [
    controlGroupMeter(cgroup, processMeter(app)),
    // a meter without a process would fail at every reading
    ...(around.length === 0
      ? []
      : [processMeter({ scope: words, pids: () => around.map(({ pid }) => pid) })]),
  ];
  const scope = `control group of the container${words === '' ? '' : `, and ${words}`}; the engine’s daemons are not counted`;
  return { net: processMeter(app), gross: sumMeter(scope, parts) };
}

/** The processes of a running container as this host sees them; none where they are out of reach. */
export function containerPids(state: ContainerState): readonly number[] {
  const cgroup = reachableCgroup(state);
  const pids = cgroup?.pids() ?? [];
  cgroup?.close();
  return pids;
}

/** The container's control group, if the host's /proc shows that very container. */
function reachableCgroup({ id, pid }: ContainerState): Cgroup | undefined {
  try {
    return readFileSync(`/proc/${pid}/cgroup`, 'utf8').includes(id) ? openCgroup(pid) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * CPU of the control group; memory as the sum of the processes’ own memory, so that it compares with other environments.
 * Keeps the CPU as that of the processes plus the group's surplus, which never shrinks: the two accounts advance in different
 * steps, and over a short window the group may seem to use less than its processes.
 */
function controlGroupMeter(cgroup: Cgroup, processes: Meter): Meter {
  let closed = false;
  let beyondNs = 0n;
  return {
    scope: `control group ${cgroup.path}`,
    read: async () => {
      const reading = await processes.read();
      const differenceNs = cgroup.cpuNs() - reading.cpuNs;
      if (differenceNs > beyondNs) beyondNs = differenceNs;
      const throttledNs = cgroup.throttledNs();
      return {
        ...reading,
        cpuNs: reading.cpuNs + beyondNs,
        ...(throttledNs !== undefined && { throttledNs }),
      };
    },
    close: async () => {
      await processes.close();
      if (!closed) cgroup.close();
      closed = true;
    },
  };
}

/** The host's processes that serve this container alone: its shim, and the proxies of its published ports. */
function processesAround({
  pid,
  address,
}: ContainerState): readonly { readonly pid: number; readonly command: string }[] {
  const shim = findProcess(findProcess(pid)?.parentPid ?? 0);
  const proxies = listProcesses().filter(
    ({ pid: each, command }) => command === 'docker-proxy' && isProxyFor(address, each),
  );
  return [...(shim?.command.startsWith('containerd-shim') ? [shim] : []), ...proxies];
}

function isProxyFor(address: string, pid: number): boolean {
  try {
    const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    return address !== '' && words[words.indexOf('-container-ip') + 1] === address;
  } catch {
    return false;
  }
}

const statsAnswer = z.object({
  cpu_stats: z.object({ cpu_usage: z.object({ total_usage: z.number() }) }),
  memory_stats: z.object({
    usage: z.number().default(0),
    stats: z.record(z.string(), z.number()).default({}),
  }),
});

/**
 * Meters a container by the engine's own statistics, one reading a second, for engines whose processes are out of reach
 * (Docker Desktop, another machine). A reading is the latest one, with the time of its arrival.
 */
export function statsMeter(engine: Engine, name: string): Meter {
  const closing = new AbortController();
  const first = Promise.withResolvers<undefined>();
  first.promise.catch(() => undefined);
  let last: MeterReading | undefined;
  let end: Error | undefined;
  const follow = async (): Promise<void> => {
    const answer = engine.lines({
      method: 'GET',
      path: `/containers/${name}/stats`,
      query: { stream: true },
      signal: closing.signal,
      deadlineMs: dayMs,
    });
    for await (const line of answer) {
      const { cpu_stats, memory_stats } = statsAnswer.parse(line);
      const idle = memory_stats.stats.inactive_file ?? memory_stats.stats.total_inactive_file ?? 0;
      const cpuNs = BigInt(Math.round(cpu_stats.cpu_usage.total_usage));
      // the statistics of a container that has ended are all zero
      if (last !== undefined && cpuNs < last.cpuNs) break;
      last = { atNs: process.hrtime.bigint(), cpuNs, memoryBytes: Math.max(0, memory_stats.usage - idle) };
      first.resolve(undefined);
    }
    throw new Error(`nothing left to meter: the container ${name} has ended`);
  };
  follow().catch((error: unknown) => {
    end = error instanceof Error ? error : new Error(String(error));
    first.reject(end);
  });
  return {
    scope:
      'the container, by the statistics of the Engine API, one reading a second; memory without idle page cache',
    read: async () => {
      await first.promise;
      if (end !== undefined) throw end;
      if (last === undefined) throw new Error(`the engine has sent no statistics of ${name}`);
      return last;
    },
    close: () => {
      closing.abort();
      return Promise.resolve();
    },
  };
}

const dayMs = 86_400_000;

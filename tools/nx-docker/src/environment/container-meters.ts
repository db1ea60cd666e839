import { readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import type { Meters } from '@tare/environment';
import {
  type Cgroup,
  commandLineOf,
  descendants,
  findProcess,
  listProcesses,
  type Meter,
  type MeterReading,
  openCgroup,
  processMeter,
  type ProcessStat,
  sumMeter,
  textIfThere,
} from '@tare/metrics';
import { z } from 'zod';
import type { Engine } from '../engine/connect-engine.ts';
import type { EngineTraits } from '../engine/engine-source.ts';
import type { ContainerState } from './container.ts';

/**
 * Opens the meters of a running container: the host's accounts where they can be read, else the engine's statistics. The
 * scope says which.
 */
export function containerMeters(
  engine: Engine,
  state: ContainerState,
  sameKernel: boolean,
  { elsewhere, netHidden }: EngineTraits,
): Meters {
  if (elsewhere) {
    const costs = 'the engine is on another machine, whose costs are not seen from here';
    return netHidden === undefined
      ? { net: statsMeter(engine, state.id), notMetered: costs, elsewhere }
      : { notMetered: `${costs}; ${netHidden}`, elsewhere };
  }
  const metersOf = (gross: Meter, net: () => Meter): Meters =>
    netHidden === undefined ? { net: net(), gross } : { gross, notMetered: netHidden };
  if (!sameKernel || !isSeenHere(state)) {
    const stats = (): Meter => statsMeter(engine, state.id);
    return metersOf(stats(), stats);
  }
  const cgroup = ownCgroup(state);
  // its first process adopts those that lose their parent
  const pids = cgroup === undefined ? () => descendants(state.pid) : () => cgroup.pids();
  const app = { scope: 'the app’s processes in the container', pids };
  const around = processesAround(state, pids());
  const words = around.map(programOf).join(', ');
  const parts = [
    cgroup === undefined ? processMeter(app) : controlGroupMeter(cgroup, processMeter(app)),
    // a meter without a process would fail at every reading
    ...(around.length === 0
      ? []
      : [processMeter({ scope: words, pids: () => around.map(({ pid }) => pid) })]),
  ];
  const inside = cgroup === undefined ? app.scope : 'control group of the container';
  const scope = `${inside}${words === '' ? '' : `, and ${words}`}; the engine’s daemons are not counted`;
  return metersOf(sumMeter(scope, parts), () => processMeter(app));
}

/** The processes of a running container as this host sees them; none where they are out of reach. */
export function containerPids(state: ContainerState): readonly number[] {
  if (!isSeenHere(state)) return [];
  const cgroup = ownCgroup(state);
  const pids = cgroup?.pids() ?? descendants(state.pid);
  cgroup?.close();
  return pids;
}

/** Whether the host's /proc shows that very container: its control group says so, or what has started it. */
export function isSeenHere({ id, pid }: ContainerState): boolean {
  const starter = findProcess(pid)?.parentPid ?? 0;
  return [`/proc/${pid}/cgroup`, `/proc/${starter}/cmdline`].some((path) => textIfThere(path).includes(id));
}

/** The control group that the container has for itself; without root it may have none. */
function ownCgroup({ id, pid }: ContainerState): Cgroup | undefined {
  try {
    return textIfThere(`/proc/${pid}/cgroup`).includes(id) ? openCgroup(pid) : undefined;
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

/**
 * The host's processes that serve this container alone: its shim or conmon, what the shim keeps outside of the container's control
 * group, the proxies of its published ports, and what its network without root is made of.
 */
function processesAround(
  { pid, address, network }: ContainerState,
  counted: readonly number[],
): readonly ProcessStat[] {
  const starter = findProcess(findProcess(pid)?.parentPid ?? 0);
  const all = listProcesses();
  const isForIt = ({ pid: each, command }: ProcessStat): boolean => {
    const words = commandLineOf(each);
    if (command === 'docker-proxy')
      return address !== '' && words[words.indexOf('-container-ip') + 1] === address;
    return network !== '' && /^(?:slirp4netns|pasta(?:\.avx2)?)$/.test(command) && words.includes(network);
  };
  // Podman's forwarder has one end in the container's network; the other is its parent
  const forwarders = all.filter(({ command }) => isForwarder(command));
  const inside = forwarders.filter(({ pid: each }) => shareNetwork(each, pid));
  const ends = new Set(inside.flatMap(({ pid: each, parentPid }) => [each, parentPid]));
  const isShim = starter?.command.startsWith('containerd-shim') === true;
  const helpers = isShim ? descendants(starter.pid).slice(1) : [];
  return [
    ...(starter !== undefined && (isShim || starter.command.startsWith('conmon')) ? [starter] : []),
    ...all.filter(({ pid: each }) => helpers.includes(each) && !counted.includes(each)),
    ...all.filter(isForIt),
    ...forwarders.filter(({ pid: each }) => ends.has(each)),
  ];
}

/** What a process calls itself; Podman's forwarder is "exe" to the kernel. */
function programOf({ pid, command }: ProcessStat): string {
  return basename(commandLineOf(pid)[0] ?? '') || command;
}

/** rootlessport starts itself anew, as "exe". */
function isForwarder(command: string): boolean {
  return command === 'exe' || command.startsWith('rootlessport');
}

function shareNetwork(one: number, other: number): boolean {
  const [first, second] = [one, other].map((pid) => linkOf(`/proc/${pid}/ns/net`));
  return first !== undefined && first === second;
}

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

const statsAnswer = z.object({
  cpu_stats: z.object({ cpu_usage: z.object({ total_usage: z.number().nonnegative() }) }),
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
    const statistics = {
      method: 'GET',
      path: `/containers/${name}/stats`,
      query: { stream: true },
      signal: closing.signal,
      deadlineMs: dayMs,
    } as const;
    for await (const { cpu_stats, memory_stats } of engine.lines(statistics, statsAnswer)) {
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

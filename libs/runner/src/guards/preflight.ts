import { readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  hostActivity,
  type HostStat,
  listProcesses,
  openFilesLimit,
  type ProcessStat,
  readHostStat,
} from '@tare/metrics';
import { requireWritable, type Guards } from '@tare/results';
import { counted } from '@tare/statistics';
import type { ResolvedConfig } from '../config/bench-config.ts';
import { defaultGuards } from './violations.ts';

type PreflightOptions = {
  /** CPUs that the server will get; undefined where nothing is pinned. */
  readonly cpus: readonly number[] | undefined;
  /** How long to watch, up to three times where the host is busy; 1.5 s by default. */
  readonly durationMs?: number;
  /** Limits of the trials to come. */
  readonly guards?: Pick<Guards, 'foreignCpus' | 'stealPercent'>;
  readonly signal: AbortSignal;
};

/** What was seen of the host at rest. */
export type HostAtRest = {
  /** CPUs that other processes used; null where it is not known. */
  readonly foreignCpus: number | null;
  /** Of the time of all CPUs; null where it is not known. */
  readonly stealPercent: number | null;
  /** Share of the server's CPUs' time that was busy, in percent; null where nothing is pinned or it is not known. */
  readonly serverCpusBusyPercent: number | null;
  /** Who used the most CPU time, the busiest first. */
  readonly busiest: readonly BusyProcess[];
  readonly durationMs: number;
};

type PreflightFinding = { readonly code: string; readonly message: string; readonly remedy: string };
export type Preflight = HostAtRest & { readonly findings: readonly PreflightFinding[] };

const defaultDurationMs = 1500;
/** What has just ended, as the build before a run, is busy for a moment more. */
const mostLooks = 3;
const namedProcesses = 3;
const muchCpus = 0.1;

/**
 * Watches the host at rest, before the first trial: what uses CPUs now, and still does when looked at again, will use them
 * during the run.
 * @returns what was seen last, and a finding for every limit that is broken already; none is a reason to stop.
 * @throws the signal's reason when aborted.
 */
export async function preflight(options: PreflightOptions): Promise<Preflight> {
  for (let look = 1; ; look++) {
    const found = await watchHost(options);
    if (look === mostLooks || !found.findings.some(({ code }) => code === 'busy-host')) return found;
  }
}

async function watchHost({
  cpus,
  durationMs = defaultDurationMs,
  guards = defaultGuards,
  signal,
}: PreflightOptions): Promise<Preflight> {
  signal.throwIfAborted();
  const listedBefore = listProcesses();
  const begin = readNow();
  await sleep(durationMs, undefined, { signal }).catch((error: unknown) => {
    throw signal.aborted ? signal.reason : error;
  });
  const end = readNow();
  const wallMs = Number(end.atNs - begin.atNs) / 1e6;
  const busiest = busiestProcesses(listedBefore, listProcesses(), wallMs, [process.pid], namedProcesses).map(
    (each) => ({ ...each, name: executableName(each.pid) ?? each.name }),
  );
  const { foreignCpus, stealPercent } = hostActivity(hostOf(begin), hostOf(end), {
    ownCpuNs: end.ownNs - begin.ownNs,
  });
  const atRest: HostAtRest = {
    foreignCpus,
    stealPercent,
    serverCpusBusyPercent: cpus === undefined ? null : busyPercent(begin.stat, end.stat, cpus),
    busiest,
    durationMs: wallMs,
  };
  return { ...atRest, findings: findingsAtRest(atRest, guards) };
}

/** What breaks a limit though no trial has begun, and what to do about it. Pure. */
export function findingsAtRest(
  { foreignCpus, stealPercent, serverCpusBusyPercent, busiest }: HostAtRest,
  limits: Pick<Guards, 'foreignCpus' | 'stealPercent'>,
): readonly PreflightFinding[] {
  if (foreignCpus === null || stealPercent === null) {
    const message = 'this host does not tell how busy its CPUs are: disturbed trials cannot be known';
    return [{ code: 'host-unknown', message, remedy: 'run on Linux with /proc/stat' }];
  }
  const findings: PreflightFinding[] = [];
  if (foreignCpus > limits.foreignCpus) {
    const where =
      serverCpusBusyPercent === null
        ? ''
        : `; the server’s CPUs were ${serverCpusBusyPercent.toFixed(0)} % busy`;
    findings.push({
      code: 'busy-host',
      message: `other processes use ${foreignCpus.toFixed(2)} CPUs, at most ${limits.foreignCpus} is allowed: ${nameProcesses(busiest, foreignCpus)}${where}`,
      remedy:
        busiest.length === 0
          ? 'end what runs beside the measurement: top'
          : `end them or wait for them: top -p ${busiest.map(({ pid }) => pid).join(',')}`,
    });
  }
  if (stealPercent > limits.stealPercent) {
    findings.push({
      code: 'steal',
      message: `the hypervisor takes ${stealPercent.toFixed(1)} % of the CPUs’ time, at most ${limits.stealPercent} % is allowed`,
      remedy: 'use a machine whose CPUs are not shared with others, or a time when they are idle',
    });
  }
  return findings;
}

/** @returns names, pids and CPUs in one line, and what is left of the foreign CPUs when that is much. */
export function nameProcesses(processes: readonly BusyProcess[], foreignCpus: number): string {
  if (processes.length === 0) return 'no single process (short-lived ones, or those of other users)';
  const named = processes.map(({ name, pid, cpus }) => `${name} (pid ${pid}) ${cpus.toFixed(2)}`);
  const rest = foreignCpus - processes.reduce((sum, { cpus }) => sum + cpus, 0);
  return [...named, ...(rest > muchCpus ? [`others or short-lived ones ${rest.toFixed(2)}`] : [])].join(', ');
}

/** A process's main thread may have a name that says nothing: Node's is MainThread. Kernel threads have no executable. */
function executableName(pid: number): string | undefined {
  try {
    // what is not plain is left to the name that has been made printable
    return /^[\w.+-]+/.exec(basename(readlinkSync(`/proc/${pid}/exe`)))?.[0];
  } catch {
    return undefined;
  }
}

type Moment = { readonly atNs: bigint; readonly stat: HostStat | null; readonly ownNs: bigint };

function readNow(): Moment {
  const { user, system } = process.cpuUsage();
  return {
    atNs: process.hrtime.bigint(),
    stat: readHostStat(),
    ownNs: BigInt(user + system) * 1000n,
  };
}

function hostOf({ atNs, stat }: Moment): Parameters<typeof hostActivity>[0] {
  return stat === null ? null : { atNs, ...stat.all, clockMHz: null };
}

function busyPercent(begin: HostStat | null, end: HostStat | null, cpus: readonly number[]): number | null {
  let busyNs = 0n;
  let totalNs = 0n;
  for (const cpu of cpus) {
    const [then, now] = [begin?.cpus.get(cpu), end?.cpus.get(cpu)];
    if (then === undefined || now === undefined) return null;
    busyNs += now.busyNs - then.busyNs;
    totalNs += now.totalNs - then.totalNs;
  }
  return totalNs > 0n ? (Number(busyNs) / Number(totalNs)) * 100 : null;
}

/** A process and how much of a CPU it used. */
type BusyProcess = {
  readonly pid: number;
  /** Name of its executable; never its command line, which may hold secrets. */
  readonly name: string;
  readonly cpus: number;
};

type Listed = Pick<ProcessStat, 'pid' | 'command' | 'userTicks' | 'systemTicks' | 'startTicks'>;

// USER_HZ: the unit of /proc/PID/stat, 100 on every architecture that Node runs on
const ticksPerSecond = 100;

/**
 * The processes that used the most CPU time between two listings. Those that ended between the two cannot be known.
 * @param except pids to leave out.
 * @returns at most `count`, the busiest first; one that used less than a tick is not among them.
 */
export function busiestProcesses(
  begin: readonly Listed[],
  end: readonly Listed[],
  wallMs: number,
  except: readonly number[],
  count: number,
): readonly BusyProcess[] {
  const before = new Map(begin.map((each) => [each.pid, each]));
  return end
    .filter(({ pid }) => !except.includes(pid))
    .map((now) => {
      const then = before.get(now.pid);
      // a pid with another start belongs to a new process: all of its time is since the first listing
      const past = then?.startTicks === now.startTicks ? then.userTicks + then.systemTicks : 0;
      const ticks = now.userTicks + now.systemTicks - past;
      return { pid: now.pid, name: printable(now.command), cpus: (ticks / ticksPerSecond / wallMs) * 1000 };
    })
    .filter(({ cpus }) => cpus > 0)
    .sort((one, other) => other.cpus - one.cpus)
    .slice(0, count);
}

/** A process may name itself with anything, line feeds and terminal codes included. */
function printable(name: string): string {
  return name.replace(/[^\p{L}\p{N}\p{P}\p{S} ]/gu, '?');
}

/** What the runner itself opens: pipes and logs of the instances, accounts of the kernel, the journal. */
const ownFiles = 192;

/**
 * Sees before any time is spent that a run will be able to write its files and open its connections.
 * @param folders that files will be written into; they need not be there.
 * @throws Error in one line: which limit or folder, what is wrong with it, what to do.
 */
export async function requireRoomFor(
  config: Pick<ResolvedConfig, 'environments' | 'load'>,
  folders: readonly string[],
): Promise<void> {
  requireOpenFiles(config, openFilesLimit());
  await requireWritable(folders);
}

/** @param limit how many files this process may have open. */
export function requireOpenFiles(
  { environments, load }: Pick<ResolvedConfig, 'environments' | 'load'>,
  limit: number,
): void {
  // the control is one more; the generator holds the connections of all that are up side by side
  const wanted = ownFiles + load.connections * (environments.length + 1);
  if (limit >= wanted) return;
  throw new Error(
    `this process may open ${limit} file descriptors, a run with ${counted(load.connections, 'connection')} in ${counted(environments.length, 'environment')} wants ${wanted}: ulimit -n ${Math.max(1024, wanted)}`,
  );
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openReader } from './process-files.ts';

/** Where a process's CPU and memory accounts lie, as folders of mounted cgroup hierarchies. */
export type CgroupFolders = {
  readonly cpu: { readonly version: 1 | 2; readonly folder: string };
  readonly memory: { readonly version: 1 | 2; readonly folder: string };
};

/** The accounts of a control group. */
export interface Cgroup {
  /** Folder of the CPU account. */
  readonly path: string;
  /** CPU time of all that ever ran in it, in nanoseconds. Advances in steps of the scheduler's tick. */
  cpuNs(): bigint;
  /** Time that its CPU quota kept it from running, in nanoseconds; undefined where the kernel does not tell. */
  throttledNs(): bigint | undefined;
  /** Memory charged to it, in bytes: also page cache and kernel memory, but no page that another group touched first. */
  memoryBytes(): number;
  /** The processes in it now, as seen from this host. */
  pids(): readonly number[];
  close(): void;
}

/**
 * Finds the folders from /proc/PID/cgroup and /proc/self/mountinfo (cgroups(7), proc_pid_mountinfo(5)): version 1,
 * version 2, or both beside each other, where a controller of version 1 counts.
 * @throws Error when an account is in no mounted hierarchy.
 */
export function findCgroupFolders(cgroupText: string, mountinfoText: string): CgroupFolders {
  const memberships = cgroupText
    .trim()
    .split('\n')
    .map((line) => {
      const [, controllers = '', ...path] = line.split(':');
      return { controllers: controllers.split(',').filter(Boolean), path: path.join(':') };
    });
  const mounts = mountinfoText
    .trim()
    .split('\n')
    .map((line) => {
      const [before = '', after = ''] = line.split(' - ');
      const fields = before.split(' ');
      const [type = '', , options = ''] = after.split(' ');
      return {
        type,
        options: options.split(','),
        root: fields[3] ?? '/',
        point: unescapeMount(fields[4] ?? ''),
      };
    });
  const folderIn = (mount: { root: string; point: string } | undefined, path: string): string | undefined => {
    if (mount === undefined) return undefined;
    if (mount.root === '/') return join(mount.point, path);
    return path === mount.root || path.startsWith(`${mount.root}/`)
      ? join(mount.point, path.slice(mount.root.length))
      : undefined;
  };
  const account = (controller: string): CgroupFolders['cpu'] => {
    const first = memberships.find(({ controllers }) => controllers.includes(controller));
    if (first !== undefined) {
      const mount = mounts.find(({ type, options }) => type === 'cgroup' && options.includes(controller));
      const folder = folderIn(mount, first.path);
      if (folder !== undefined) return { version: 1, folder };
    }
    const second = memberships.find(({ controllers }) => controllers.length === 0);
    const folder = folderIn(
      mounts.find(({ type }) => type === 'cgroup2'),
      second?.path ?? '/',
    );
    if (second === undefined || folder === undefined) {
      throw new Error(`no mounted cgroup hierarchy holds the ${controller} account`);
    }
    return { version: 2, folder };
  };
  return { cpu: account('cpuacct'), memory: account('memory') };
}

/** mountinfo writes space, tab, newline and backslash as octal numbers. */
function unescapeMount(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

/** cpu.stat has `throttled_time` in nanoseconds in version 1 and `throttled_usec` in version 2; the root group has neither. */
export function parseThrottledNs(cpuStat: string): bigint | undefined {
  const [, nanoseconds] = /^throttled_time (\d+)$/m.exec(cpuStat) ?? [];
  if (nanoseconds !== undefined) return BigInt(nanoseconds);
  const [, microseconds] = /^throttled_usec (\d+)$/m.exec(cpuStat) ?? [];
  return microseconds === undefined ? undefined : BigInt(microseconds) * 1000n;
}

function openThrottling(folder: string): { read(): bigint | undefined; close(): void } | undefined {
  try {
    const reader = openReader(join(folder, 'cpu.stat'));
    return {
      read: () => parseThrottledNs(reader.read()),
      close: () => {
        reader.close();
      },
    };
  } catch {
    // the account of version 1 may be mounted without the quota's
    return undefined;
  }
}

/**
 * Opens the control group that a process is in.
 * @throws Error when its folders cannot be read from here (another machine, a VM between, no rights).
 */
export function openCgroup(pid: number): Cgroup {
  const folders = findCgroupFolders(
    readFileSync(`/proc/${pid}/cgroup`, 'utf8'),
    readFileSync('/proc/self/mountinfo', 'utf8'),
  );
  const cpu = openReader(join(folders.cpu.folder, folders.cpu.version === 1 ? 'cpuacct.usage' : 'cpu.stat'));
  const throttling = openThrottling(folders.cpu.folder);
  const memory = openReader(
    join(folders.memory.folder, folders.memory.version === 1 ? 'memory.usage_in_bytes' : 'memory.current'),
  );
  return {
    path: folders.cpu.folder,
    cpuNs: () => {
      const text = cpu.read();
      if (folders.cpu.version === 1) return BigInt(text.trim());
      return BigInt(/^usage_usec (\d+)$/m.exec(text)?.[1] ?? '0') * 1000n;
    },
    throttledNs: () => throttling?.read(),
    memoryBytes: () => Number(memory.read().trim()),
    pids: () =>
      readFileSync(join(folders.cpu.folder, 'cgroup.procs'), 'utf8')
        .trim()
        .split('\n')
        .filter(Boolean)
        .map(Number),
    close: () => {
      cpu.close();
      throttling?.close();
      memory.close();
    },
  };
}

import { mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { descendants } from '@tare/metrics';
import { isRunnerGone, runnerPattern, thisRunner } from './run-marks.ts';

/**
 * The control group that this process and its apps are in while any app is up: whatever an app starts stays in it, also what
 * has left the app's process group, its session and its environment variables behind. It has no controllers, so that it
 * changes nothing of what is measured.
 */
interface AppCgroup {
  /** An app has ended. @returns what is left of apps that nobody knows, when that was the last one. */
  leave(): readonly number[];
}

const namePattern = new RegExp(`^tare-(${runnerPattern.source})$`);

let apps = 0;
let home: string | undefined;

/**
 * Called before an app is started. Where this user may make no control group (of version 2), nothing is known by it.
 * @returns a group that must be left once.
 */
export function enterAppCgroup(): AppCgroup {
  apps += 1;
  if (apps === 1) home = enter();
  let isIn = true;
  return {
    leave: () => {
      if (!isIn) return [];
      isIn = false;
      apps -= 1;
      if (apps > 0 || home === undefined) return [];
      const own = join(home, `tare-${thisRunner()}`);
      // what descends from this process is its own: a load generator, a janitor
      const known = new Set(descendants(process.pid));
      const left = membersOf(own).filter((pid) => !known.has(pid));
      for (const pid of membersOf(own).filter((each) => known.has(each))) move(pid, home);
      remove(own);
      return left;
    },
  };
}

/** @returns the processes in the groups of runners that are known to have ended; groups without any are removed. */
export function membersOfLeftCgroups(): readonly number[] {
  const here = cgroupFolder();
  if (here === undefined) return [];
  // a runner may have been in a group of its own, or next to this one
  return [here, dirname(here)].flatMap((folder) =>
    namesIn(folder)
      .filter((name) => isRunnerGone(namePattern.exec(name)?.[1]))
      .flatMap((name) => {
        const members = membersOf(join(folder, name));
        if (members.length === 0) remove(join(folder, name));
        return members;
      }),
  );
}

function enter(): string | undefined {
  const folder = cgroupFolder();
  if (folder === undefined || hasControllers(folder)) return undefined;
  const own = join(folder, `tare-${thisRunner()}`);
  try {
    mkdirSync(own, { recursive: true });
    writeFileSync(join(own, 'cgroup.procs'), String(process.pid));
    return folder;
  } catch {
    // the usual case for a user without root
    remove(own);
    return undefined;
  }
}

/** Whether groups in it share out CPU or memory: only the first group of a host has that and processes. */
function hasControllers(folder: string): boolean {
  try {
    return readFileSync(join(folder, 'cgroup.subtree_control'), 'utf8').trim() !== '';
  } catch {
    return true;
  }
}

/** Where the group of this process is mounted, in the hierarchy of version 2. */
function cgroupFolder(): string | undefined {
  try {
    const [, path = ''] = /^0::(\/.*)$/m.exec(readFileSync('/proc/self/cgroup', 'utf8')) ?? [];
    const mounts = readFileSync('/proc/self/mountinfo', 'utf8');
    const [, point] = /^\d+ \d+ \S+ \/ (\S+) .* - cgroup2 /m.exec(mounts) ?? [];
    return point === undefined || path === '' || path.startsWith('/..') ? undefined : join(point, path);
  } catch {
    return undefined;
  }
}

function membersOf(folder: string): readonly number[] {
  try {
    // 0 is a process that cannot be seen from here
    return readFileSync(join(folder, 'cgroup.procs'), 'utf8').split('\n').map(Number).filter(Boolean);
  } catch {
    return [];
  }
}

function move(pid: number, folder: string): void {
  try {
    writeFileSync(join(folder, 'cgroup.procs'), String(pid));
  } catch {
    // ended since
  }
}

function remove(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // somebody is still in it: the next start looks again
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

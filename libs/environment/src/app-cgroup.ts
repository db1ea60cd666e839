import { mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { descendants, textIfThere } from '@tare/metrics';
import { isRunnerGone, runnerPattern, thisRunner } from './run-marks.ts';

/**
 * The control group that this process and its apps are in while any app is up: whatever an app starts stays in it, also what
 * has left the app's process group, its session and its environment variables behind. It has no controllers, so that it
 * changes nothing of what is measured.
 */
interface AppCgroup {
  /** An app has ended. @returns what is left of apps that nobody knows, when that was the last one. */
  leave(): readonly number[];
  /** What was left has ended. */
  clear(): void;
}

const namePattern = new RegExp(`^tare-(${runnerPattern.source})$`);

/** What systemd-nspawn makes in the group that it is started in, for itself and for what it runs, and leaves there. */
const groupsOfNspawn = ['payload', 'supervisor'];

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
      if (apps > 0) return [];
      if (home === undefined) {
        const folder = cgroupFolder();
        if (folder !== undefined) for (const name of groupsOfNspawn) remove(join(folder, name));
        return [];
      }
      const own = join(home, `tare-${thisRunner()}`);
      // what descends from this process is its own: a load generator, a janitor
      const known = new Set(descendants(process.pid));
      const left = membersOf(own).filter((pid) => !known.has(pid));
      for (const pid of membersOf(own).filter((each) => known.has(each))) move(pid, home);
      remove(own);
      return left;
    },
    clear: () => {
      if (apps === 0 && home !== undefined) remove(join(home, `tare-${thisRunner()}`));
    },
  };
}

/** @returns the processes in the groups of runners that are known to have ended; groups without any are removed. */
export function membersOfLeftCgroups(): readonly number[] {
  const members = leftCgroups().flatMap((group) => {
    const own = membersOf(group);
    if (own.length === 0) remove(group);
    return own;
  });
  // a process is in one group of each hierarchy
  return [...new Set(members)];
}

/** Whether there are groups of ended runners that have no process and cannot be removed yet: the threads of the last one still end. */
export function areLeftCgroupsEnding(): boolean {
  return leftCgroups().some((group) => membersOf(group).length === 0);
}

function leftCgroups(): readonly string[] {
  const here = cgroupFolder();
  if (here === undefined) return [];
  // a runner may have been in a group of its own, or next to this one
  return [here, dirname(here)]
    .flatMap(inBothHierarchies)
    .flatMap(groupsIn)
    .filter((group) => isRunnerGone(namePattern.exec(basename(group))?.[1]));
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
  const [, path = ''] = /^0::(\/.*)$/m.exec(textIfThere('/proc/self/cgroup')) ?? [];
  const point = mountOf(unified);
  return point === undefined || path === '' || path.startsWith('/..') ? undefined : join(point, path);
}

const unified = / - cgroup2 /;
/** The hierarchy without controllers that systemd also keeps on hosts with both versions. */
const named = / - cgroup \S+ \S*\bname=systemd\b/;

function mountOf(kind: RegExp): string | undefined {
  const mount = textIfThere('/proc/self/mountinfo')
    .split('\n')
    .find((line) => kind.test(line) && line.split(' ')[rootField] === '/');
  return mount?.split(' ')[rootField + 1];
}

/** Which part of it is mounted; where follows (proc_pid_mountinfo(5)). */
const rootField = 3;

function membersOf(folder: string): readonly number[] {
  // 0 is a process that cannot be seen from here
  const own = textIfThere(join(folder, 'cgroup.procs')).split('\n').map(Number).filter(Boolean);
  return [...own, ...groupsIn(folder).flatMap(membersOf)];
}

function move(pid: number, folder: string): void {
  try {
    writeFileSync(join(folder, 'cgroup.procs'), String(pid));
  } catch {
    // ended since
  }
}

/** Removes a group, with those in it, and what systemd-nspawn made of it in systemd's own hierarchy. */
function remove(folder: string): void {
  inBothHierarchies(folder).forEach(removeAll);
}

/** A group, and the one of its name in systemd's own hierarchy: either can be left when the other is gone. */
function inBothHierarchies(folder: string): readonly string[] {
  const [here, beside] = [mountOf(unified), mountOf(named)];
  return here === undefined || beside === undefined
    ? [folder]
    : [folder, join(beside, relative(here, folder))];
}

function removeAll(folder: string): void {
  groupsIn(folder).forEach(removeAll);
  try {
    rmdirSync(folder);
  } catch {
    // not there, or somebody is still in it: the next start looks again
  }
}

function groupsIn(folder: string): readonly string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    return entries.filter((each) => each.isDirectory()).map(({ name }) => join(folder, name));
  } catch {
    return [];
  }
}

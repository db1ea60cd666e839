import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { awaitProgram, runProgram } from '@tare/metrics';
import { ageOf, commandLine, processesThat, sendAll } from './processes.ts';
import { fixedPort } from './start-run.ts';
import type { Place, View } from './view.ts';

/**
 * Does a fault.
 * @returns true when it is done, false while there is nothing to do it to; a text when it is done and another run than the one
 *   that was struck says why: what that one has printed.
 */
export type Strike = (view: View) => boolean | string | Promise<boolean | string>;

/** A fault that has to be taken back, or made ready. */
type Deed = {
  /** Makes ready what it takes, before the run starts. */
  readonly arrange?: (place: Place) => Promise<void>;
  readonly strike: Strike;
  /** Takes it back, once the run has ended. */
  readonly mend: (place: Place) => Promise<void>;
};

/** Some processes of a run. */
type Victims = (view: View) => readonly number[];

export const runnerOf: Victims = ({ runner, like, started }) => [
  runner() ?? like(/run-executor\.js\0/)[0] ?? started,
];
export const janitorOf: Victims = ({ like }) => like(/janitor-process\.[jt]s\0wait\0/);
export const startedOf: Victims = ({ started }) => [started];
export const terminalOf: Victims = ({ started }) => [-started];
/** Not before they have begun to boot: libvirt itself sees to one that does not get that far. */
export const machinesOf: Victims = ({ machines }) => machines().filter((pid) => ageOf(pid) > bootingSeconds);
/** It has not the variables of who started it, and serves whoever works in this workspace: they get another. */
export const nxDaemonsOf = ({ workspace }: Place): readonly number[] =>
  processesThat((pid) =>
    commandLine(pid).includes(`\0${workspace}/node_modules/nx/dist/src/daemon/server/start.js\0`),
  );

const bootingSeconds = 8;
const betweenSignalsMs = 150;
const bounded = () => ({ signal: new AbortController().signal, deadlineMs: 30_000 });
const run = (program: string, ...words: readonly string[]): Promise<string> =>
  runProgram(program, words, bounded());

/** Sends a signal to all of these, once there are any. */
export function signals(victims: Victims, signal: NodeJS.Signals, times = 1): Strike {
  return async (view) => {
    const pids = victims(view);
    if (pids.length === 0) return false;
    for (let time = 0; time < times; time++) {
      if (time > 0) await sleep(betweenSignalsMs);
      sendAll(pids, signal);
    }
    return true;
  };
}

/** Does something to the containers of a run, by the command line of their engine. */
export function toContainers(...words: readonly string[]): Strike {
  return async ({ place, traits, runs, services }) => {
    const [id] = runs();
    if (traits.engine === undefined || id === undefined) return false;
    const { engine } = traits;
    // the service that the run has started has the containers of whomever it runs as
    const first = traits.isEngineOwn
      ? ['--host', place.engine?.host ?? '']
      : services().flatMap((socket) => ['--url', `unix://${socket}`]);
    const listed = await run(engine, ...first, 'ps', '--quiet', '--filter', `label=tare.run=${id}`);
    const containers = listed.split('\n').filter(Boolean);
    if (containers.length === 0) return false;
    await run(engine, ...first, ...words, ...containers);
    return true;
  };
}

/**
 * Does something as root in the machine of a run, through a connection that the run has to it.
 * @param script for a shell, without single quotes.
 */
export function inGuest(script: string): Strike {
  return async ({ connections }) => {
    for (const socket of connections()) {
      const through = ['-F', 'none', '-o', `ControlPath=${socket}`, '-o', 'ControlMaster=no'];
      // it opens none of its own
      const words = [...through, '-o', 'ProxyCommand=exec false', 'guest', `sudo -n sh -c '${script}'`];
      const { code, said } = await awaitProgram('ssh', words, bounded());
      if (code === 0) return true;
      // 255 where it is closed by now
      if (code !== 255) throw new Error(`in the guest, ${script} failed with ${code}: ${said}`);
    }
    return false;
  };
}

/** Ends the connections of a run to its machine, which takes no others. */
export const cutsSsh: Strike = async (view) =>
  (await inGuest('systemctl stop ssh')(view)) === true &&
  signals(({ like }) => like(/^ssh\0/), 'SIGKILL')(view);

/** Writes until the disk of a machine is full; most of it costs the host nothing, as nothing is written there. */
export const fillsGuest: Strike = inGuest(
  [
    'cd /var/lib',
    'fallocate -l $(($(stat -f -c %f .) * $(stat -f -c %S .) - 16777216)) filled',
    'dd if=/dev/zero of=filled.up bs=64k 2>/dev/null || true',
  ].join(' && '),
);

/** Loses all packets to the apps: at the suite's own bridge, or where the machine is plugged in. */
export function cutsPath(): Deed {
  let device: string | undefined;
  return {
    strike: async ({ place, traits, machines }) => {
      device = traits.hasMachine ? await plugOf(machines()[0]) : place.engine?.bridge;
      if (device === undefined) return false;
      await run('tc', 'qdisc', 'add', 'dev', device, 'root', 'blackhole');
      return true;
    },
    mend: async () => {
      // nothing is cut where the run was over before, and a machine takes its plug with it
      if (device !== undefined) await run('tc', 'qdisc', 'del', 'dev', device, 'root').catch(() => undefined);
      device = undefined;
    },
  };
}

/** The interface of this host that is the cable of a machine, by its process. */
async function plugOf(pid: number | undefined): Promise<string | undefined> {
  const [, name] = /\bguest=([^,\0]+)/.exec(pid === undefined ? '' : commandLine(pid)) ?? [];
  if (name === undefined) return undefined;
  return /^ *(vnet\d+)/m.exec(await run('virsh', '--connect', 'qemu:///system', 'domiflist', name))?.[1];
}

/** A disk of its own for a folder of a run, on which something happens. */
export function onDisk(folder: 'out' | 'temporary', strike: (path: string) => Promise<void>): Deed {
  return {
    arrange: async (place) => {
      await run('mount', '-t', 'tmpfs', '-o', 'size=192m,mode=1777', 'tare-faults', place[folder]);
    },
    strike: async ({ place }) => {
      await strike(place[folder]);
      return true;
    },
    mend: async (place) => {
      await run('umount', '--lazy', place[folder]);
    },
  };
}

export async function fill(path: string): Promise<void> {
  await awaitProgram('dd', ['if=/dev/zero', `of=${path}/filled`, 'bs=64k'], bounded());
}

export async function makeReadOnly(path: string): Promise<void> {
  await run('mount', '-o', 'remount,ro', path);
}

/** Something of another program listens where the app is to. */
export function stealsPort(): Deed {
  let thief: Server | undefined;
  return {
    strike: async () => {
      thief = createServer().listen(fixedPort, '127.0.0.1');
      await once(thief, 'listening');
      return true;
    },
    mend: async () => {
      if (thief?.listening !== true) return;
      const closed = once(thief, 'close');
      thief.close();
      await closed;
    },
  };
}

export function loadsHost(): Deed {
  let busy: readonly ChildProcess[] = [];
  return {
    strike: () => {
      busy = Array.from({ length: 2 * availableParallelism() }, () =>
        spawn('setpriv', ['--pdeathsig', 'KILL', process.execPath, '-e', 'for (;;);'], { stdio: 'ignore' }),
      );
      return true;
    },
    mend: () => {
      for (const each of busy) each.kill('SIGKILL');
      return Promise.resolve();
    },
  };
}

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { awaitProgram, findProgram, runProgram } from '@tare/metrics';
import { commandLine, mountsBelow, processesThat, sendAll } from './processes.ts';

/** A Docker engine of the suite's own, which can be killed without harm: the host's is not touched. */
export type OwnEngine = {
  /** Its command line, and the kind of the environments that it runs. */
  readonly client: 'docker';
  /** For DOCKER_HOST. */
  readonly host: string;
  readonly bridge: string;
  readonly pids: () => readonly number[];
  /** Starts it; again, if it runs: one that was told to end may be about to. */
  start(): Promise<void>;
  /** Ends it with all that it has left. */
  remove(): Promise<void>;
};

const startDeadlineMs = 60_000;
const once10s = () => ({ signal: new AbortController().signal, deadlineMs: 10_000 });

/** @returns whether this host lets the suite have an engine of its own. */
export function canOwnEngine(): boolean {
  const programs = ['dockerd', 'docker', 'ip', 'setpriv'];
  return process.getuid?.() === 0 && programs.every((each) => findProgram(each) !== undefined);
}

/** Describes an engine with a bridge of its own; it is not started. @param folder its own, for all that it keeps. */
export function ownEngine(folder: string): OwnEngine {
  const host = `unix://${join(folder, 'docker.sock')}`;
  // a name of an interface has 15 characters at most
  const bridge = `taref${process.pid}`;
  let child: ChildProcess | undefined;
  const ip = (...words: readonly string[]) => runProgram('ip', words, once10s());
  const isRunning = (): boolean => child?.exitCode === null && child.signalCode === null;
  const answers = async (): Promise<boolean> =>
    (await awaitProgram('docker', ['--host', host, 'version'], once10s())).code === 0;
  const end = async (): Promise<void> => {
    if (child === undefined || !isRunning()) return;
    const gone = once(child, 'exit');
    child.kill('SIGTERM');
    await gone;
  };

  return {
    client: 'docker',
    host,
    bridge,
    pids: () => (isRunning() && child?.pid !== undefined ? [child.pid] : []),
    start: async () => {
      await end();
      if ((await awaitProgram('ip', ['link', 'show', bridge], once10s())).code !== 0) {
        await ip('link', 'add', bridge, 'type', 'bridge');
        await ip('address', 'add', `10.214.${process.pid % 256}.1/24`, 'dev', bridge);
        await ip('link', 'set', bridge, 'up');
      }
      // of one that was killed: Docker waits for a containerd whose process is a zombie
      for (const file of ['pid', 'exec/containerd/containerd.pid'])
        rmSync(join(folder, file), { force: true });
      const runsc = findProgram('runsc');
      // gVisor's own network does not start in the network namespace that an engine makes
      const runtimes = runsc === undefined ? {} : { runsc: { path: runsc, runtimeArgs: ['--network=host'] } };
      // the one of the host is not for it
      writeFileSync(join(folder, 'daemon.json'), JSON.stringify({ runtimes }));
      const words = [
        `--config-file=${folder}/daemon.json`,
        `--data-root=${folder}/data`,
        `--exec-root=${folder}/exec`,
        `--pidfile=${folder}/pid`,
        `--bridge=${bridge}`,
        '--iptables=false',
        '--ip-masq=false',
        `--host=${host}`,
      ];
      child = spawn('setpriv', ['--pdeathsig', 'TERM', 'dockerd', ...words], { stdio: 'ignore' });
      for (const deadline = performance.now() + startDeadlineMs; !(await answers()); await sleep(100)) {
        if (!isRunning() || performance.now() > deadline)
          throw new Error('the engine of the fault suite does not start; see what dockerd says');
      }
    },
    remove: async () => {
      await end();
      // what an engine that was killed has left: its containerd, shims, and what they run
      sendAll(
        processesThat((each) => commandLine(each).includes(folder)),
        'SIGKILL',
      );
      // the layers of its containers, and its data root, which it mounts on itself
      for (const point of mountsBelow(folder).toReversed())
        await runProgram('umount', ['--lazy', point], once10s());
      await ip('link', 'delete', bridge).catch(() => undefined);
    },
  };
}

import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from '@tare/metrics';
import type { Instance, Milestone } from './contract.ts';
import { logTail } from './log-tail.ts';

// a server that is told to end does so within milliseconds; what takes longer hangs
const stopGraceMs = 3000;
const killGraceMs = 5000;

export type AppProcess = {
  readonly command: Command;
  readonly port: number;
  readonly variables: Readonly<Record<string, string>>;
  /** The processes that get SIGTERM to end the app; the whole group gets SIGKILL if that does not help. */
  readonly appPids: (pid: number) => readonly number[];
  readonly meters: (pid: number) => Awaited<ReturnType<Instance['meters']>>;
};

/**
 * Starts an app as a process group of its own, with only the given environment variables: what the runner inherited
 * (extra certificates, node options) would change the app's start.
 */
export async function startAppProcess(app: AppProcess): Promise<Instance> {
  const log = logTail();
  const milestones: Milestone[] = [];
  const spawnedAt = process.hrtime.bigint();
  const reach = (name: string): void => {
    milestones.push({ name, atMs: Number(process.hrtime.bigint() - spawnedAt) / 1e6 });
  };
  const child = spawn(app.command.file, app.command.arguments, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...app.variables },
    // a group of its own: a Ctrl-C in the terminal reaches the runner, which then ends the app in order
    detached: true,
    cwd: '/',
  });
  const { pid } = child;
  if (pid !== undefined) reach('process');
  const closed = new Promise<string>((resolve) => {
    child.once('error', (error) => {
      resolve(`could not be started: ${error.message}`);
    });
    child.once('close', (code, signal) => {
      resolve(signal === null ? `ended with exit code ${code ?? '?'}` : `was ended by ${signal}`);
    });
  });
  let over = false;
  void closed.then(() => {
    over = true;
  });
  let listening = false;
  const hear = (chunk: Buffer): void => {
    const text = chunk.toString();
    log.add(text);
    if (!listening && text.includes('listening on ')) {
      listening = true;
      reach('listening');
    }
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  if (pid === undefined) throw new Error(`${app.command.file} ${await closed}`);

  const signalGroup = (signal: NodeJS.Signals): void => {
    try {
      process.kill(-pid, signal);
    } catch {
      // nothing of the group is left
    }
  };
  let opened: ReturnType<AppProcess['meters']> | undefined;
  let stopping: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    await Promise.all([opened?.net.close(), opened?.gross.close()]);
    if (!over) {
      for (const appPid of app.appPids(pid)) {
        try {
          process.kill(appPid, 'SIGTERM');
        } catch {
          // ended by itself meanwhile
        }
      }
      await Promise.race([closed, sleep(stopGraceMs, undefined, { ref: false })]);
    }
    signalGroup('SIGKILL');
    const ended = await Promise.race([closed, sleep(killGraceMs, undefined, { ref: false })]);
    if (ended === undefined) throw new Error(`process ${pid} (${app.command.file}) does not end`);
  };
  return {
    startKind: 'cold',
    url: new URL(`http://127.0.0.1:${app.port}/`),
    spawnedAt,
    started: Promise.resolve(),
    ended: closed.then((how) => `the app ${how}`),
    milestones: () => Promise.resolve([...milestones]),
    meters: () => {
      opened ??= app.meters(pid);
      return Promise.resolve(opened);
    },
    lastLog: () => Promise.resolve(log.text()),
    stop: () => (stopping ??= stop()),
  };
}

import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  descendants,
  findProcess,
  namespacedPid,
  processesInReach,
  plainText,
  type Command,
  type ProcessStat,
} from '@tare/metrics';
import { enterAppCgroup } from './app-cgroup.ts';
import type { Instance, Launch, Meters, Milestone } from './contract.ts';
import { endProcesses } from './reap-processes.ts';
import { runMarks } from './run-marks.ts';
import { whyUnreachable } from './wrong-port.ts';

// a server ends within milliseconds of the signal; what takes longer hangs
const stopGraceMs = 3000;
// the first process of a pid namespace that lets SIGTERM end it the usual way, as Node does, is not ended by it
const firstStopGraceMs = 1000;
const killGraceMs = 5000;
// time for an app's helpers to notice that it has ended
const helperGraceMs = 300;
// the last lines are in the pipe when a process ends; a process that it started may hold the pipe open forever
const lastLinesMs = 200;
// processes that an app started can be traced to it only while the app lives
const lookIntervalMs = 500;

/** Apps listen on the host's loopback only. */
const host = '127.0.0.1';

/** The environment variable that every process of one instance carries, unless the app takes it away. */
export const instanceVariable = 'TARE_INSTANCE';

/** An app to start as a process of this host. */
export type AppProcess = {
  readonly launch: Launch;
  /** Name of the environment. */
  readonly environment: string;
  readonly command: Command;
  /** The folder that it runs in. */
  readonly cwd: string;
  readonly port: number;
  /** Variables of the app besides the common ones. */
  readonly variables: Readonly<Record<string, string>>;
  /** The processes that get SIGTERM to end the app; everything that it started gets SIGKILL if that does not help. */
  readonly appPids: (pid: number) => readonly number[];
  /** @param pids returns the command's process and all its descendants. */
  readonly meters: (pids: () => readonly number[]) => Meters;
};

/**
 * Starts an app as a process group of its own, with only the given environment variables: what the runner inherited
 * (extra certificates, node options) would change the app's start. What the app leaves running when it ends is found by
 * its parents, its group, its variables, and its control group where there is one; it is ended and reported.
 */
export async function startAppProcess(app: AppProcess): Promise<Instance> {
  const { launch, environment } = app;
  const log = logTail();
  const milestones: Milestone[] = [];
  const id = randomUUID();
  const cgroup = enterAppCgroup();
  const spawnedAt = process.hrtime.bigint();
  const reach = (name: string): void => {
    milestones.push({ name, atMs: Number(process.hrtime.bigint() - spawnedAt) / 1e6 });
  };
  const child = spawn(app.command.file, app.command.arguments, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...appVariables(launch, environment, app.port), ...app.variables, [instanceVariable]: id },
    // a group of its own: a Ctrl-C in the terminal reaches the runner, which then ends the app in order
    detached: true,
    cwd: app.cwd,
  });
  const { pid } = child;
  if (pid !== undefined) reach('process');
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const exited = new Promise<string>((resolve) => {
    child.once('error', (error) => {
      resolve(`could not be started: ${error.message}${fileDescriptorAdvice(error)}`);
    });
    child.once('exit', (code, signal) => {
      resolve(signal === null ? `ended with exit code ${code ?? '?'}` : `was ended by ${signal}`);
    });
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
  if (pid === undefined) {
    // there may be no pipes either: without file descriptors for them nothing is started
    cgroup.leave();
    throw new Error(`${app.command.file} ${await exited}`);
  }
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);

  const family = processFamily(pid, id);
  const watch = setInterval(family.pids, lookIntervalMs);
  watch.unref();
  let over = false;
  const ended = exited.then(async (how) => {
    over = true;
    clearInterval(watch);
    await Promise.race([closed, sleep(lastLinesMs, undefined, { ref: false })]);
    return how;
  });

  let opened: Meters | undefined;
  let stopping: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    await Promise.all([opened?.net?.close(), opened?.gross?.close()]);
    family.pids();
    if (!over) {
      const appPids = app.appPids(pid);
      const isFirst = appPids.some((each) => namespacedPid(each) === 1);
      for (const appPid of appPids) {
        try {
          process.kill(appPid, isDeaf(appPid) ? 'SIGKILL' : 'SIGTERM');
        } catch {
          // ended by itself meanwhile
        }
      }
      await Promise.race([
        exited,
        sleep(isFirst ? firstStopGraceMs : stopGraceMs, undefined, { ref: false }),
      ]);
    }
    const isHung = !over;
    const helpersUntil = performance.now() + (isHung ? 0 : helperGraceMs);
    while (family.left().length > 0 && performance.now() < helpersUntil) await sleep(10);
    const unknown = cgroup.leave().flatMap((each) => findProcess(each) ?? []);
    const left = new Map([...family.left(), ...unknown].map((each) => [each.pid, each]));
    await endProcesses([...left.values()]);
    if (left.size > 0) cgroup.clear();
    const gone = await Promise.race([exited, sleep(killGraceMs, undefined, { ref: false })]);
    // pipes that something else holds open keep this process from ending
    child.stdout.destroy();
    child.stderr.destroy();
    left.delete(pid);
    if (left.size > 0 && !isHung) launch.context.tell?.(wordsOf(app, [...left.values()]));
    if (gone === undefined) throw new Error(`process ${pid} (${app.command.file}) does not end`);
    await ended;
  };
  return {
    startKind: 'cold',
    url: new URL(`http://${host}:${app.port}/`),
    spawnedAt,
    started: Promise.resolve(),
    ended: ended.then((how) => `the app ${how}`),
    milestones: () => Promise.resolve([...milestones]),
    meters: () => {
      opened ??= app.meters(family.pids);
      return Promise.resolve(opened);
    },
    lastLog: () => Promise.resolve(log.text()),
    whyUnreachable: () =>
      Promise.resolve(
        whyUnreachable(family.pids(), { port: app.port, isFixed: launch.port !== undefined, address: host }),
      ),
    stop: () => (stopping ??= stop()),
  };
}

const sigtermBit = 1n << 14n;

/** Whether SIGTERM does nothing to a process: the first of a pid namespace gets only signals that it catches (pid_namespaces(7)). */
function isDeaf(pid: number): boolean {
  if (namespacedPid(pid) !== 1) return false;
  try {
    const [, caught = '0'] =
      /^SigCgt:\s*([0-9a-f]+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1')) ?? [];
    return (BigInt(`0x${caught}`) & sigtermBit) === 0n;
  } catch {
    return false;
  }
}

type Family = {
  /** The first process and all that descend from it now. Remembers them. */
  readonly pids: () => readonly number[];
  /** Those of them that still live, wherever they belong by now, and all others of the same group or instance. */
  readonly left: () => readonly ProcessStat[];
};

function processFamily(first: number, id: string): Family {
  const known = new Map<number, ProcessStat>();
  return {
    pids: () => {
      const pids = descendants(first);
      for (const pid of pids) {
        if (known.has(pid)) continue;
        const stat = findProcess(pid);
        if (stat !== undefined) known.set(pid, stat);
      }
      return pids;
    },
    left: () => {
      const related = processesInReach().filter(
        ({ processGroup, variables }) => processGroup === first || variables.get(instanceVariable) === id,
      );
      const still = [...known.values()].filter(
        ({ pid, startTicks }) => findProcess(pid)?.startTicks === startTicks,
      );
      return [...new Map([...still, ...related].map((each) => [each.pid, each])).values()];
    },
  };
}

function wordsOf({ environment, launch }: AppProcess, left: readonly ProcessStat[]): string {
  const names = left.map(({ command }) => command).sort();
  const what = left.length === 1 ? 'a process' : `${left.length} processes`;
  return `${environment}: ${launch.artifact.workload} left ${what} running when it ended (${names.join(', ')}); now ended`;
}

function fileDescriptorAdvice(error: NodeJS.ErrnoException): string {
  return error.code === 'EMFILE' ? '; this process has no file descriptor left: ulimit -n 1024' : '';
}

/** All environment variables of an app that runs as a process of this host. */
export function appVariables(
  launch: Launch,
  environment: string,
  port: number,
): Readonly<Record<string, string>> {
  return {
    // an image says itself what it wants
    ...(launch.artifact.kind !== 'image' && { NODE_ENV: 'production' }),
    HOST: host,
    PORT: String(port),
    ...launch.variables,
    ...runMarks(launch.context.runId, environment),
  };
}

/** Keeps the last lines of an output, for error messages, and makes them harmless to print. */
interface LogTail {
  add(chunk: string): void;
  text(): string;
}

const keptCharacters = 16_384;

/** @param lines how many of the last lines to keep. */
function logTail(lines = 50): LogTail {
  let text = '';
  return {
    add: (chunk) => {
      text = (text + chunk).slice(-keptCharacters);
    },
    text: () => plainText(text).trimEnd().split('\n').slice(-lines).join('\n'),
  };
}

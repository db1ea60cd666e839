import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chownSync,
  closeSync,
  lstatSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  endProcesses,
  environmentVariable,
  isRunnerGone,
  reapProcesses,
  runnerPattern,
  runnerVariable,
  thisRunner,
} from '@tare/environment';
import { type Command, findProgram, lastLines, processesInReach } from '@tare/metrics';

/** An ordinary account of this host. */
export type Account = {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
};

/** A program that leads to an engine's API: it listens on a socket for this process alone, and ends with it. */
type ServiceOrder = {
  /** The environment that it is for: marks the process, and its folder. */
  readonly name: string;
  /** Starts it, for a socket at this path. */
  readonly command: (socket: string) => Command;
  /** Whom it runs as; undefined for the user of this process. */
  readonly account?: Account | undefined;
  readonly variables: NodeJS.ProcessEnv;
  readonly deadlineMs: number;
};

/** A program that has been started and listens. */
export interface OwnService {
  readonly socket: string;
  readonly pid: number;
  readonly isRunning: () => boolean;
  /** Ends it and what it has started besides containers, and removes its socket. */
  end(): Promise<void>;
}

/** The variable that names its folder to a service and to all that it starts. */
const serviceVariable = 'TARE_SERVICE';
/** The longest path that a socket can have (unix(7)). */
const longestSocketPath = 107;
const endDeadlineMs = 5000;

/**
 * Starts a program and waits until its socket takes connections. The socket lies in a folder that only its user may enter.
 * @throws Error with its last words when it ends before.
 */
export async function startService(order: ServiceOrder, signal: AbortSignal): Promise<OwnService> {
  const { account } = order;
  const folder = mkdtempSync(join(tmpdir(), `${folderPrefix(order.name)}${thisRunner()}-`));
  const socket = join(folder, 'api.sock');
  if (account !== undefined) chownSync(folder, account.uid, account.gid);
  if (Buffer.byteLength(socket) > longestSocketPath) {
    rmSync(folder, { recursive: true });
    throw new Error(`the path of its socket is too long (${socket}): let TMPDIR name a shorter one`);
  }
  const { file, arguments: words } = dyingWithParent(order.command(socket));
  const logPath = join(folder, 'log');
  const log = openSync(logPath, 'w');
  const child = spawn(file, words, {
    stdio: ['ignore', log, log],
    // a Ctrl-C in the terminal is for the runner, which ends this in order
    detached: true,
    cwd: '/',
    env: {
      ...order.variables,
      [environmentVariable]: order.name,
      [runnerVariable]: thisRunner(),
      [serviceVariable]: folder,
    },
    ...(account !== undefined && { uid: account.uid, gid: account.gid }),
  });
  closeSync(log);
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => {
      resolve(error.message);
    });
    child.once('exit', (code) => {
      resolve(lastLines(readFileSync(logPath, 'utf8'), 1) || `it ended with exit code ${code ?? '?'}`);
    });
  });
  const removeFolder = (): void => {
    rmSync(folder, { recursive: true, force: true });
  };
  const endNow = (): void => {
    child.kill();
    removeFolder();
  };
  // who only probes does not take it down; nothing is to wait for it then
  process.once('exit', endNow);
  child.unref();
  let isOver = false;
  void ended.then(() => (isOver = true));

  const end = async (): Promise<void> => {
    process.off('exit', endNow);
    child.ref();
    child.kill();
    await Promise.race([ended, sleep(endDeadlineMs, undefined, { ref: false })]);
    await endProcesses(
      processesInReach().filter(({ variables }) => variables.get(serviceVariable) === folder),
    );
    removeFolder();
  };

  const deadline = performance.now() + order.deadlineMs;
  try {
    while (!(await listens(socket))) {
      signal.throwIfAborted();
      if (isOver) throw new Error(await ended);
      if (performance.now() > deadline) throw new Error(`it does not listen after ${order.deadlineMs} ms`);
      await sleep(20);
    }
  } catch (error) {
    await end();
    throw error;
  }
  return { socket, pid: child.pid ?? 0, isRunning: () => !isOver, end };
}

/** One service at a time, started when it is needed, and anew when it has ended by itself. */
export function keptService(start: (signal: AbortSignal) => Promise<OwnService>): {
  open(signal: AbortSignal): Promise<OwnService>;
  close(): Promise<void>;
} {
  let service: Promise<OwnService> | undefined;
  const lastOne = async (last: typeof service): Promise<OwnService | undefined> =>
    last?.catch(() => undefined);
  return {
    open: (signal) => {
      const last = service;
      const next = lastOne(last).then(async (former) => {
        if (former?.isRunning() === true) return former;
        await former?.end();
        return start(signal);
      });
      service = next;
      return next;
    },
    close: async () => {
      const last = service;
      service = undefined;
      await (await lastOne(last))?.end();
    },
  };
}

/**
 * Ends the services of runners that are known to have ended, with what they started besides containers, and removes their sockets.
 * @returns a line for each process.
 */
export async function reapServices(name: string): Promise<readonly string[]> {
  const prefix = folderPrefix(name);
  const lines = await reapProcesses(name, undefined);
  for (const each of readdirSync(tmpdir())) {
    const [, runner] = nameEnd.exec(each.startsWith(prefix) ? each.slice(prefix.length) : '') ?? [];
    const folder = join(tmpdir(), each);
    if (isRunnerGone(runner) && lstatSync(folder).isDirectory())
      rmSync(folder, { recursive: true, force: true });
  }
  return lines;
}

function folderPrefix(name: string): string {
  // ssh takes no colon in the path of a socket
  return `tare-service-${name.replaceAll(':', '-')}-`;
}

// the runner, and what mkdtemp puts behind its prefix
const nameEnd = new RegExp(`^(${runnerPattern.source})-\\w{6}$`);

/** @returns the command, which is ended by the kernel when this process is killed. */
function dyingWithParent({ file, arguments: words }: Command): Command {
  const setpriv = findProgram('setpriv');
  return setpriv === undefined
    ? { file, arguments: words }
    : { file: setpriv, arguments: ['--pdeathsig', 'TERM', file, ...words] };
}

async function listens(path: string): Promise<boolean> {
  const socket = connect(path);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

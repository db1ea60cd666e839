/**
 * The entries of the packages: Nx and npm load these on whichever Node the user has, and what they stand for runs on the locked
 * one. Nothing here imports what an old Node cannot read.
 */
import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { PromiseExecutor } from '@nx/devkit';
import { callerNode, callerNodeVariable } from '@tare/environment/caller-node';

const oldestMajor = 24;

/** What the process on the locked Node is sent. */
export type ExecutorMessage = {
  /** URL of the executor. */
  readonly module: string;
  readonly options: object;
  readonly context: Parameters<PromiseExecutor>[1];
};

/** What it answers. */
export type ExecutorAnswer = { readonly success: boolean };

// source runs as .ts, a published build as .js; the process's file stands beside this one in both
const processFile = fileURLToPath(import.meta.url).replace(
  /on-locked-node\.([jt]s)$/,
  'on-locked-node-process.$1',
);

/**
 * An executor that runs another one on the locked Node: in this process if it is that, else in a child. The child's output, its
 * result and signals are passed on; PATH stays the user's.
 * @param module URL of the file whose default export is the executor.
 */
export function executorOnLockedNode(module: URL): PromiseExecutor<object> {
  return async (options, context) => {
    const node = nodeToRunOn(process.version, lockedNodeHere());
    if ('problem' in node) {
      process.stderr.write(`${node.problem}\n`);
      return { success: false };
    }
    if (node.binary === undefined) {
      const { default: run } = (await import(module.href)) as { readonly default: PromiseExecutor<object> };
      return run(options, context);
    }
    // Nx keeps what is written to this process's streams; a terminal is handed on as it is
    const output = (stream: NodeJS.WriteStream) => (stream.isTTY ? 'inherit' : 'pipe');
    const child = start(
      node.binary,
      [processFile],
      ['inherit', output(process.stdout), output(process.stderr), 'ipc'],
    );
    child.stdout?.pipe(process.stdout, { end: false });
    child.stderr?.pipe(process.stderr, { end: false });
    let success = false;
    child.on('message', (answer: ExecutorAnswer) => ({ success } = answer));
    child.send({ module: module.href, options, context } satisfies ExecutorMessage);
    const ended = await endOf(child);
    if (typeof ended === 'string') process.stderr.write(`ended by ${ended}\n`);
    return { success: success && ended === 0 };
  };
}

/**
 * Runs a program of a package on the locked Node: in this process if it is that, else as a child whose exit code becomes that of
 * this process.
 * @param module URL of the program, which reads `process.argv`.
 */
export async function programOnLockedNode(module: URL): Promise<void> {
  const node = nodeToRunOn(process.version, lockedNodeHere());
  if ('problem' in node) {
    process.stderr.write(`${node.problem}\n`);
    process.exitCode = 1;
  } else if (node.binary === undefined) {
    await import(module.href);
  } else {
    const args = [fileURLToPath(module), ...process.argv.slice(2)];
    const ended = await endOf(start(node.binary, args, 'inherit'));
    if (typeof ended === 'number') process.exitCode = ended;
    else process.kill(process.pid, ended);
  }
}

/** A Node that is installed for measuring. */
type InstalledNode = { readonly binary: string; readonly version: string };

/**
 * Which Node to run on: none means this one, which is the locked one, or new enough where there is no locked one.
 * @param version of this process, as in process.version.
 */
export function nodeToRunOn(
  version: string,
  locked: InstalledNode | undefined,
): { readonly binary: string | undefined } | { readonly problem: string } {
  if (locked !== undefined) return { binary: `v${locked.version}` === version ? undefined : locked.binary };
  const major = Number(/^v(\d+)\./.exec(version)?.[1]);
  if (major >= oldestMajor) return { binary: undefined };
  const wanted = lockedPackages()[0] ?? '';
  return {
    problem: `this is Node ${version}, and Tare measures with Node ${oldestMajor} or newer; install it beside yours: npm install --save-dev ${wanted}`,
  };
}

/** The packages that may have the locked Node of this platform; the first comes with those of Tare. */
const lockedPackages = (): readonly string[] => {
  const name = `node-${process.platform}-${process.arch}`;
  return [`@tare/${name}`, name];
};

function lockedNodeHere(): InstalledNode | undefined {
  const near = createRequire(import.meta.url);
  for (const name of lockedPackages()) {
    try {
      const manifest = near.resolve(`${name}/package.json`);
      const { version } = near(manifest) as { readonly version: string };
      return { binary: join(dirname(manifest), 'bin/node'), version };
    } catch {
      // the next one
    }
  }
  return undefined;
}

function start(binary: string, args: readonly string[], stdio: StdioOptions): ChildProcess {
  return spawn(binary, args, { stdio, env: { ...process.env, [callerNodeVariable]: callerNode() } });
}

/** Waits for a child, and passes signals on. @returns its exit code, or the signal that ended it. */
async function endOf(child: ChildProcess): Promise<number | NodeJS.Signals> {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  // Ctrl-C reaches the child by itself, and a second one would end it at once
  const pass = (signal: NodeJS.Signals): void => {
    if (signal !== 'SIGINT') child.kill(signal);
  };
  for (const signal of signals) process.on(signal, pass);
  try {
    const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
    return code ?? signal ?? 'SIGKILL';
  } finally {
    for (const signal of signals) process.off(signal, pass);
  }
}

import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { childEnvironment, lastLines } from '@tare/metrics';
import type { SshConfig } from './vagrant-client.ts';

/** What a command in the guest did. */
export type SshResult = {
  readonly stdout: string;
  readonly stderr: string;
  /** The command's exit code; 255 when the connection broke. */
  readonly code: number;
};

/** How to run a command in the guest. */
export type SshRun = {
  /** The command's standard input; empty by default. */
  readonly input?: string;
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
};

/** An open connection to a guest. Each command is a channel of it, without its own key exchange. */
export interface Ssh {
  /** The guest's address as ssh knows it. */
  readonly host: string;
  /**
   * Runs a command in the guest's shell to its end; quote arguments with `shellWords`. When aborted or late, stops waiting;
   * the command goes on in the guest.
   * @throws Error when aborted or late; not when the command fails.
   */
  run(command: string, options: SshRun): Promise<SshResult>;
  /**
   * Starts a command in the guest's shell with pipes to it. The caller ends it by closing its input. When the local ssh is
   * killed, the command goes on in the guest, and its pipes stay open until it ends or the connection is closed.
   */
  spawn(command: string): ChildProcessWithoutNullStreams;
  /** Ends the connection and all its channels, and removes the socket. Never throws; may be called twice. */
  close(): Promise<void>;
}

/**
 * Opens one connection (ControlMaster) that every later command shares.
 * @throws Error when the guest cannot be reached within a minute.
 */
export async function openSsh(config: SshConfig, { signal }: { readonly signal: AbortSignal }): Promise<Ssh> {
  const folder = mkdtempSync(join(tmpdir(), 'tare-ssh-'));
  const shared = ['-o', `ControlPath=${join(folder, 's')}`, ...sshArguments(config)];
  const master = spawn('ssh', ['-N', '-o', 'ControlMaster=yes', '-o', 'ControlPersist=no', ...shared], {
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
    env: childEnvironment(),
  });
  let said = '';
  master.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-4_096);
  });
  const gone = new Promise<void>((resolve) => {
    master.once('exit', () => resolve());
    master.once('error', (error) => {
      said += error.message;
      resolve();
    });
  });
  const close = async (): Promise<void> => {
    master.kill('SIGTERM');
    await gone;
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await untilListening(join(folder, 's'), master, signal);
  } catch (error) {
    await close();
    if (signal.aborted) throw error;
    throw new Error(`ssh to ${config.hostName} cannot be opened: ${lastLines(said, 3) || String(error)}`, {
      cause: error,
    });
  }
  // the proxy that fails keeps ssh from opening its own connection when the shared one is gone
  const channel = ['-o', 'ControlMaster=no', '-o', 'ProxyCommand=exec false', ...shared];
  const start = (command: string): ChildProcessWithoutNullStreams =>
    spawn('ssh', [...channel, command], { stdio: 'pipe', detached: true, env: childEnvironment() });
  return {
    host: config.hostName,
    run: (command, options) => runThrough(start(command), command, options),
    spawn: start,
    close,
  };
}

const openDeadlineMs = 60_000;

async function untilListening(socket: string, master: ChildProcess, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + openDeadlineMs;
  while (!existsSync(socket)) {
    signal.throwIfAborted();
    if (master.exitCode !== null || master.signalCode !== null || master.pid === undefined)
      throw new Error('ssh ended');
    if (performance.now() > deadline) throw new Error(`no answer within ${openDeadlineMs} ms`);
    await sleep(20);
  }
}

async function runThrough(
  child: ChildProcessWithoutNullStreams,
  command: string,
  { input, deadlineMs, signal }: SshRun,
): Promise<SshResult> {
  const late = AbortSignal.timeout(deadlineMs);
  const stop = AbortSignal.any([signal, late]);
  const end = (): void => {
    child.kill('SIGKILL');
    // the shared connection holds the other ends while the command runs in the guest
    child.stdout.destroy();
    child.stderr.destroy();
  };
  stop.addEventListener('abort', end, { once: true });
  if (stop.aborted) end();
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  // the command may end before it has read its input
  child.stdin.on('error', () => undefined);
  child.stdin.end(input ?? '');
  try {
    const code = await new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (ended) => {
        resolve(ended ?? 255);
      });
    });
    signal.throwIfAborted();
    if (late.aborted)
      throw new Error(
        `in the guest, "${command}" took longer than ${deadlineMs} ms: ${lastLines(stderr, 3)}`,
      );
    return { stdout, stderr, code };
  } finally {
    stop.removeEventListener('abort', end);
  }
}

/** The options of Vagrant's ssh configuration that we take over. */
const carriedOver = [
  'UserKnownHostsFile',
  'StrictHostKeyChecking',
  'PasswordAuthentication',
  'IdentityFile',
  'IdentitiesOnly',
  'PubkeyAcceptedKeyTypes',
  'HostKeyAlgorithms',
  'ProxyCommand',
];

/** Arguments of ssh for a machine, before the command: never asks, gives up on a dead connection after 15 s. */
export function sshArguments({ hostName, port, user, options }: SshConfig): readonly string[] {
  const taken = carriedOver.flatMap((name) => {
    const value = options[name];
    return value === undefined ? [] : ['-o', `${name}=${value}`];
  });
  const ours = [
    'BatchMode=yes',
    'LogLevel=ERROR',
    'ConnectTimeout=30',
    'ServerAliveInterval=5',
    'ServerAliveCountMax=3',
  ];
  return [
    '-F',
    'none',
    ...taken,
    ...ours.flatMap((option) => ['-o', option]),
    '-p',
    String(port),
    '-l',
    user,
    hostName,
  ];
}

/**
 * Quotes an argument array as one command for a POSIX shell; every argument arrives unchanged.
 * Source: single quotes keep everything but a single quote (POSIX.1-2017, Shell Command Language, 2.2.2).
 */
export function shellWords(args: readonly string[]): string {
  return args
    .map((arg) => (/^[\w@%+=:,./-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", "'\\''")}'`))
    .join(' ');
}

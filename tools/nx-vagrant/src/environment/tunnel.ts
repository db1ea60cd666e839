import { spawn } from 'node:child_process';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { runMarks } from '@tare/environment';
import { childEnvironment } from '@tare/metrics';
import { sshArguments } from '../ssh.ts';
import type { SshConfig } from '../vagrant-client.ts';

/** A forwarded port: the host's port that reaches the guest's, by `ssh -L` as Vagrant makes it with libvirt. */
export interface Tunnel {
  /** Resolves when the port listens. Rejects when the tunnel is closed before that. */
  readonly open: Promise<void>;
  /** Host nanoseconds at which the port listened; undefined before. */
  openedAtNs(): bigint | undefined;
  /** The process of the ssh that forwards; none while the guest does not answer. */
  pids(): readonly number[];
  /** Never throws; may be called twice. */
  close(): Promise<void>;
}

const retryMs = 200;

/**
 * Forwards a port. Tries again until the guest's sshd answers, which it does not while the guest boots.
 * @param ports the one on 127.0.0.1, and the one in the guest.
 */
export function openTunnel(
  config: SshConfig,
  { from: port, to }: { readonly from: number; readonly to: number },
  runId: string,
  signal: AbortSignal,
): Tunnel {
  const closing = new AbortController();
  const stop = AbortSignal.any([signal, closing.signal]);
  let pid: number | undefined;
  let openedAtNs: bigint | undefined;
  let exited: Promise<void> = Promise.resolve();
  const arguments_ = [
    '-n',
    '-N',
    '-o',
    'ExitOnForwardFailure=yes',
    '-L',
    `127.0.0.1:${port}:${config.hostName}:${to}`,
    ...sshArguments(config),
  ];
  const forward = async (): Promise<void> => {
    for (;;) {
      await guestAnswers(config.hostName, config.port, stop);
      const env = childEnvironment(runMarks(runId, 'vagrant'));
      const child = spawn('ssh', arguments_, { stdio: 'ignore', detached: true, env });
      const end = (): void => void child.kill('SIGTERM');
      stop.addEventListener('abort', end, { once: true });
      let over = false;
      exited = new Promise((resolve) => {
        const done = (): void => {
          over = true;
          pid = undefined;
          stop.removeEventListener('abort', end);
          resolve();
        };
        child.once('exit', done);
        child.once('error', done);
      });
      pid = child.pid;
      while (!over) {
        if (await listens(port)) {
          openedAtNs = process.hrtime.bigint();
          return;
        }
        await Promise.race([sleep(20), exited]);
      }
      await sleep(retryMs);
    }
  };
  const open = forward();
  open.catch(() => undefined);
  return {
    open,
    openedAtNs: () => openedAtNs,
    pids: () => (pid === undefined ? [] : [pid]),
    close: async () => {
      closing.abort(new Error('the tunnel was closed'));
      await open.catch(() => undefined);
      await exited;
    },
  };
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port }, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => {
      resolve(false);
    });
  });
}

// a running guest answers within milliseconds, an emulated one under load within tens of milliseconds
const attemptMs = 250;
const pauseMs = 20;

/**
 * Waits until a guest's network accepts or refuses a connection. Cuts each attempt short: the kernel repeats an unanswered
 * one only after 1, 3, 7, 15 and 31 s, so an attempt that began while the guest was off would notice its boot up to 16 s
 * late.
 * @throws the signal's reason.
 */
export async function guestAnswers(host: string, port: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  while (!(await answers(host, port))) await sleep(pauseMs, undefined, { signal });
}

function answers(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const done = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(attemptMs, () => {
      done(false);
    });
    socket.once('connect', () => {
      done(true);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      done(error.code === 'ECONNREFUSED' || error.code === 'ECONNRESET');
    });
  });
}

import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

// a guest that is up answers within milliseconds, an emulated one under load within some tens
const attemptMs = 250;
const pauseMs = 20;

/**
 * Waits until a guest's network answers: takes a connection, or refuses it. Until then each attempt is cut short, as the
 * kernel repeats an unanswered one after 1, 3, 7, 15, 31 s only: a poll that began while the guest was off would notice
 * its boot up to 16 s late.
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

import { readFileSync } from 'node:fs';
import type { Listener } from '@tare/runner';

type EndOnRequest = {
  /** Aborts when the run shall end after the round that is under way. */
  readonly signal: AbortSignal;
  /** Whether a SIGINT that has just come is such a request; it is not before and after the rounds, nor a second time. */
  readonly takesInterrupt: () => boolean;
  readonly follow: Listener;
  /** Gives the terminal back. May be called twice. */
  readonly close: () => void;
};

/**
 * Makes of the first Ctrl-C during the rounds a request to end after the round that is under way; the second ends at once.
 *
 * In a terminal Ctrl-C reaches Nx, too, which then ends all its tasks. So while rounds are made the terminal is asked to hand
 * over the keys instead of turning them into signals, and every key but that first Ctrl-C is turned into its signal here.
 */
export function endOnRequest(): EndOnRequest {
  const controller = new AbortController();
  let inRounds = false;
  const takesInterrupt = (): boolean => {
    if (!inRounds || controller.signal.aborted) return false;
    controller.abort();
    return true;
  };
  const keys = terminalKeys((signal) => signal === 'SIGINT' && takesInterrupt());
  const close = (): void => {
    inRounds = false;
    keys.release();
  };
  return {
    signal: controller.signal,
    takesInterrupt,
    follow: ({ kind }) => {
      if (kind === 'run-started') {
        inRounds = true;
        keys.take();
      }
      if (kind === 'run-finished') close();
    },
    close,
  };
}

const signalOfKey: Readonly<Record<string, NodeJS.Signals>> = {
  '\u0003': 'SIGINT',
  '\u001a': 'SIGTSTP',
  '\u001c': 'SIGQUIT',
};

/**
 * The keys of the terminal that make a signal.
 * @param takes whether it does what the signal asks for; else all programs in the terminal's foreground get it, as ever.
 */
function terminalKeys(takes: (signal: NodeJS.Signals) => boolean) {
  const { stdin } = process;
  const onKeys = (keys: Buffer): void => {
    for (const key of keys.toString('latin1')) {
      const signal = signalOfKey[key];
      if (signal === undefined || takes(signal)) continue;
      release();
      // a stopped run takes the keys again when it goes on
      if (signal === 'SIGTSTP') process.once('SIGCONT', take);
      process.kill(0, signal);
    }
  };
  let isTaken = false;
  function take(): void {
    if (isTaken || !isInForeground()) return;
    isTaken = true;
    stdin.on('error', ignore).setRawMode(true).on('data', onKeys).resume();
  }
  function release(): void {
    process.off('SIGCONT', take);
    if (!isTaken) return;
    isTaken = false;
    stdin.off('data', onKeys).pause().setRawMode(false);
  }
  return { take, release };
}

// a program in the background that changes its terminal is stopped for it
function isInForeground(): boolean {
  if (!process.stdin.isTTY) return false;
  try {
    const stat = readFileSync('/proc/self/stat', 'utf8');
    const [, , group, , , foreground] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return group === foreground;
  } catch {
    return false;
  }
}

function ignore(): void {
  // a terminal that has gone has no keys
}

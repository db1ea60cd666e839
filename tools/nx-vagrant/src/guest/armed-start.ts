import type { ChildProcessWithoutNullStreams } from 'node:child_process';

/** A start that waits for its word. */
export type ArmedStart = {
  /**
   * Starts the service.
   * @returns when systemd has started it. @throws Error with what systemd said.
   */
  fire(signal: AbortSignal): Promise<void>;
};

const startDeadlineMs = 60_000;

/** The command of an armed start: says that it waits, and starts the unit at a line of input. Needs root. */
export function armedCommand(unit: string): readonly string[] {
  return ['sh', '-c', 'echo armed && read -r word && exec systemctl start "$0"', unit];
}

/**
 * Waits until a child that runs {@link armedCommand} waits for its word.
 * @throws Error with what it said when it ends before that; it is ended when the signal aborts.
 */
export async function armedStart(
  child: ChildProcessWithoutNullStreams,
  unit: string,
  abort: AbortSignal,
): Promise<ArmedStart> {
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  child.stdin.on('error', () => undefined);
  const ended = new Promise<number | string>((resolve) => {
    child.once('error', (error) => {
      resolve(error.message);
    });
    child.once('close', (code, reason) => {
      resolve(code ?? reason ?? '?');
    });
  });
  const failure = (how: number | string): Error =>
    new Error(`in the VM, ${unit} could not be started: ${said.trim() || `ssh ended with ${how}`}`);
  const giveUp = (): void => void child.kill('SIGKILL');
  abort.addEventListener('abort', giveUp, { once: true });
  if (abort.aborted) giveUp();
  const early = await Promise.race([
    ended,
    new Promise<undefined>((resolve) => {
      child.stdout.once('data', () => {
        resolve(undefined);
      });
    }),
  ]);
  abort.removeEventListener('abort', giveUp);
  abort.throwIfAborted();
  if (early !== undefined) throw failure(early);
  return {
    fire: async (signal) => {
      const late = AbortSignal.timeout(startDeadlineMs);
      const end = (): void => void child.kill('SIGKILL');
      const stop = AbortSignal.any([signal, late]);
      stop.addEventListener('abort', end, { once: true });
      if (stop.aborted) end();
      child.stdin.end('go\n');
      const how = await ended;
      stop.removeEventListener('abort', end);
      signal.throwIfAborted();
      if (how === 0) return;
      throw failure(late.aborted ? `no answer within ${startDeadlineMs} ms` : how);
    },
  };
}

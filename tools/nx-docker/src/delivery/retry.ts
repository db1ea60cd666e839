import { setTimeout as sleepFor } from 'node:timers/promises';

/** An error that may be gone at the next attempt. */
type PassingError = Error & { readonly passing: true; readonly afterMs: number | undefined };

/** @param afterMs how long to wait before the next attempt, where the other side has said so. */
export function passingError(message: string, cause?: unknown, afterMs?: number): PassingError {
  return Object.assign(new Error(message, { cause }), { passing: true as const, afterMs });
}

function isPassing(error: unknown): error is PassingError {
  return error instanceof Error && 'passing' in error;
}

/** How to try again. */
export type Retrying = {
  /** Called with a line before each wait. */
  readonly tell: (line: string) => void;
  /** Waits; the clock unless told. */
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<void>;
};

/** Waits between attempts: five in all, within 15 seconds unless the other side asks for more. */
const waitsMs = [1000, 2000, 4000, 8000] as const;
// a server may ask for an hour: then the job fails and says so
const longestWaitMs = 60_000;

/**
 * Tries until it works, with waits that double, as long as the error may pass.
 * @throws the last error.
 */
export async function retried<T>(
  attempt: () => Promise<T>,
  { tell, sleep = wait }: Retrying,
  signal: AbortSignal,
): Promise<T> {
  for (const [index, usualMs] of waitsMs.entries()) {
    try {
      return await attempt();
    } catch (error) {
      signal.throwIfAborted();
      if (!isPassing(error) || (error.afterMs ?? 0) > longestWaitMs) throw error;
      const waitMs = Math.max(usualMs, error.afterMs ?? 0);
      tell(`${error.message}; trying again in ${waitMs / 1000} s (${index + 2} of ${waitsMs.length + 1})`);
      await sleep(waitMs, signal);
    }
  }
  return attempt();
}

async function wait(ms: number, signal: AbortSignal): Promise<void> {
  await sleepFor(ms, undefined, { signal });
}

/** Whether an HTTP status may be another one at the next attempt. */
export function isPassingStatus(status: number): boolean {
  return [408, 425, 429].includes(status) || (status >= 500 && status !== 501);
}

/** How long an answer asks to wait: seconds or a date (RFC 9110, "Retry-After"); undefined if it does not say. */
export function retryAfterMs(headers: Headers): number | undefined {
  const said = headers.get('retry-after');
  if (said === null) return undefined;
  const ms = /^\d+$/.test(said) ? Number(said) * 1000 : Date.parse(said) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}

/** What a failed fetch failed of, in a word: "ECONNREFUSED", "no answer in 10 s". */
export function fetchFailure(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (cause instanceof AggregateError) return fetchFailure(cause.errors[0]);
  if (cause instanceof Error) return fetchFailure(cause);
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
}

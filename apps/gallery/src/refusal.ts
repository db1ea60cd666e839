import type { ProblemStatus } from './problem.ts';

/** Why a request cannot be done, in words for whoever sent it, with the status that says so. */
export class Refusal extends Error {
  readonly status: ProblemStatus;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: ProblemStatus, detail: string, headers: Readonly<Record<string, string>> = {}) {
    super(detail);
    this.name = 'Refusal';
    this.status = status;
    this.headers = headers;
  }
}

/** The refusal of whatever there is no room for. */
export function storeFull(): Refusal {
  return new Refusal(507, 'the gallery is full; delete images to make room');
}

/** The refusal of what cannot be done now, and when to try again. */
export function busy(detail: string, retryAfterS: number): Refusal {
  return new Refusal(503, `${detail}; try again in ${retryAfterS} s`, { 'retry-after': String(retryAfterS) });
}

/** The refusal that an error comes down to: a full disk, or too many open files; undefined for a fault of the service. */
export function refusalOf(error: unknown): Refusal | undefined {
  if (error instanceof Refusal) return error;
  if (!(error instanceof Error)) return undefined;
  const code = 'code' in error ? error.code : undefined;
  if (code === 'ENOSPC' || code === 'EDQUOT') return storeFull();
  if (code === 'EMFILE' || code === 'ENFILE') return busy('the gallery has too many files open', 1);
  return refusalOf(error.cause);
}

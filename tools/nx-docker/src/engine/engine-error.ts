import { plainText } from '@tare/metrics';

/** The engine refused a request, or went away while answering it. */
export type EngineError = Error & {
  /** HTTP status of the refusal; undefined when there was no answer. */
  readonly engineStatus: number | undefined;
};

/** Makes an {@link EngineError}; `cause` is kept. */
export function engineError(message: string, engineStatus: number | undefined, cause?: unknown): EngineError {
  return Object.assign(new Error(plainText(message), { cause }), { engineStatus });
}

/** Whether an error came from a request to the engine. */
export function isEngineError(error: unknown): error is EngineError {
  return error instanceof Error && 'engineStatus' in error;
}

/** Whether the engine answered with one of these HTTP statuses. */
export function isStatus(error: unknown, ...statuses: readonly number[]): boolean {
  return isEngineError(error) && error.engineStatus !== undefined && statuses.includes(error.engineStatus);
}

/** The code of a system error (`ENOENT`), found anywhere in a chain of causes. */
export function systemErrorCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if ('code' in error && typeof error.code === 'string') return error.code;
  return systemErrorCode(error.cause);
}

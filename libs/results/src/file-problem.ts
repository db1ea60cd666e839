/** What the codes of file errors mean, for a reader who does not know them. */
const reasons: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EDQUOT: 'disk quota exceeded',
  EISDIR: 'a folder is in its place',
  ENOENT: 'no such file or folder',
  ENOSPC: 'no space left on the device',
  ENOTDIR: 'part of its path is not a folder',
  EPERM: 'operation not permitted',
  EROFS: 'the file system is read-only',
};

/**
 * One line about a file that could not be read or written: "run.json: not written: permission denied". The cause is kept.
 * @param attempt what did not happen: "not written".
 * @param consequence added after a semicolon: what is safe, what is left.
 */
export function fileProblem(path: string, attempt: string, cause: unknown, consequence = ''): Error {
  const code = errorCode(cause);
  const reason =
    (code === undefined ? undefined : reasons[code]) ??
    String(cause instanceof Error ? cause.message : cause);
  return new Error(`${path}: ${attempt}: ${reason}${consequence && `; ${consequence}`}`, { cause });
}

/** Code of a failed system call, such as ENOENT. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

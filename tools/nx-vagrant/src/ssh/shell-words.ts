/**
 * One command for a POSIX shell from an argument array: each argument arrives as it is, whatever is in it.
 * Source: single quotes keep everything but a single quote (POSIX.1-2017, Shell Command Language, 2.2.2).
 */
export function shellWords(args: readonly string[]): string {
  return args
    .map((arg) => (/^[\w@%+=:,./-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", "'\\''")}'`))
    .join(' ');
}

import { readdirSync, readFileSync } from 'node:fs';

/**
 * The pid of the QEMU process of a libvirt domain, from its command line in /proc.
 * @param domain its name or its UUID.
 * @returns undefined when it is not running.
 */
export function domainPid(domain: string): number | undefined {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .find((pid) => runsDomain(commandLine(pid), domain));
}

/** Whether a command line is that of QEMU as libvirt starts it for this domain. */
export function runsDomain(args: readonly string[], domain: string): boolean {
  if (!/\bqemu/.test(args[0] ?? '')) return false;
  const after = (option: string): string | undefined => args[args.indexOf(option) + 1];
  const named = args.includes('-name') && after('-name')?.split(',').includes(`guest=${domain}`);
  return named === true || (args.includes('-uuid') && after('-uuid') === domain);
}

/** Empty when the process is gone or another user's. */
function commandLine(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

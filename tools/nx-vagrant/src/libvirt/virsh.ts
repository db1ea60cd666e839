import { runCommand } from '../process/run-command.ts';

/**
 * Runs virsh on the hypervisor that vagrant-libvirt uses: the system's, or the one that `LIBVIRT_DEFAULT_URI` names.
 * @returns what it wrote to stdout.
 * @throws Error with its last lines of output when it fails or takes longer than 30 s.
 */
export function virsh(
  args: readonly string[],
  signal: AbortSignal,
  variables: Readonly<Record<string, string | undefined>> = process.env,
): Promise<string> {
  return runCommand('virsh', ['--connect', variables.LIBVIRT_DEFAULT_URI ?? 'qemu:///system', ...args], {
    signal,
    deadlineMs: 30_000,
    // its messages are read
    env: { ...variables, LC_ALL: 'C' },
  });
}

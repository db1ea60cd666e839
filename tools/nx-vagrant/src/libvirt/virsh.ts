import { runProgram, type Variables } from '@tare/metrics';

/** The one that vagrant-libvirt uses, unless told otherwise. */
export const hypervisor = 'qemu:///system';

/** Which hypervisor, and the environment variables to inherit, for tests. */
export type VirshPlace = { readonly uri?: string; readonly inherited?: Variables };

/**
 * Runs virsh on the system's hypervisor.
 * @returns what it wrote to stdout.
 * @throws Error with its last lines of output when it fails or takes longer than 30 s.
 */
export function virsh(
  args: readonly string[],
  signal: AbortSignal,
  { uri = hypervisor, inherited }: VirshPlace = {},
): Promise<string> {
  return runProgram('virsh', ['--connect', uri, ...args], {
    signal,
    deadlineMs: 30_000,
    // its messages are read
    variables: { LC_ALL: 'C' },
    ...(inherited === undefined ? {} : { inherited }),
  });
}

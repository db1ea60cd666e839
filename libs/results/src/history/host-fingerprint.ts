import type { HostFacts } from '../run-file.ts';
import { fingerprint } from './fingerprint.ts';
import { stableHost } from './stable-host.ts';

/**
 * 12 hex digits that stand for a host. They change with the model and number of CPUs, the memory (in GiB), the kernel's major
 * and minor version, the hypervisor, and the version of Node.
 */
export function hostFingerprint(host: HostFacts): string {
  return fingerprint(stableHost(host));
}

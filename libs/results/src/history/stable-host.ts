import type { HostFacts } from '../run-file.ts';

/** What of a host must be the same for its runs to be drawn as one series. */
export type StableHost = {
  readonly cpuModel: string;
  readonly cores: number;
  readonly memoryGiB: number;
  /** System, major and minor version: "Linux 6.18". */
  readonly kernel: string;
  readonly virtualised: string;
  readonly node: string;
};

/**
 * The facts of a host that stay as they are from day to day. Left out: the distribution, the patch level of the kernel, and
 * less than half a GiB of memory, which a firmware or a hypervisor may take.
 */
export function stableHost({ cpuModel, cores, memoryMiB, kernel, virtualised, node }: HostFacts): StableHost {
  return {
    cpuModel,
    cores,
    memoryGiB: Math.round(memoryMiB / 1024),
    kernel: /^\D*\d+\.\d+/.exec(kernel)?.[0] ?? kernel,
    virtualised,
    node,
  };
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const cpuFolder = '/sys/devices/system/cpu';

/**
 * The present clock of some CPUs, from cpufreq/scaling_cur_freq. The "cpu MHz" of /proc/cpuinfo is no substitute: in a
 * virtual machine it is a constant.
 * @returns their mean in MHz, or null when one of them does not tell (a virtual machine, most often) or none is given.
 */
export function readClockMHz(cpus: readonly number[], folder = cpuFolder): number | null {
  let sumKHz = 0;
  for (const cpu of cpus) {
    const kHz = readKHz(join(folder, `cpu${cpu}`, 'cpufreq', 'scaling_cur_freq'));
    if (kHz === undefined) return null;
    sumKHz += kHz;
  }
  return cpus.length === 0 ? null : sumKHz / cpus.length / 1000;
}

function readKHz(path: string): number | undefined {
  try {
    const text = readFileSync(path, 'latin1').trim();
    // some drivers answer "<unknown>"
    return /^\d+$/.test(text) && Number(text) > 0 ? Number(text) : undefined;
  } catch {
    return undefined;
  }
}

import { findCgroupFolders } from '@tare/metrics';
import type { DoctorLine } from './doctor-line.ts';
import type { HostFiles } from './host-files.ts';

/** Where the figures for CPU and memory come from on this host. */
export function examineAccounts(files: HostFiles): readonly DoctorLine[] {
  return [schedstatLine(files), cgroupLine(files), ...addressLines(files)];
}

function schedstatLine(files: HostFiles): DoctorLine {
  const subject = 'CPU accounts';
  const nanoseconds = /^(\d+) \d+ \d+$/.exec(files.text('/proc/self/schedstat') ?? '')?.[1];
  if (nanoseconds !== undefined && nanoseconds !== '0')
    return { level: 'good', subject, finding: 'to the nanosecond (/proc/PID/schedstat)' };
  return {
    level: 'warning',
    subject,
    finding: 'in steps of 10 ms: there is no /proc/PID/schedstat',
    remedy:
      'use load windows of 3 s or more, or a kernel with CONFIG_SCHED_INFO (every distribution’s has it)',
  };
}

function cgroupLine(files: HostFiles): DoctorLine {
  const subject = 'control groups';
  try {
    const { cpu, memory } = findCgroupFolders(
      files.text('/proc/self/cgroup') ?? '',
      files.text('/proc/self/mountinfo') ?? '',
    );
    const versions = [...new Set([cpu.version, memory.version])];
    const finding = `version ${versions.join(' and ')}: containers have accounts of their own`;
    return { level: 'good', subject, finding };
  } catch (error) {
    return {
      level: 'warning',
      subject,
      finding: `what containers use cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      remedy: 'mount -t cgroup2 none /sys/fs/cgroup, as root',
    };
  }
}

/** Random addresses are no harm: they are why two launches differ, and why rounds launch anew. */
function addressLines(files: HostFiles): readonly DoctorLine[] {
  const subject = 'address layout';
  const mode = files.text('/proc/sys/kernel/randomize_va_space');
  if (mode === undefined) return [];
  const finding =
    mode === '0'
      ? 'the same in every launch: the figures hold for this one layout'
      : 'random in every launch: a part of the noise between launches, which rounds average out';
  return [{ level: 'good', subject, finding }];
}

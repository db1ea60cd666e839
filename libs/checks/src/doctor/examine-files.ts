import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findCgroupFolders, parseCpuList, type CpuPlan } from '@tare/metrics';
import { counted } from '@tare/statistics';
import { asRoot, writingCommand, type DoctorLine } from './doctor-line.ts';

/** The files in which the kernel describes the host. */
export interface HostFiles {
  /** @returns the trimmed text of a file, or undefined when it cannot be read. */
  text(path: string): string | undefined;
  /** @returns the names in a folder, or none when it cannot be read. */
  names(folder: string): readonly string[];
}

/** @param root folder that stands for `/`. */
export function hostFiles(root = '/'): HostFiles {
  return {
    text: (path) => {
      try {
        return readFileSync(join(root, path), 'utf8').trim();
      } catch {
        return undefined;
      }
    },
    names: (folder) => {
      try {
        return readdirSync(join(root, folder));
      } catch {
        return [];
      }
    },
  };
}

type CpusToExamine = {
  /** CPUs that this process may run on; undefined where the system does not say. */
  readonly allowed: readonly number[] | undefined;
  /** Number of CPUs for a server. */
  readonly serverCpus: number;
  readonly plan: CpuPlan;
  readonly taskset: boolean;
};

/** Whether server and load generator get CPUs of their own. Pure. */
export function examinePinning({ allowed, serverCpus, plan, taskset }: CpusToExamine): DoctorLine {
  const subject = 'CPUs';
  if (plan !== undefined) {
    const finding = `${plan.server.length + plan.generator.length}: the server gets ${listed(plan.server)}, the load generator ${listed(plan.generator)}`;
    return { level: 'good', subject, finding };
  }
  const shared = 'server and load generator share the CPUs and take time from each other';
  if (allowed === undefined) {
    return {
      level: 'warning',
      subject,
      finding: `this system does not pin processes: ${shared}`,
      remedy: 'run on Linux',
    };
  }
  if (!taskset) {
    const remedy = asRoot('apt-get install -y util-linux');
    return { level: 'warning', subject, finding: `taskset is not on PATH: ${shared}`, remedy };
  }
  return {
    level: 'warning',
    subject,
    finding: `${allowed.length} for a server that gets ${serverCpus} and a load generator: ${shared}`,
    remedy: `give this machine ${counted(serverCpus + 1, 'CPU')} or more`,
  };
}

/** Whether other hardware threads share a core with the server's CPUs; no line where nothing is pinned. */
export function examineSiblings(files: HostFiles, plan: CpuPlan): readonly DoctorLine[] {
  if (plan === undefined) return [];
  const subject = 'hardware threads';
  const siblings = new Set<number>();
  for (const cpu of plan.server) {
    const text = files.text(`/sys/devices/system/cpu/cpu${cpu}/topology/thread_siblings_list`);
    if (text === undefined) {
      return [{ level: 'warning', subject, finding: 'this host does not tell which CPUs share a core' }];
    }
    for (const sibling of parseCpuList(text)) if (!plan.server.includes(sibling)) siblings.add(sibling);
  }
  if (siblings.size === 0) {
    return [{ level: 'good', subject, finding: 'no other CPU shares a core with the server’s' }];
  }
  const generator = plan.generator.some((cpu) => siblings.has(cpu)) ? ', where the load generator runs' : '';
  return [
    {
      level: 'warning',
      subject,
      finding: `the server’s core is shared with ${listed([...siblings])}${generator}: work there slows the server`,
      remedy: writingCommand('off', '/sys/devices/system/cpu/smt/control'),
    },
  ];
}

function listed(cpus: readonly number[]): string {
  return `${cpus.length === 1 ? 'CPU' : 'CPUs'} ${cpus.join(', ')}`;
}

const cpuFolder = '/sys/devices/system/cpu';
const boostPath = `${cpuFolder}/cpufreq/boost`;
const noTurboPath = `${cpuFolder}/intel_pstate/no_turbo`;
const clocksourcePath = '/sys/devices/system/clocksource/clocksource0/current_clocksource';
// reading one of these takes microseconds and traps into the hypervisor
const slowClocks: readonly (string | undefined)[] = ['hpet', 'acpi_pm', 'jiffies'];

/** What controls the CPU clock, and whether it may rise above its nominal value. */
export function examineClock(files: HostFiles, cpupower: boolean): readonly DoctorLine[] {
  const governors = files
    .names(cpuFolder)
    .filter((name) => /^cpu\d+$/.test(name))
    .flatMap((cpu) => files.text(`${cpuFolder}/${cpu}/cpufreq/scaling_governor`) ?? []);
  if (governors.length === 0) {
    const finding =
      'not in sight (usual in a virtual machine): a clock that changes during a trial goes unnoticed';
    const remedy = `none in a virtual machine; elsewhere its driver is missing: ${asRoot('modprobe acpi-cpufreq')}`;
    return [{ level: 'warning', subject: 'CPU clock', finding, remedy }];
  }
  return [governorLine([...new Set(governors)], cpupower), ...boostLines(files)];
}

function governorLine(governors: readonly string[], cpupower: boolean): DoctorLine {
  const subject = 'CPU governor';
  if (governors.length === 1 && governors[0] === 'performance') {
    return { level: 'good', subject, finding: 'performance: the clock stays up' };
  }
  return {
    level: 'warning',
    subject,
    finding: `${governors.join(', ')}: the clock follows the load, and the speed with it`,
    remedy: cpupower
      ? asRoot('cpupower frequency-set -g performance')
      : writingCommand('performance', `${cpuFolder}/cpu*/cpufreq/scaling_governor`),
  };
}

function boostLines(files: HostFiles): readonly DoctorLine[] {
  const subject = 'CPU boost';
  const [boost, noTurbo] = [files.text(boostPath), files.text(noTurboPath)];
  const finding = 'on: the clock depends on how warm the CPU is and how many cores work';
  if (noTurbo === '0')
    return [{ level: 'warning', subject, finding, remedy: writingCommand('1', noTurboPath) }];
  if (noTurbo === undefined && boost === '1')
    return [{ level: 'warning', subject, finding, remedy: writingCommand('0', boostPath) }];
  return noTurbo === undefined && boost === undefined ? [] : [{ level: 'good', subject, finding: 'off' }];
}

/** The kernel's time source; no line where the kernel does not name it. */
export function examineClocksource(files: HostFiles): readonly DoctorLine[] {
  const subject = 'time source';
  const source = files.text(clocksourcePath);
  if (source === undefined) return [];
  if (!slowClocks.includes(source)) return [{ level: 'good', subject, finding: source }];
  const finding = `${source}: every look at the clock is slow, and a server looks often`;
  return [{ level: 'warning', subject, finding, remedy: writingCommand('tsc', clocksourcePath) }];
}

const hugePagesPath = '/sys/kernel/mm/transparent_hugepage/enabled';
// runner, load generator and the environment's own processes beside the app
const besideAppMiB = 512;

/** Whether the app and what runs beside it fit into memory, and whether some memory is swapped out. */
export function examineMemory(files: HostFiles, appMiB: number): readonly DoctorLine[] {
  const text = files.text('/proc/meminfo') ?? '';
  const mebibytes = (name: string): number | undefined => {
    const found = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1];
    return found === undefined ? undefined : Number(found) / 1024;
  };
  const available = mebibytes('MemAvailable');
  if (available === undefined) {
    return [{ level: 'warning', subject: 'memory', finding: 'this host does not tell how much is free' }];
  }
  return [
    freeLine(available, appMiB),
    swapLine(mebibytes('SwapTotal') ?? 0, mebibytes('SwapFree') ?? 0),
    ...hugePageLines(files),
  ];
}

function freeLine(available: number, appMiB: number): DoctorLine {
  const wanted = `the app may use ${appMiB} MiB`;
  const finding = `${available.toFixed(0)} MiB are free, ${wanted}`;
  if (available >= appMiB + besideAppMiB) return { level: 'good', subject: 'memory', finding };
  return {
    level: available < appMiB ? 'problem' : 'warning',
    subject: 'memory',
    finding: `${finding}, and what runs beside it wants ${besideAppMiB} MiB`,
    remedy: 'free some, or lower resources.memoryMiB; to see who holds it: ps -eo rss,pid,comm --sort=-rss',
  };
}

function swapLine(totalMiB: number, freeMiB: number): DoctorLine {
  const usedMiB = totalMiB - freeMiB;
  if (totalMiB === 0) return { level: 'good', subject: 'swap', finding: 'none' };
  if (usedMiB < 1) return { level: 'good', subject: 'swap', finding: 'there is some, and none is in use' };
  return {
    level: 'warning',
    subject: 'swap',
    finding: `${usedMiB.toFixed(0)} MiB are in use: memory on disk counts as not used, and slows what needs it`,
    remedy: asRoot('swapoff -a'),
  };
}

function hugePageLines(files: HostFiles): readonly DoctorLine[] {
  const subject = 'huge pages';
  const mode = /\[(\w+)\]/.exec(files.text(hugePagesPath) ?? '')?.[1];
  if (mode === undefined) return [];
  if (mode !== 'always') return [{ level: 'good', subject, finding: `${mode}: only who asks gets them` }];
  const finding = 'always: memory comes in pieces of 2 MiB when the kernel sees fit, and its figures jump';
  return [{ level: 'warning', subject, finding, remedy: writingCommand('madvise', hugePagesPath) }];
}

/** The sources of CPU and memory figures on this host. */
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

/** Random addresses do no harm: they make two launches differ, which is why every round launches anew. */
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

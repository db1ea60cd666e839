import type { DoctorLine } from './doctor-line.ts';
import type { HostFiles } from './host-files.ts';
import { asRoot, writingCommand } from './mending-command.ts';

const hugePagesPath = '/sys/kernel/mm/transparent_hugepage/enabled';
// runner, load generator and the environment's own processes beside the app
const besideAppMiB = 512;

/** Whether there is memory for the app and what runs beside it, and whether some of it is on disk. */
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

import type { DoctorLine } from './doctor-line.ts';
import type { HostFiles } from './host-files.ts';
import { asRoot, writingCommand } from './mending-command.ts';

const cpuFolder = '/sys/devices/system/cpu';
const boostPath = `${cpuFolder}/cpufreq/boost`;
const noTurboPath = `${cpuFolder}/intel_pstate/no_turbo`;
const clocksourcePath = '/sys/devices/system/clocksource/clocksource0/current_clocksource';
// these are read from a device, at microseconds each and with a trap into the hypervisor
const slowClocks: readonly (string | undefined)[] = ['hpet', 'acpi_pm', 'jiffies'];

/** What governs the CPUs' clock, and whether it may rise above its nominal value. */
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

/** Where the kernel takes the time from; no line where it does not tell. */
export function examineClocksource(files: HostFiles): readonly DoctorLine[] {
  const subject = 'time source';
  const source = files.text(clocksourcePath);
  if (source === undefined) return [];
  if (!slowClocks.includes(source)) return [{ level: 'good', subject, finding: source }];
  const finding = `${source}: every look at the clock is slow, and a server looks often`;
  return [{ level: 'warning', subject, finding, remedy: writingCommand('tsc', clocksourcePath) }];
}

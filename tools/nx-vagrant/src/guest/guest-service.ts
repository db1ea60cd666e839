import type { Ssh } from '../ssh/open-ssh.ts';
import { shellWords } from '../ssh/shell-words.ts';
import { arrangeScript, dataFolders, type Arrangement } from './arrange-script.ts';
import { armedCommand, armedStart, type ArmedStart } from './armed-start.ts';
import type { GuestAccount } from './guest-milestones.ts';
import { parseJournal } from './journal-lines.ts';
import { parseUnitProperties, type UnitProperties } from './unit-properties.ts';

/** The port that every workload listens on in the guest. */
export const guestPort = 8000;

const orderDeadlineMs = 60_000;
const stopCommand = `systemctl stop 'tare@*.service' && rm -rf ${shellWords([dataFolders])}`;
const emptyUnit: UnitProperties = new Map();

/** A workload's service in the guest. */
export interface GuestService {
  readonly unit: string;
  /** Folder of its cgroup, in the guest. */
  readonly cgroupFolder: string;
  /** Makes ready to start it: what the order needs (a connection, root's rights) is there before the clock. */
  arm(signal: AbortSignal): Promise<ArmedStart>;
  /** Also ends the services of the other workloads, which share the port, and removes what they kept as data. */
  stop(signal: AbortSignal): Promise<void>;
  /** Makes it the one that a boot starts, with what a launch wants for it; it must have been stopped. */
  arrange(arrangement: Arrangement, signal: AbortSignal): Promise<void>;
  /** What the guest recorded of its start, with the boot's moments where they are wanted. */
  account(withBoot: boolean, signal: AbortSignal): Promise<GuestAccount>;
  /** How it ended, in words: "ended with exit code 7", "was ended: out of memory". */
  howItEnded(signal: AbortSignal): Promise<string>;
  /** Its CPU time by systemd's own account (CPUUsageNSec), in nanoseconds. */
  systemdCpuNs(signal: AbortSignal): Promise<bigint>;
  /** The last lines that it wrote. */
  lastLog(lines: number, signal: AbortSignal): Promise<string>;
}

/** @param workload name of the workload: its unit is `tare@<workload>.service`. */
export function guestService(ssh: Ssh, workload: string): GuestService {
  const unit = `tare@${workload}.service`;
  const order = async (command: string, signal: AbortSignal, input?: string): Promise<string> => {
    const reply = await ssh.run(command, {
      deadlineMs: orderDeadlineMs,
      signal,
      ...(input === undefined ? {} : { input }),
    });
    if (reply.code === 0) return reply.stdout;
    if (reply.code === 255) throw new Error(`the connection to the VM broke: ${reply.stderr.trim()}`);
    throw new Error(explain(`in the VM, ${command} failed with ${reply.code}`, reply.stderr));
  };
  const asRoot = (...args: readonly string[]): string => shellWords(['sudo', '-n', ...args]);
  const show = async (signal: AbortSignal, units: readonly string[], properties: readonly string[]) =>
    parseUnitProperties(
      await order(
        shellWords(['systemctl', 'show', ...units, ...properties.flatMap((name) => ['-p', name])]),
        signal,
      ),
    );

  return {
    unit,
    cgroupFolder: `/sys/fs/cgroup/system.slice/system-tare.slice/${unit}`,
    arm: (signal) => armedStart(ssh.spawn(asRoot(...armedCommand(unit))), unit, signal),
    stop: async (signal) => {
      await order(asRoot('sh', '-c', stopCommand), signal);
    },
    arrange: async (arrangement, signal) => {
      await order(asRoot('sh', '-s'), signal, arrangeScript(workload, arrangement));
    },
    account: async (withBoot, signal) => {
      const [service, ssh] = await show(signal, [unit, ...(withBoot ? ['ssh.service'] : [])], serviceMoments);
      const journal = parseJournal(
        await order(
          asRoot('journalctl', '-b', '-u', unit, '-o', 'json', '--output-fields=MESSAGE', '-n', '200'),
          signal,
        ),
      );
      if (!withBoot) return { service: service ?? emptyUnit, journal };
      const [manager] = await show(signal, [], ['UserspaceTimestampMonotonic']);
      return {
        service: service ?? emptyUnit,
        journal,
        boot: { manager: manager ?? emptyUnit, ssh: ssh ?? emptyUnit },
      };
    },
    howItEnded: async (signal) => {
      const [found] = await show(signal, [unit], ['Result', 'ExecMainCode', 'ExecMainStatus']);
      return endingWords(found ?? emptyUnit);
    },
    systemdCpuNs: async (signal) => {
      const [found] = await show(signal, [unit], ['CPUUsageNSec']);
      const text = found?.get('CPUUsageNSec') ?? '';
      if (!/^\d+$/.test(text))
        throw new Error(`systemd has no account of the CPU time of ${unit}: "${text}"`);
      return BigInt(text);
    },
    lastLog: async (lines, signal) =>
      (
        await order(asRoot('journalctl', '-b', '-u', unit, '-o', 'cat', '-n', String(lines)), signal)
      ).trimEnd(),
  };
}

const serviceMoments = [
  'ConditionTimestampMonotonic',
  'ExecMainStartTimestampMonotonic',
  'ActiveEnterTimestampMonotonic',
];

// as systemd numbers them: CLD_EXITED of <signal.h>; other codes are signals
const exited = '1';

/** How a service ended, from its Result, ExecMainCode and ExecMainStatus. */
export function endingWords(properties: UnitProperties): string {
  const status = properties.get('ExecMainStatus') ?? '?';
  if (properties.get('Result') === 'oom-kill') return 'was ended: out of memory';
  return properties.get('ExecMainCode') === exited
    ? `ended with exit code ${status}`
    : `was ended by signal ${status}`;
}

function explain(what: string, stderr: string): string {
  if (stderr.includes('No space left on device')) return `${what}: the VM's disk is full`;
  const said = stderr.trim().split('\n').slice(-3).join(' | ');
  return said === '' ? what : `${what}: ${said}`;
}

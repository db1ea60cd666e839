import { closeSync, fstatSync, openSync, readdirSync, readSync } from 'node:fs';
import { thisRunner } from '@tare/environment';
import { commandLineOf, lastLines, runProgram, type Variables } from '@tare/metrics';
import { messageOf } from '@tare/nx-kit';
import type { Hypervisor, MachineDescription } from './machine/hypervisor.ts';

/** The hypervisor that vagrant-libvirt uses by default. */
export const hypervisor = 'qemu:///system';

/** Which hypervisor, and the environment variables to inherit, for tests. */
type VirshPlace = { readonly uri?: string; readonly inherited?: Variables };

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
    // its messages are parsed
    variables: { LC_ALL: 'C' },
    ...(inherited === undefined ? {} : { inherited }),
  });
}

/** The machines of vagrant-libvirt, by virsh; a machine is known by its name or its UUID. */
export const libvirt: Hypervisor = {
  describe: async (domain, signal) => parseDomain(await virsh(['dumpxml', domain], signal)),
  state: async (domain, signal) => {
    const state = await domainState(domain, signal);
    return state === 'running' || state === 'paused' ? state : 'off';
  },
  // the Vagrantfile does so for one that it creates
  mark: async (domain, runId, signal) => {
    const title = `tare run ${runId} by ${thisRunner()}`;
    await virsh(['desc', domain, '--live', '--config', '--title', '--new-desc', title], signal);
  },
  pause: async (domain, signal) => void (await virsh(['suspend', domain], signal)),
  resume: async (domain, signal) => void (await virsh(['resume', domain], signal)),
  cut: async (domain, signal) => void (await virsh(['destroy', domain], signal)),
  pid: (domain) => domainPid(domain),
  console: (domain) => consoleTail(domain),
  pin: async (domain, vcpus, { app, rest }, signal) => {
    await virsh(['emulatorpin', domain, rest.join(','), '--live'], signal);
    for (let vcpu = 0; vcpu < vcpus; vcpu++) {
      const cpus = vcpu === 0 ? app : rest;
      await virsh(['vcpupin', domain, String(vcpu), cpus.join(','), '--live'], signal);
    }
  },
  words: {
    process: 'QEMU process',
    paths: {
      guest: 'address of the guest on libvirt’s bridge',
      forwarded: 'port on 127.0.0.1 forwarded through ssh',
    },
  },
};

/** Reads a domain's XML (libvirt, Domain XML format). */
export function parseDomain(xml: string): MachineDescription {
  const text = (pattern: RegExp): string => pattern.exec(xml)?.[1] ?? '';
  const marks = `${text(/<title>([\s\S]*?)<\/title>/)}\n${text(/<description>([\s\S]*?)<\/description>/)}`;
  return {
    name: text(/<name>([^<]*)<\/name>/),
    accelerator: text(/<domain type='([^']*)'/) === 'kvm' ? 'kvm' : 'tcg',
    vcpus: Number(text(/<vcpu\b[^>]*>(\d+)<\/vcpu>/)),
    memoryMiB: Number(text(/<memory unit='KiB'>(\d+)<\/memory>/)) / 1024,
    runId: /tare run ([\w-]+)/.exec(marks)?.[1],
    runner: /tare run [\w-]+ by ([\w.]+)/.exec(marks)?.[1],
  };
}

/** @returns the domain's state in libvirt's words: "running", "paused", "shut off". */
export async function domainState(domain: string, signal: AbortSignal): Promise<string> {
  return (await virsh(['domstate', domain], signal)).trim();
}

/** @returns the addresses that DHCP has given a domain so far. */
export async function domainAddresses(domain: string, signal: AbortSignal): Promise<readonly string[]> {
  const table = await virsh(['domifaddr', domain], signal);
  return [...table.matchAll(/\bipv4\s+([\d.]+)\//g)].flatMap(([, address]) => address ?? []);
}

/**
 * The pid of the QEMU process of a libvirt domain, from its command line in /proc.
 * @param domain its name or its UUID.
 * @returns undefined when it is not running.
 */
export function domainPid(domain: string): number | undefined {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .find((pid) => runsDomain(commandLineOf(pid), domain));
}

/** Whether a command line is QEMU's, as libvirt starts it for this domain. */
export function runsDomain(args: readonly string[], domain: string): boolean {
  if (!/\bqemu/.test(args[0] ?? '')) return false;
  const after = (option: string): string | undefined => args[args.indexOf(option) + 1];
  const named = args.includes('-name') && after('-name')?.split(',').includes(`guest=${domain}`);
  return named === true || (args.includes('-uuid') && after('-uuid') === domain);
}

/**
 * The last lines of a domain's console, where libvirt keeps it in a file, else of QEMU's own log. Never throws.
 * @param domain its name or its UUID.
 * @returns one line, or why there is none.
 */
export async function consoleTail(domain: string, lines = 10): Promise<string> {
  try {
    const description = await virsh(['dumpxml', domain], AbortSignal.timeout(5_000));
    const name = /<name>([^<]+)<\/name>/.exec(description)?.[1] ?? domain;
    const tails = [
      ...consoleFiles(description).map((path) => tailOf(path, lines)),
      tailOf(`/var/log/libvirt/qemu/${name}.log`, lines, sinceItsStart),
    ];
    return tails.find((text) => text !== '') ?? 'the console is empty';
  } catch (error) {
    return `the console cannot be read: ${messageOf(error)}`;
  }
}

/** Of QEMU's log, which has former starts, too, and of each the variables and arguments: what it has said since the last. */
export function sinceItsStart(lines: readonly string[]): readonly string[] {
  const start = lines.findLastIndex((line) => line.includes(': starting up libvirt version'));
  return lines.slice(start + 1).filter((line) => !/^-|\\$| is tainted: /.test(line));
}

/** The files that a domain's serial ports write to, from its description. */
export function consoleFiles(description: string): readonly string[] {
  const ports = description.match(/<(serial|console)\b[\s\S]*?<\/\1>/g) ?? [];
  const files = ports.flatMap((port) => /<(?:log file|source path)='([^']+)'/.exec(port)?.[1] ?? []);
  return [...new Set(files)].filter((path) => !path.startsWith('/dev/'));
}

const readBytes = 16_384;

/** The last lines of a file, in one; "" where it cannot be read. @param ofUse which of them count, all by default. */
export function tailOf(
  path: string,
  lines: number,
  ofUse: (lines: readonly string[]) => readonly string[] = (all) => all,
): string {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    return '';
  }
  try {
    const buffer = Buffer.alloc(readBytes);
    const bytes = readSync(file, buffer, 0, readBytes, Math.max(0, fstatSync(file).size - readBytes));
    // consoles print colours and carriage returns
    // eslint-disable-next-line no-control-regex
    const text = buffer.toString('utf8', 0, bytes).replace(/\x1b\[[\d;?]*[A-Za-z]|\r/g, '');
    return lastLines(ofUse(text.split('\n')).join('\n'), lines);
  } finally {
    closeSync(file);
  }
}

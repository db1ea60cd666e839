import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { findProgram, runProgram, type Variables } from '@tare/metrics';
import { hostArchitecture, isDebianFamily, messageOf } from '@tare/nx-kit';
import { hypervisor, virsh } from './libvirt.ts';
import { setupCommand } from './recipe.ts';
import type { Provider } from './records.ts';

/** A provider that answers, or why none does and what to do. */
export type VagrantProbe =
  | { readonly usable: true; readonly provider: Provider; readonly facts: VagrantFacts }
  | { readonly usable: false; readonly reason: string; readonly remedy: string };

/** What is known of the host's Vagrant without starting a machine. */
export type VagrantFacts = {
  /** "2.3.4". */
  readonly vagrantVersion: string;
  /** "vagrant-libvirt 0.11.2", "VirtualBox 7.0.20". */
  readonly providerVersion: string;
  /** "QEMU 7.2.22", "VirtualBox 7.0.20". */
  readonly hypervisorVersion: string;
  /** In Debian's words: "amd64", "arm64". */
  readonly architecture: string;
};

/** A provider that can be used, or why not. */
type Found =
  | { readonly provider: Provider; readonly providerVersion: string; readonly hypervisorVersion: string }
  | string;

/**
 * Looks for Vagrant and a provider that answers, in a fraction of a second: reads files where it can, without starting Ruby.
 * Prefers libvirt unless `VAGRANT_DEFAULT_PROVIDER` names VirtualBox. Never throws, unless aborted.
 */
export async function probeVagrant(
  signal: AbortSignal,
  variables: Variables = process.env,
  uri = hypervisor,
): Promise<VagrantProbe> {
  try {
    if (findProgram('vagrant', variables.PATH) === undefined) return unusable('no vagrant on the PATH');
    const [version, libvirt, virtualbox] = await Promise.all([
      vagrantVersion(signal, variables),
      findLibvirt(signal, variables, uri),
      findVirtualBox(signal, variables),
    ]);
    const order =
      variables.VAGRANT_DEFAULT_PROVIDER === 'virtualbox' ? [virtualbox, libvirt] : [libvirt, virtualbox];
    const found = order.find((each) => typeof each !== 'string');
    if (found === undefined)
      return unusable(
        `no provider for Vagrant: ${[libvirt, virtualbox].filter((each) => typeof each === 'string').join(', and ')}`,
      );
    const { provider, ...versions } = found;
    const facts = { vagrantVersion: version, ...versions, architecture: hostArchitecture() };
    return { usable: true, provider, facts };
  } catch (error) {
    signal.throwIfAborted();
    return unusable(messageOf(error));
  }
}

async function vagrantVersion(signal: AbortSignal, variables: Variables): Promise<string> {
  // Vagrant takes a fast path for this and does not load itself
  const said = await runProgram('vagrant', ['--version'], {
    signal,
    deadlineMs: 20_000,
    variables: { VAGRANT_CHECKPOINT_DISABLE: '1' },
    inherited: variables,
  });
  return /\d+\.\d+\.\d+\S*/.exec(said)?.[0] ?? said.trim();
}

async function findLibvirt(signal: AbortSignal, inherited: Variables, uri: string): Promise<Found> {
  const plugin = libvirtPluginVersion(inherited);
  if (plugin === undefined) return 'the plugin vagrant-libvirt is not installed';
  if (findProgram('virsh', inherited.PATH) === undefined) return 'virsh is not on the PATH';
  try {
    const said = await virsh(['version'], signal, { uri, inherited });
    const hypervisorVersion = /^Running hypervisor: (.+)$/m.exec(said)?.[1] ?? 'unknown';
    return { provider: 'libvirt', providerVersion: `vagrant-libvirt ${plugin}`, hypervisorVersion };
  } catch (error) {
    signal.throwIfAborted();
    return `libvirtd does not answer (${connectionError(error)})`;
  }
}

async function findVirtualBox(signal: AbortSignal, variables: Variables): Promise<Found> {
  if (findProgram('VBoxManage', variables.PATH) === undefined) return 'VirtualBox is not installed';
  try {
    const said = await runProgram('VBoxManage', ['--version'], {
      signal,
      deadlineMs: 20_000,
      inherited: variables,
    });
    // VBoxManage reports a missing kernel module before the version
    const version = /^\d+\.\d+\.\d\S*$/m.exec(said)?.[0];
    if (version === undefined || said.includes('kernel module is not loaded'))
      return 'VirtualBox has no kernel module loaded';
    const shown = `VirtualBox ${version}`;
    return { provider: 'virtualbox', providerVersion: shown, hypervisorVersion: shown };
  } catch (error) {
    signal.throwIfAborted();
    return messageOf(error);
  }
}

/** Finds the socket and the system's error in virsh's output. */
function connectionError(error: unknown): string {
  const message = messageOf(error);
  const [, socket, reason] = /Failed to connect socket to '([^']+)': ([^|\n]+)/.exec(message) ?? [];
  return socket === undefined || reason === undefined ? message : `${socket}: ${reason.trim()}`;
}

function unusable(reason: string): VagrantProbe {
  const remedy = isDebianFamily()
    ? `Set it up: \`${setupCommand()}\`.`
    : 'Install Vagrant (https://developer.hashicorp.com/vagrant/install) and VirtualBox, or libvirt with vagrant-libvirt.';
  return { usable: false, reason, remedy };
}

/** Where Vagrant keeps boxes and plugins. */
export function vagrantHome(variables: Variables = process.env): string {
  return variables.VAGRANT_HOME ?? join(variables.HOME ?? homedir(), '.vagrant.d');
}

const packagedGems = '/usr/share/rubygems-integration';

/**
 * Version of the plugin vagrant-libvirt: the distribution's package, or one that the user installed.
 * @returns undefined when there is none.
 */
export function libvirtPluginVersion(variables: Variables = process.env): string | undefined {
  const packaged = listed(packagedGems)
    .flatMap((ruby) => listed(join(packagedGems, ruby, 'specifications')))
    .flatMap((file) => /^vagrant-libvirt-(\d[\w.]*)\.gemspec$/.exec(file)?.[1] ?? []);
  return packaged[0] ?? installedPlugin(join(vagrantHome(variables), 'plugins.json'));
}

function installedPlugin(file: string): string | undefined {
  if (!existsSync(file)) return undefined;
  return /"vagrant-libvirt"\s*:\s*\{[^}]*"(?:installed_)?gem_version"\s*:\s*"(\d[^"]*)"/.exec(
    readFileSync(file, 'utf8'),
  )?.[1];
}

function listed(folder: string): readonly string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

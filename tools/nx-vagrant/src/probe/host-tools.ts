import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Variables } from '@tare/metrics';

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

/** Whether Debian or a distribution made from it. */
export function isDebianFamily(): boolean {
  const release = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
  return /^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(release);
}

/** This host's architecture in Debian's words. */
export function debianArchitecture(): string {
  return process.arch === 'x64' ? 'amd64' : process.arch;
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

import { existsSync, readFileSync } from 'node:fs';
import type { EngineAddress } from './engine-address.ts';

/** What decides how a Docker engine is installed and started on a host. */
export type HostTraits = {
  readonly platform: NodeJS.Platform;
  readonly debianFamily: boolean;
  /** The engine's program is on the PATH. */
  readonly installed: boolean;
  /** The host has an init system that runs services. */
  readonly services: boolean;
  /** This process may administrate the host. */
  readonly root: boolean;
};

/** Looks at this host. */
export function hostTraits(): HostTraits {
  const release = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
  const folders = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/sbin'];
  return {
    platform: process.platform,
    debianFamily: /^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(release),
    installed: folders.some((folder) => existsSync(`${folder}/dockerd`)),
    services: existsSync('/run/systemd/system'),
    root: process.getuid?.() === 0,
  };
}

/**
 * What to do when an engine cannot be reached: the commands for this host.
 * @param code the system's error: ENOENT, ECONNREFUSED, EACCES, …
 */
export function engineRemedy(code: string | undefined, host: HostTraits, address?: EngineAddress): string {
  if (address?.kind === 'tcp' || address?.tls !== undefined) {
    return /CERT|SSL|TLS|SIGNATURE|ISSUER|EPROTO/.test(code ?? '')
      ? `Check the certificates that ${address.by} leads to, and whether the engine speaks TLS.`
      : `Check ${address.by}, and that an engine listens there.`;
  }
  if (address !== undefined && address.by !== 'default' && code === 'ENOENT') {
    return `Check ${address.by}: there is no such socket.`;
  }
  if (host.platform !== 'linux') return 'Install and start Docker Desktop.';
  const sudo = host.root ? '' : 'sudo ';
  if (code === 'EACCES' || code === 'EPERM') {
    return 'Join the group docker: `sudo usermod -aG docker $USER`, then log in again.';
  }
  const start = host.services
    ? `\`${sudo}systemctl start docker\``
    : `\`${sudo}service docker start\`, or \`${sudo}dockerd &\` without an init system`;
  if (code === 'ETIMEDOUT')
    return `See whether \`docker version\` answers; if not, restart the engine: ${start}.`;
  if (host.installed) return `Start the engine: ${start}.`;
  return host.debianFamily
    ? `Install the engine: \`${sudo}apt-get install -y docker.io iptables\`; start it: ${start}.`
    : `Install Docker Engine (https://docs.docker.com/engine/install/); start it: ${start}.`;
}

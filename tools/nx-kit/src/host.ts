import { existsSync, readFileSync } from 'node:fs';

/** Whether this host runs Debian or a distribution based on it. */
export function isDebianFamily(): boolean {
  const release = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
  return /^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(release);
}

/** This host's architecture in the words of Debian and Docker: "amd64", "arm64". */
export function hostArchitecture(): string {
  return process.arch === 'x64' ? 'amd64' : process.arch;
}

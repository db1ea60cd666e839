import type { BaseMode } from '../record/probe-record.ts';
import { canRunMmdebstrap } from './find-mmdebstrap.ts';

/** A mode and why. */
export type ModeChoice = { readonly mode: BaseMode; readonly reason: string };

/** This host's architecture in Docker's words. */
export const hostArchitecture = process.arch === 'x64' ? 'amd64' : process.arch;

/** Which base this host can make for an engine's architecture, without trying. */
export function likelyBaseMode(
  architecture: string,
  host: string = hostArchitecture,
  mmdebstrap: boolean = process.platform === 'linux' && canRunMmdebstrap(),
): ModeChoice {
  if (!mmdebstrap)
    return { mode: 'registry', reason: 'this host has neither mmdebstrap nor apt to fetch it' };
  if (architecture !== host) {
    return { mode: 'registry', reason: `the engine runs ${architecture} and this host is ${host}` };
  }
  return { mode: 'rootfs', reason: 'this host can unpack Debian packages' };
}

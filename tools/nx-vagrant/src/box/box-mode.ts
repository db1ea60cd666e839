import { findProgram, type Variables } from '@tare/metrics';
import { debianArchitecture, isDebianFamily } from '../probe/host-tools.ts';
import type { BoxMode, Provider } from '../record/records.ts';

/** What decides how a box is made. */
export type BuildTraits = {
  readonly provider: Provider;
  readonly architecture: string;
  readonly debianFamily: boolean;
  readonly root: boolean;
  /** Programs that a build needs and this host has not. */
  readonly missing: readonly string[];
};

const programs = ['mmdebstrap', 'mke2fs', 'qemu-img'];

/** Looks at this host. */
export function buildTraits(provider: Provider, variables: Variables = process.env): BuildTraits {
  const path = [variables.PATH ?? '', '/usr/sbin', '/sbin'].join(':');
  return {
    provider,
    architecture: debianArchitecture(),
    debianFamily: isDebianFamily(),
    root: process.getuid?.() === 0,
    missing: programs.filter((program) => findProgram(program, path) === undefined),
  };
}

/** How the box is made where nothing else is asked for, and why: built from Debian packages where that is possible. */
export function likelyBoxMode(host: BuildTraits): { readonly mode: BoxMode; readonly reason: string } {
  const obstacle = whyNotBuilt(host);
  return obstacle === undefined
    ? { mode: 'built', reason: 'this host builds it from Debian packages' }
    : { mode: 'public', reason: obstacle };
}

/** Why this host cannot build a box; undefined when it can. */
export function whyNotBuilt({
  provider,
  architecture,
  debianFamily,
  root,
  missing,
}: BuildTraits): string | undefined {
  if (provider !== 'libvirt') return 'the built box is for libvirt';
  if (architecture !== 'amd64') return `the built box is for amd64, and this host is ${architecture}`;
  if (!debianFamily) return 'this host is not Debian';
  if (!root) return 'building it takes root';
  return missing.length === 0 ? undefined : `${missing.join(' and ')} is not installed`;
}

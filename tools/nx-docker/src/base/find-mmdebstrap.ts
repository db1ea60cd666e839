import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram, runProgram } from '@tare/metrics';

/** A program with the arguments that come before any other. */
export type Command = { readonly program: string; readonly args: readonly string[] };

/** Whether this host can run mmdebstrap: it has it, or can fetch its package. */
export function canRunMmdebstrap(): boolean {
  return (
    findProgram('mmdebstrap') !== undefined || fetchTools.every((tool) => findProgram(tool) !== undefined)
  );
}

const fetchTools = ['apt-get', 'dpkg-deb', 'perl'];

/**
 * mmdebstrap from the PATH; else its package, fetched with apt and unpacked into `folder`: nothing is installed.
 * @throws Error when the host has neither.
 */
export async function findMmdebstrap(folder: string, signal: AbortSignal): Promise<Command> {
  const installed = findProgram('mmdebstrap');
  if (installed !== undefined) return { program: installed, args: [] };
  const missing = fetchTools.find((tool) => findProgram(tool) === undefined);
  if (missing !== undefined)
    throw new Error(`mmdebstrap is not on the PATH, and ${missing}, to fetch it, is not either`);
  const asRoot = process.getuid?.() === 0 ? ['-o', 'APT::Sandbox::User=root'] : [];
  await runProgram('apt-get', [...asRoot, 'download', 'mmdebstrap'], {
    cwd: folder,
    signal,
    deadlineMs: 60_000,
  });
  const archive = readdirSync(folder).find((name) => name.startsWith('mmdebstrap_') && name.endsWith('.deb'));
  if (archive === undefined)
    throw new Error('apt-get download mmdebstrap left no package; run apt-get update');
  const unpacked = join(folder, 'mmdebstrap');
  await runProgram('dpkg-deb', ['-x', join(folder, archive), unpacked], { signal, deadlineMs: 30_000 });
  return { program: 'perl', args: [join(unpacked, 'usr/bin/mmdebstrap')] };
}

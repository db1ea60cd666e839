import { existsSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram, runProgram, type Variables } from '@tare/metrics';
import { hostArchitecture, isDebianFamily, sha256OfFile, writeRecord } from '@tare/nx-kit';
import { virsh } from './libvirt.ts';
import { vagrantHome } from './probe.ts';
import type { BoxMode, BoxRecord, ProbeRecord, Provider } from './records.ts';
import type { Vagrant } from './vagrant-client.ts';

/** What decides how a box is made. */
export type BuildTraits = {
  readonly provider: Provider;
  readonly architecture: string;
  readonly debianFamily: boolean;
  readonly root: boolean;
  /** Programs that a build needs and this host does not have. */
  readonly missing: readonly string[];
};

const programs = ['mmdebstrap', 'mke2fs', 'qemu-img'];

/** Looks at this host. */
export function buildTraits(provider: Provider, variables: Variables = process.env): BuildTraits {
  const path = [variables.PATH ?? '', '/usr/sbin', '/sbin'].join(':');
  return {
    provider,
    architecture: hostArchitecture(),
    debianFamily: isDebianFamily(),
    root: process.getuid?.() === 0,
    missing: programs.filter((program) => findProgram(program, path) === undefined),
  };
}

/** How the box is made by default, and why: built from Debian packages where the host can. */
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

/** A box that others have made. */
type PublicBox = { readonly name: string; readonly version: string };

/** The public box that is taken where none is built and none is named. */
export const usualPublicBox: PublicBox = { name: 'bento/debian-12', version: '202510.26.0' };

/** A box to make. */
export type BoxOrder = {
  readonly mode: BoxMode | 'auto';
  /** What the probe found. */
  readonly host: Exclude<ProbeRecord, { provider: 'none' }>;
  /** Absolute path of the folder with `build-box.sh`. */
  readonly recipe: string;
  readonly node: { readonly binary: string; readonly version: string };
  readonly publicBox: PublicBox;
  /** Debian packages that go into a built box besides those of every one. */
  readonly packages?: readonly string[];
  /** Absolute path of the folder for `box.json` and `tare.box`. */
  readonly out: string;
  readonly onLine: (line: string) => void;
};

const boxFile = 'tare.box';
const buildDeadlineMs = 20 * 60_000;

/**
 * Makes the box that machines are made of and writes `box.json`: builds it from Debian packages, or pins a public one.
 * @throws Error in one line when it cannot be built.
 */
export async function makeBox(order: BoxOrder, signal: AbortSignal): Promise<BoxRecord> {
  const { mode, host, recipe, node, out, packages = [] } = order;
  if (mode === 'built' && host.box !== 'built')
    throw new Error(`option mode is "built", but ${host.reason}; expected "auto" or "public"`);
  const decided = mode === 'auto' ? host : { box: mode, reason: `option mode is "${mode}"` };
  const common = { nodeVersion: node.version, architecture: host.architecture, reason: decided.reason };
  mkdirSync(out, { recursive: true });
  const file = join(out, boxFile);
  rmSync(join(out, 'box.json'), { force: true });
  rmSync(file, { force: true });
  let record: BoxRecord;
  if (decided.box === 'public') {
    const { name, version } = order.publicBox;
    record = { mode: 'public', name, version, from: `the public box ${name} ${version}`, ...common };
  } else {
    const more = packages.length === 0 ? [] : ['--packages', packages.join(',')];
    await runProgram('bash', [join(recipe, 'build-box.sh'), '--out', file, '--node', node.binary, ...more], {
      signal,
      deadlineMs: buildDeadlineMs,
      onLine: order.onLine,
      // it removes its work files when interrupted
      endSignal: 'SIGINT',
      graceMs: 20_000,
    });
    const sha256 = await sha256OfFile(file);
    // named by its content: two builds of one recipe may contain different versions of packages
    const name = `tare/bookworm-${sha256.slice(0, 12)}`;
    const bytes = statSync(file).size;
    record = {
      mode: 'built',
      name,
      file: boxFile,
      sha256,
      bytes,
      from: ['packages of Debian bookworm', ...packages].join(', '),
      ...common,
    };
  }
  await writeRecord(join(out, 'box.json'), record);
  return record;
}

/**
 * Makes sure that Vagrant has the box that a record names: adds the file beside the record, or downloads the public box.
 * @param folder absolute path of the folder with `box.json`.
 * @returns whether it had to be added.
 * @throws Error in one line when the file is not the recorded one, or the box cannot be downloaded.
 */
export async function ensureBox(
  vagrant: Pick<Vagrant, 'boxAdd'>,
  box: BoxRecord,
  folder: string,
  signal: AbortSignal,
): Promise<boolean> {
  if (isInstalled(box)) return false;
  if (box.mode === 'public') {
    await vagrant.boxAdd({ name: box.name, source: box.name, version: box.version, signal });
    return true;
  }
  const file = join(folder, box.file);
  if (!existsSync(file) || (await sha256OfFile(file)) !== box.sha256)
    throw new Error(
      `${file} is not the box that box.json beside it names; run nx run vagrant:vagrant-box --skip-nx-cache`,
    );
  await vagrant.boxAdd({ name: box.name, source: file, signal });
  return true;
}

/** Looks into Vagrant's folder, because asking Vagrant takes a second or two. */
function isInstalled(box: BoxRecord, variables: Variables = process.env): boolean {
  const [version, provider] = box.mode === 'built' ? ['0', 'libvirt'] : [box.version, '*'];
  const folder = join(vagrantHome(variables), 'boxes', box.name.replaceAll('/', '-VAGRANTSLASH-'), version);
  return existsSync(provider === '*' ? folder : join(folder, provider, 'metadata.json'));
}

/**
 * Removes a box from Vagrant, and the copy of its disk that vagrant-libvirt keeps in the storage pool `default`.
 * Removes the earlier builds of the same box too, unless a machine of Tare exists: its disk may depend on one of them.
 * @returns one line for each thing removed.
 */
export async function forgetBox(
  vagrant: Pick<Vagrant, 'boxList' | 'boxRemove'>,
  name: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const machines = await virsh(['list', '--all', '--name'], signal);
  const machineExists = machines.split('\n').some((machine) => machine.startsWith('tare'));
  const isMeant = (box: string): boolean => box === name || (!machineExists && sameBox(box, name));
  const removed: string[] = [];
  for (const box of await vagrant.boxList({ signal })) {
    if (!isMeant(box.name)) continue;
    await vagrant.boxRemove({ name: box.name, signal });
    removed.push(`box ${box.name}`);
  }
  for (const volume of boxVolumes(await virsh(['vol-list', 'default'], signal), isMeant)) {
    await virsh(['vol-delete', '--pool', 'default', volume], signal);
    removed.push(`volume ${volume}`);
  }
  return removed;
}

/** Whether two boxes are builds of the same box: their names differ only in the hash at the end. */
export function sameBox(one: string, other: string): boolean {
  const hash = /-[0-9a-f]{12}$/;
  return hash.test(one) && one.replace(hash, '') === other.replace(hash, '');
}

/** Finds the volumes of the wanted boxes in the output of `virsh vol-list`: a table of name and path. */
export function boxVolumes(table: string, isMeant: (box: string) => boolean): readonly string[] {
  return table.split('\n').flatMap((line) => {
    const volume = line.trim().split(/\s+/)[0] ?? '';
    const box = /^(.+)_vagrant_box_image_/.exec(volume)?.[1]?.replaceAll('-VAGRANTSLASH-', '/');
    return box !== undefined && isMeant(box) ? [volume] : [];
  });
}

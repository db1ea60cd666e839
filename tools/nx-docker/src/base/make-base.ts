import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isRunnerGone, runnerPattern, thisRunner } from '@tare/environment';
import { hostArchitecture, messageOf, writeRecord } from '@tare/nx-kit';
import type { Engine } from '../engine/connect-engine.ts';
import { pullImage } from '../image/images.ts';
import type { BaseMode, BaseRecord } from '../records.ts';
import { canRunMmdebstrap, debianUserland, type BaseRecipe, type Userland } from './debian-userland.ts';
import { writeRootfs } from './rootfs-archive.ts';

/** What to make a base of, and where. */
export type BaseOptions = {
  readonly mode: BaseMode | 'auto';
  /** The mode that the probe expects to work. */
  readonly likely: ModeChoice;
  readonly recipe: BaseRecipe;
  /** Packages besides the recipe's. With any, all packages are set up as Debian does, so that their programs run. */
  readonly more?: readonly string[];
  /** The engine's architecture, in Docker's words. */
  readonly architecture: string;
  readonly node: { readonly binary: string; readonly version: string };
  /** Folder for `rootfs.tar` and `base.json`. */
  readonly out: string;
  /** Called only to pull an image. */
  readonly engine: () => Promise<Engine>;
};

/** A way to get a userland: what the image begins with, and what to put on it. */
type Found = Pick<BaseRecord, 'mode' | 'image' | 'from'> & { readonly userland: Userland | undefined };

/**
 * Makes `rootfs.tar` and `base.json`. Mode `auto` tries what the host can do first, then the registry.
 * @throws Error in one line with the reason why each way failed.
 */
export async function makeBase(options: BaseOptions, signal: AbortSignal): Promise<BaseRecord> {
  return withWorkFolder(async (folder) => {
    const { found, reason } = await firstThatWorks(options, folder, signal);
    mkdirSync(options.out, { recursive: true });
    const aside = join(options.out, 'rootfs.tar.partial');
    try {
      const parts = { userland: found.userland, nodeBinary: options.node.binary };
      const sha256 = await writeRootfs(parts, aside, signal);
      const { mode, image, from } = found;
      const { architecture, node } = options;
      const record = { mode, image, from, reason, architecture, nodeVersion: node.version, sha256 };
      renameSync(aside, join(options.out, 'rootfs.tar'));
      await writeRecord(join(options.out, 'base.json'), record);
      return record;
    } finally {
      rmSync(aside, { force: true });
    }
  });
}

async function firstThatWorks(
  options: BaseOptions,
  folder: string,
  signal: AbortSignal,
): Promise<{ readonly found: Found; readonly reason: string }> {
  const { mode, likely } = options;
  const ways = {
    rootfs: () => fromPackages(options, folder, signal),
    registry: () => fromRegistry(options, signal),
  };
  if (mode !== 'auto') {
    return { found: await orReason(mode, ways[mode], signal), reason: `the option mode is ${mode}` };
  }
  if (likely.mode === 'registry') {
    const found = await orReason(`rootfs: ${likely.reason}; registry`, ways.registry, signal);
    return { found, reason: likely.reason };
  }
  try {
    return { found: await ways.rootfs(), reason: likely.reason };
  } catch (error) {
    signal.throwIfAborted();
    const why = `rootfs: ${messageOf(error)}`;
    const found = await orReason(`${why}; registry`, ways.registry, signal);
    return { found, reason: why };
  }
}

async function orReason(tried: string, way: () => Promise<Found>, signal: AbortSignal): Promise<Found> {
  try {
    return await way();
  } catch (error) {
    signal.throwIfAborted();
    throw new Error(`no base can be made. ${tried}: ${messageOf(error)}`, { cause: error });
  }
}

async function fromPackages(
  { recipe: { suite, packages }, more = [], architecture }: BaseOptions,
  folder: string,
  signal: AbortSignal,
): Promise<Found> {
  const order = { suite, packages: [...packages, ...more], architecture, isWhole: more.length > 0 };
  return {
    mode: 'rootfs',
    image: 'scratch',
    from: `Debian ${suite}: ${order.packages.join(', ')}`,
    userland: await debianUserland(order, folder, signal),
  };
}

async function fromRegistry({ recipe, more = [], engine }: BaseOptions, signal: AbortSignal): Promise<Found> {
  if (more.length > 0) {
    throw new Error(
      `it cannot add the packages ${more.join(', ')}; name an image that has them: base: { image: … }`,
    );
  }
  // what is put on "scratch" is Node alone
  if (recipe.image !== 'scratch') await pullImage(await engine(), recipe.image, signal);
  return { mode: 'registry', image: recipe.image, from: recipe.image, userland: undefined };
}

/** A mode, and why it was chosen. */
type ModeChoice = { readonly mode: BaseMode; readonly reason: string };

/** Which base this host can make for an engine's architecture, without trying. */
export function likelyBaseMode(
  architecture: string,
  host: string = hostArchitecture(),
  mmdebstrap: boolean = process.platform === 'linux' && canRunMmdebstrap(),
): ModeChoice {
  if (!mmdebstrap)
    return { mode: 'registry', reason: 'this host has neither mmdebstrap nor apt to fetch it' };
  if (architecture !== host) {
    return { mode: 'registry', reason: `the engine runs ${architecture} and this host is ${host}` };
  }
  return { mode: 'rootfs', reason: 'this host can unpack Debian packages' };
}

const prefix = 'tare-base-';
const ownerIn = new RegExp(`^${prefix}(${runnerPattern.source})-`);

/**
 * Runs `work` with a temporary folder and removes the folder afterwards, whatever happens. Also removes the folders that
 * killed processes left.
 */
export async function withWorkFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const names = await readdir(tmpdir());
  for (const name of names) {
    if (isRunnerGone(ownerIn.exec(name)?.[1]))
      await rm(join(tmpdir(), name), { recursive: true, force: true });
  }
  const folder = await mkdtemp(join(tmpdir(), `${prefix}${thisRunner()}-`));
  try {
    // apt and mmdebstrap drop privileges and must still read their files
    await chmod(folder, 0o755);
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

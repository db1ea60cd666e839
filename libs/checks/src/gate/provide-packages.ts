import { cp, link, lstat, mkdir, readdir, readFile, readlink, rm, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { runProgram } from '@tare/metrics';

const lockedPackage = z.object({
  dev: z.boolean().optional(),
  /** Whether it is a package of the workspace, whose folder is then in `resolved`. */
  link: z.boolean().optional(),
  resolved: z.string().optional(),
});
const lockSchema = z.object({ packages: z.record(z.string(), lockedPackage) });
type Lock = z.infer<typeof lockSchema>;

/** What measures: that of this side for both. Other packages of the workspace may be part of an app. */
const suiteScope = 'node_modules/@tare/';

const installDeadlineMs = 900_000;

/** How the base came to its packages. */
export type PackageSource = 'linked' | 'installed';

/**
 * Gives the base's workspace its packages: those of this workspace when both lock the same, else by `npm ci`. In both cases
 * the suite is that of this side, so that one suite measures both.
 *
 * What an app may bundle is linked file by file: a bundler writes the place of a module into the bundle, and behind a
 * symbolic link to another folder it would be another, and the same app not the same bytes.
 * @throws Error in one line when a lock file is missing or cannot be installed.
 */
export async function providePackages(
  head: string,
  base: string,
  signal: AbortSignal,
): Promise<PackageSource> {
  const [ofHead, ofBase] = await Promise.all([readLock(head), readLock(base)]);
  const lock = lockSchema.parse(JSON.parse(ofHead));
  if (ofHead === ofBase) {
    await linkPackages(lock, head, base, signal);
    return 'linked';
  }
  await runProgram('npm', ['ci', '--no-audit', '--no-fund'], {
    cwd: base,
    signal,
    deadlineMs: installDeadlineMs,
  });
  await linkWorkspacePackages(lock, head, base);
  return 'installed';
}

async function readLock(root: string): Promise<string> {
  const path = join(root, 'package-lock.json');
  return readFile(path, 'utf8').catch((cause: unknown) => {
    throw new Error(`${path} cannot be read: the gate wants a package-lock.json on both sides`, { cause });
  });
}

async function linkPackages(lock: Lock, head: string, base: string, signal: AbortSignal): Promise<void> {
  await linkWorkspacePackages(lock, head, base);
  for (const [place, { dev, link: isWorkspace }] of Object.entries(lock.packages)) {
    signal.throwIfAborted();
    // what lies deeper comes with the package that it is in
    if (isWorkspace === true || place.split('node_modules/').length !== 2) continue;
    const [from, to] = [join(head, place), join(base, place)];
    if (!(await exists(from))) continue;
    await mkdir(dirname(to), { recursive: true });
    if (dev === true) await symlink(from, to);
    else await linkTree(from, to);
  }
  await symlink(join(head, 'node_modules', '.bin'), join(base, 'node_modules', '.bin'));
}

async function linkWorkspacePackages(lock: Lock, head: string, base: string): Promise<void> {
  for (const [place, { link: isWorkspace, resolved }] of Object.entries(lock.packages)) {
    if (isWorkspace !== true || resolved === undefined) continue;
    const to = join(base, place);
    await rm(to, { recursive: true, force: true });
    await mkdir(dirname(to), { recursive: true });
    await symlink(join(place.startsWith(suiteScope) ? head : base, resolved), to);
  }
}

/** The same folders with the same files, which take no room of their own. */
async function linkTree(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) await linkTree(source, target);
    else if (entry.isSymbolicLink()) await symlink(await readlink(source), target);
    // some file systems have no hard links
    else await link(source, target).catch(() => cp(source, target));
  }
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

import { existsSync } from 'node:fs';
import {
  cp,
  link,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  symlink,
} from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { isRunnerGone, runnerPattern, thisRunner } from '@tare/environment';
import { callerNode } from '@tare/environment/caller-node';
import { runProgram } from '@tare/metrics';
import { z } from 'zod';
import type { Git } from './choose-commits.ts';

/** A commit checked out in a folder of its own. */
type Worktree = {
  /** The workspace in it: the worktree itself, or a folder in it when the workspace is a part of its repository. */
  readonly root: string;
  /** Removes the folder and git's record of it. */
  remove(): Promise<void>;
};

const folderPattern = new RegExp(`^tare-gate-(${runnerPattern.source})-\\w+$`);

/**
 * Checks a commit out in a private folder. First removes the leftovers of killed gates.
 * @param workspace the root of this workspace.
 * @param git `afterwards` has no signal, because the removal must happen after an interruption too.
 */
export async function addWorktree(
  workspace: string,
  commit: string,
  git: { readonly run: Git; readonly afterwards: Git },
): Promise<Worktree> {
  await removeLeftovers(git.run);
  const prefix = await git.run(['rev-parse', '--show-prefix']);
  const parent = await parentOnSameDisk(workspace);
  const folder = await mkdtemp(join(parent, `tare-gate-${thisRunner()}-`));
  const path = join(folder, 'base');
  const remove = async (): Promise<void> => {
    await removeWorktree(git.afterwards, path);
  };
  try {
    // no hooks: they belong to the work in the repository and may do anything
    await git.run(['-c', 'core.hooksPath=/dev/null', 'worktree', 'add', '--quiet', '--detach', path, commit]);
    return { root: join(path, prefix), remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** A folder on the disk of the workspace, because hard links do not reach another disk. */
async function parentOnSameDisk(workspace: string): Promise<string> {
  const [ofWorkspace, ofTemporary] = await Promise.all([stat(workspace), stat(tmpdir())]);
  if (ofWorkspace.dev === ofTemporary.dev) return tmpdir();
  const own = join(workspace, '.nx', 'gate');
  await mkdir(own, { recursive: true });
  return own;
}

async function removeLeftovers(git: Git): Promise<void> {
  const list = await git(['worktree', 'list', '--porcelain']);
  const paths = list.split('\n').flatMap((line) => /^worktree (.*)$/.exec(line)?.[1] ?? []);
  for (const path of paths) {
    const owner = folderPattern.exec(basename(dirname(path)))?.[1];
    if (isRunnerGone(owner)) await removeWorktree(git, path);
  }
}

async function removeWorktree(git: Git, path: string): Promise<void> {
  // git refuses a worktree that a killed build left half-written: remove the folder, then prune
  if (existsSync(path)) await git(['worktree', 'remove', '--force', '--force', path]).catch(() => undefined);
  await rm(dirname(path), { recursive: true, force: true, maxRetries: 3 });
  await git(['worktree', 'prune']);
}

const lockedPackage = z.object({
  /** Whether it is a package of the workspace; `resolved` then names its folder. */
  link: z.boolean().optional(),
  resolved: z.string().optional(),
});
const lockSchema = z.object({ packages: z.record(z.string(), lockedPackage) });
type Lock = z.infer<typeof lockSchema>;

/** The suite itself: this side's copy measures both. Other packages of the workspace may be part of an app. */
const suiteScope = 'node_modules/@tare/';

const installDeadlineMs = 900_000;

/** How the base got its packages. */
type PackageSource = 'linked' | 'installed';

/**
 * Gives the base's workspace its packages: those of this workspace when both lock files are equal, else by `npm ci`. In
 * both cases the suite comes from this side, so that one suite measures both.
 *
 * Packages are linked file by file, those for development too, for an app may bundle them (Express tries one that tools bring): a
 * bundler writes the path of a module into the bundle, so a symbolic link to another folder would make the same app differ.
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
  for (const [place, { link: isWorkspace }] of Object.entries(lock.packages)) {
    signal.throwIfAborted();
    // nested packages come with the package that contains them
    if (isWorkspace === true || place.split('node_modules/').length !== 2) continue;
    const [from, to] = [join(head, place), join(base, place)];
    if (!(await exists(from))) continue;
    await mkdir(dirname(to), { recursive: true });
    if (place.startsWith(suiteScope)) await symlink(from, to);
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

/** Copies a folder tree with hard links, which take no disk space. */
async function linkTree(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) await linkTree(source, target);
    else if (entry.isSymbolicLink()) await symlink(await readlink(source), target);
    // not every file system has hard links
    else await link(source, target).catch(() => cp(source, target));
  }
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

type BaseBuild = {
  /** The base's workspace. */
  readonly root: string;
  /** Names of the projects to build. */
  readonly apps: readonly string[];
  /** What the environments need beside that: a target of these projects, or of the project in a folder of the workspace. */
  readonly preparedBy: readonly { readonly target: string; readonly folder: string | undefined }[];
};

/** Lines that Nx prints around the output of its tasks. */
const wordsOfNx =
  /^(NX\b|> nx run |Run duration:|Cache:|Critical path:|Recoverable time:|Recommendations:|Failed tasks:|Tasks not run|Pass --verbose|Hint:|- (Speed up or split|[^\s:]+:\S+$)|[^\s:]+:\S+ +[\d.]+m?s$)/;

const buildDeadlineMs = 1_800_000;

/**
 * Builds the apps of the base with the base's own targets.
 * @throws Error in one line with the last lines of output when the build fails.
 */
export async function buildBase({ root, apps, preparedBy }: BaseBuild, signal: AbortSignal): Promise<void> {
  const ofApps = preparedBy.filter(({ folder }) => folder === undefined).map(({ target }) => target);
  const targets = [...new Set(['build', ...ofApps])].join(',');
  await runNx(root, ['run-many', '--targets', targets, '--projects', apps.join(',')], signal);
  for (const { target, folder } of preparedBy) {
    if (folder === undefined) continue;
    await runNx(root, ['run-many', '--targets', target, '--projects', `directory:${folder}`], signal);
  }
}

async function runNx(root: string, args: readonly string[], signal: AbortSignal): Promise<void> {
  const nx = createRequire(join(root, 'package.json')).resolve('nx/bin/nx.js');
  const variables = {
    NX_DAEMON: 'false',
    NX_TUI: 'false',
    // private folders: two workspaces at different commits must not share a graph
    NX_CACHE_DIRECTORY: join(root, '.nx', 'cache'),
    NX_WORKSPACE_DATA_DIRECTORY: join(root, '.nx', 'workspace-data'),
  };
  await runProgram(callerNode(), [nx, ...args, '--outputStyle=static'], {
    cwd: root,
    shownAs: `nx ${args.join(' ')}`,
    noise: wordsOfNx,
    signal,
    deadlineMs: buildDeadlineMs,
    variables,
  });
}

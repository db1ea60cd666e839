import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { findRunner, isRunnerGone, runnerVariable, thisRunner } from '@tare/environment';
import { findProgram, plainText, processesWithVariable } from '@tare/metrics';

/** Who holds the lock. */
type LockHolder = {
  readonly pid: number;
  readonly runId: string;
  readonly startedAt: string;
  readonly folder: string;
};

/** Held until it is released or its process ends, however that ends. */
interface HostLock {
  release(): void;
}

// flock(2) and O_EXCL are of this host's kernel: /run/lock is in memory on most systems, and no network folder
const folders = ['/run/lock', '/tmp'];
const filePrefix = 'tare-run-';
const claimSuffix = '.json';
const longestClaimBytes = 4096;
const flockDeadlineMs = 10_000;
// whoever has the lock writes its claim next
const claimDeadlineMs = 3000;
const claimPauseMs = 50;
// other users may have taken a name in a shared folder: then try the next one
const names = 10;
// after this long the claim of another user no longer counts
const longestForeignHoldMs = 6 * 3_600_000;
const noLock = 'the lock that keeps two runs from measuring each other cannot be had';
const ignoreVariable = 'TARE_IGNORE_LOCK_OF';

const claimSchema = z.object({
  pid: z.int(),
  runId: z.string().max(200),
  startedAt: z.string().max(100),
  folder: z.string().max(2000),
  runner: z.string().max(200),
});
type Claim = z.infer<typeof claimSchema> & {
  readonly path: string;
  readonly user: number;
  readonly madeAtNs: bigint;
};

/**
 * Makes sure that only one run measures on this host: two at a time would measure each other. A user's own runs exclude each
 * other by a file that is locked (flock(2): in whatever namespace they are, and freed by the kernel when they
 * end). The claim of another user counts while its process lives, and for some hours at most, because anybody
 * can make one.
 * @throws Error with one line that says who measures, and what to do.
 */
export function lockHost(holder: LockHolder, chosenFolder = process.env.TARE_LOCK_FOLDER): HostLock {
  if (process.platform !== 'linux') return { release: () => undefined };
  const folder = chosenFolder ?? folderForAll();
  const descriptor = openLockFile(folder);
  let claim: string | undefined;
  const release = (): void => {
    if (claim === undefined) return;
    rmSync(claim, { force: true });
    claim = undefined;
    closeSync(descriptor);
  };
  try {
    for (const deadline = performance.now() + claimDeadlineMs; !lockFile(descriptor); pause()) {
      const own = claimsIn(folder).filter(isOwn);
      const living = own.find(({ runner }) => findRunner(runner) !== undefined);
      if (living !== undefined || performance.now() > deadline) throw occupied(living ?? own[0]);
    }
    claim = makeClaim(folder, holder);
    const mine = claimsIn(folder).find(({ path }) => path === claim);
    const other = claimsIn(folder).find((each) => !isOwn(each) && isBelieved(each) && isEarlier(each, mine));
    if (other !== undefined) throw occupied(other);
    if (chosenFolder === undefined) refuseOutOfSight();
    return { release };
  } catch (error) {
    if (claim === undefined) closeSync(descriptor);
    release();
    throw error;
  }
}

/** @returns the ids of the runs that measure on this host now. */
export function runsUnderWay(folder = process.env.TARE_LOCK_FOLDER ?? folderForAll()): readonly string[] {
  if (process.platform !== 'linux') return [];
  return claimsIn(folder)
    .filter(({ runner }) => findRunner(runner) !== undefined)
    .map(({ runId }) => runId);
}

/** @returns the folder that all users, network and process namespaces of a host share. */
function folderForAll(): string {
  // sticky and writable by all: the same choice for every user
  const isForAll = (path: string): boolean => {
    const mode = statSync(path, { throwIfNoEntry: false })?.mode ?? 0;
    return (mode & 0o1002) === 0o1002;
  };
  return folders.find(isForAll) ?? tmpdir();
}

/** Opens a file that this user alone can lock. */
function openLockFile(folder: string): number {
  const { O_RDONLY, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;
  let problem: unknown;
  for (let attempt = 0; attempt < names; attempt++) {
    const path = join(folder, `${filePrefix}${userId()}${attempt === 0 ? '' : `-${attempt}`}`);
    try {
      const descriptor = openSync(path, O_RDONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600);
      const found = fstatSync(descriptor);
      if (found.isFile() && found.uid === userId() && (found.mode & 0o077) === 0) return descriptor;
      closeSync(descriptor);
      problem ??= new Error(`${path} is not a private file of this user`);
    } catch (error) {
      problem ??= error;
      // another user's, or no file at all
      if (!isError(error, 'EACCES', 'EPERM', 'ELOOP', 'EISDIR', 'ENXIO', 'EEXIST')) break;
    }
  }
  const why = problem instanceof Error ? problem.message : String(problem);
  throw new Error(
    `${noLock} in ${folder} (${plainText(why)}): make that folder writable, or name another in TARE_LOCK_FOLDER`,
    { cause: problem },
  );
}

/** @returns whether the open file is now locked by this process, until it closes it or ends. */
function lockFile(descriptor: number): boolean {
  const flock = findProgram('flock');
  if (flock === undefined) throw new Error(`${noLock}: flock is not on PATH: apt-get install util-linux`);
  // the lock belongs to the open file, which flock(1) gets and this process keeps
  const { status, error, stderr } = spawnSync(flock, ['-x', '-n', '3'], {
    stdio: ['ignore', 'ignore', 'pipe', descriptor],
    timeout: flockDeadlineMs,
    encoding: 'utf8',
    env: {},
  });
  if (status === 0) return true;
  if (status === 1 && stderr === '') return false;
  throw new Error(`${noLock}: flock: ${error?.message ?? plainText(stderr.trim())}`, { cause: error });
}

function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, claimPauseMs);
}

/** Writes a file, readable by all, that says who is measuring. @returns its path. */
function makeClaim(folder: string, holder: LockHolder): string {
  removeLeftClaims(folder);
  const path = join(folder, `${filePrefix}${randomBytes(9).toString('hex')}${claimSuffix}`);
  // aside and renamed: whoever reads it reads all of it
  writeFileSync(`${path}.partial`, JSON.stringify({ ...holder, runner: thisRunner() }), {
    flag: 'wx',
  });
  // whatever the umask
  chmodSync(`${path}.partial`, 0o644);
  renameSync(`${path}.partial`, path);
  return path;
}

/** Removes the claims of this user's runs whose runner is known to have ended. They keep nobody out; they are only left. */
export function removeLeftClaims(folder = process.env.TARE_LOCK_FOLDER ?? folderForAll()): void {
  if (process.platform !== 'linux') return;
  for (const { path, runner, user } of claimsIn(folder)) {
    if (user === userId() && isRunnerGone(runner)) rmSync(path, { force: true });
  }
}

function claimsIn(folder: string): readonly Claim[] {
  return readdirSync(folder)
    .filter((name) => name.startsWith(filePrefix) && name.endsWith(claimSuffix))
    .flatMap((name) => readClaim(join(folder, name)) ?? []);
}

/** Reads no more than a claim can be: anybody may put anything there. */
function readClaim(path: string): Claim | undefined {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const found = fstatSync(descriptor, { bigint: true });
    if (!found.isFile()) return undefined;
    const bytes = Buffer.alloc(longestClaimBytes);
    const text = bytes.toString('utf8', 0, readSync(descriptor, bytes, 0, longestClaimBytes, 0));
    const claim = claimSchema.parse(JSON.parse(text));
    return { ...claim, path, user: Number(found.uid), madeAtNs: found.ctimeNs };
  } catch {
    return undefined;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

function isOwn({ user }: Claim): boolean {
  return user === userId();
}

/**
 * Whether to believe another user's claim: the process lives and is that user's, and the claim is not too
 * old.
 */
function isBelieved({ user, runner, madeAtNs }: Claim): boolean {
  const ignored = (process.env[ignoreVariable] ?? '').split(',').includes(String(user));
  if (ignored || Date.now() - Number(madeAtNs / 1_000_000n) > longestForeignHoldMs) return false;
  const found = findRunner(runner);
  if (found === undefined) return false;
  return lstatSync(`/proc/${found.pid}`, { throwIfNoEntry: false })?.uid === user;
}

/** By the kernel's clock, so that one of two simultaneous claims wins. */
function isEarlier(other: Claim, mine: Claim | undefined): boolean {
  return mine === undefined || other.madeAtNs <= mine.madeAtNs;
}

/** A run of this user in a container that shares the processes with this one, and no folder. */
function refuseOutOfSight(): void {
  const other = processesWithVariable(runnerVariable)
    .filter(({ value }) => value !== thisRunner())
    .find(({ value }) => findRunner(value) !== undefined);
  if (other === undefined) return;
  const { pid } = findRunner(other.value) ?? other;
  throw new Error(
    `another run is measuring on this host (pid ${pid}, which started ${plainText(other.command)}, pid ${other.pid}): wait for its end`,
  );
}

function occupied(holder: Claim | undefined): Error {
  if (holder === undefined) {
    return new Error(
      'another run of this user is measuring on this host, and has not said which: wait for its end',
    );
  }
  const { pid, runId, startedAt, folder, user } = holder;
  const who = user === userId() ? '' : `user ${user}, `;
  const what = plainText(`${who}pid ${pid}, run ${runId}, since ${startedAt}, in ${folder}`);
  const remedy = user === userId() ? '' : `; to measure beside it: ${ignoreVariable}=${user}`;
  return new Error(
    `another run is measuring on this host (${what.replaceAll('\n', ' ')}): wait for its end${remedy}`,
  );
}

function userId(): number {
  return process.getuid?.() ?? 0;
}

function isError(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

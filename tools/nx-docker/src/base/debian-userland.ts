import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram, runProgram } from '@tare/metrics';
import { z } from 'zod';

/** The name of a Debian package. */
export const packageSchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9.+-]+$/, 'expected the name of a Debian package');

/** What a base is made of: the file `base-recipe.json` beside the shared Dockerfile. */
export const baseRecipeSchema = z.strictObject({
  suite: z.string().regex(/^[a-z]+$/, 'expected the name of a Debian release: "bookworm"'),
  packages: z.array(packageSchema).min(1),
  image: z.string().min(1),
});
export type BaseRecipe = z.infer<typeof baseRecipeSchema>;

/** The userland to make. */
type UserlandOrder = Pick<BaseRecipe, 'suite' | 'packages'> & {
  /** In Debian's words: "amd64", "arm64". */
  readonly architecture: string;
  /**
   * Debian's essential packages as well, and all of them set up by their own scripts, which a program of a package may need
   * (alternatives of java, bytecode of Python); else packages are only unpacked, which takes a third of the time.
   */
  readonly isWhole: boolean;
};

/** Debian packages in a tar archive. */
export type Userland = Pick<UserlandOrder, 'suite' | 'isWhole'> & {
  /** Path of the archive. */
  readonly archive: string;
  /** What dpkg's status file says of packages that are only unpacked, whose archive has an empty one. */
  readonly status: string;
};

/**
 * Puts packages and their dependencies into a tar archive in `folder`.
 * @throws Error with mmdebstrap's last lines.
 */
export async function debianUserland(
  { suite, packages, architecture, isWhole }: UserlandOrder,
  folder: string,
  signal: AbortSignal,
): Promise<Userland> {
  const mmdebstrap = await findMmdebstrap(folder, signal);
  // without sources mmdebstrap uses its own for the release, if the host has Debian's keys
  const sources = await hostAptSources(suite, signal).catch(() => []);
  const options = await hostAptOptions(signal).catch(() => []);
  const archive = join(folder, 'userland.tar');
  const args = [
    ...mmdebstrap.args,
    '--quiet',
    `--variant=${isWhole ? 'essential' : 'extract'}`,
    // the licences of packages refer to texts in it
    `--include=${[...packages, ...(isWhole ? [] : ['base-files'])].join(',')}`,
    `--architectures=${architecture}`,
    '--format=tar',
    ...options.map((option) => `--aptopt=${option}`),
    // the packages, for what they say of themselves
    ...(isWhole ? [] : [`--extract-hook=copy-out /var/cache/apt/archives "${folder}"`]),
    suite,
    archive,
    ...sources,
  ];
  await runProgram(mmdebstrap.program, args, {
    variables: { SOURCE_DATE_EPOCH: '0', TMPDIR: folder },
    // the options may contain a proxy's password
    shownAs: 'mmdebstrap',
    signal,
    deadlineMs: 600_000,
  });
  return {
    suite,
    isWhole,
    archive,
    status: isWhole ? '' : await unpackedStatus(join(folder, 'archives'), signal),
  };
}

/** What dpkg would write into its status file for packages that are unpacked. */
async function unpackedStatus(folder: string, signal: AbortSignal): Promise<string> {
  const files = readdirSync(folder).filter((name) => name.endsWith('.deb'));
  const fields = await Promise.all(
    files
      .toSorted()
      .map((file) => runProgram('dpkg-deb', ['--field', join(folder, file)], { signal, deadlineMs: 30_000 })),
  );
  return fields.map((text) => `${text.trim().replace('\n', '\nStatus: install ok unpacked\n')}\n\n`).join('');
}

/** A program with the arguments that come before any other. */
type Command = { readonly program: string; readonly args: readonly string[] };

/** Whether this host can run mmdebstrap: it has it, or can fetch its package. */
export function canRunMmdebstrap(): boolean {
  return (
    findProgram('mmdebstrap') !== undefined || fetchTools.every((tool) => findProgram(tool) !== undefined)
  );
}

const fetchTools = ['apt-get', 'dpkg-deb', 'perl'];

/**
 * Finds mmdebstrap on the PATH; else fetches its package with apt and unpacks it into `folder`. Installs nothing.
 * @throws Error when the host has neither mmdebstrap nor the tools to fetch it.
 */
async function findMmdebstrap(folder: string, signal: AbortSignal): Promise<Command> {
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

const format = '$(ORIGIN)\t$(CODENAME)\t$(SITE)\t$(RELEASE)\t$(COMPONENT)\t$(SIGNED_BY)';

/** Settings that decide how apt reaches its servers and what it accepts from them. */
const carriedOver = /^Acquire::(?:https?|ftp|Retries|Check-|AllowInsecure|proxy)/i;

/**
 * The host's own package sources for a Debian release, its updates and security updates included, as one-line entries
 * of sources.list(5).
 * @returns nothing when the host has no such source.
 */
async function hostAptSources(suite: string, signal: AbortSignal): Promise<readonly string[]> {
  const listed = await runProgram('apt-get', ['indextargets', '--format', format, 'Identifier: Packages'], {
    signal,
    deadlineMs: 30_000,
  });
  return sourceLines(listed, suite);
}

/** Reads what `apt-get indextargets` listed: tab-separated, and `$(NAME)` where a value is unknown. */
export function sourceLines(listed: string, suite: string): readonly string[] {
  const lines = listed.split('\n').flatMap((line) => {
    const [origin, codename = '', site = '', release = '', component = '', signedBy = ''] = line.split('\t');
    if (origin !== 'Debian' || component !== 'main') return [];
    if (codename !== suite && !codename.startsWith(`${suite}-`)) return [];
    const option = signedBy === '' || signedBy.startsWith('$(') ? '' : `[signed-by=${signedBy}] `;
    return [`deb ${option}${site} ${release} ${component}`];
  });
  return [...new Set(lines)];
}

/** The host's settings of apt that a download needs to work here: proxies, timeouts, checks. */
async function hostAptOptions(signal: AbortSignal): Promise<readonly string[]> {
  const dump = await runProgram('apt-config', ['dump', 'Acquire'], { signal, deadlineMs: 30_000 });
  return dump.split('\n').filter((line) => carriedOver.test(line) && !line.endsWith('"";'));
}

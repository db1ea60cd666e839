import { join } from 'node:path';
import { runProgram } from '@tare/metrics';
import { hostAptOptions, hostAptSources } from './apt-sources.ts';
import type { BaseRecipe } from './base-recipe.ts';
import { findMmdebstrap } from './find-mmdebstrap.ts';

/**
 * Unpacks the recipe's packages and what they depend on, without running anything of them, into a tar archive in
 * `folder`.
 * @param architecture in Debian's words: "amd64", "arm64".
 * @returns the archive's path.
 * @throws Error with mmdebstrap's last lines.
 */
export async function debianUserland(
  recipe: BaseRecipe,
  architecture: string,
  folder: string,
  signal: AbortSignal,
): Promise<string> {
  const mmdebstrap = await findMmdebstrap(folder, signal);
  // on a host with other sources mmdebstrap takes its own for the release, if the host has Debian's keys
  const sources = await hostAptSources(recipe.suite, signal).catch(() => []);
  const options = await hostAptOptions(signal).catch(() => []);
  const archive = join(folder, 'userland.tar');
  const args = [
    ...mmdebstrap.args,
    '--quiet',
    '--variant=extract',
    `--include=${recipe.packages.join(',')}`,
    `--architectures=${architecture}`,
    '--format=tar',
    ...options.map((option) => `--aptopt=${option}`),
    recipe.suite,
    archive,
    ...sources,
  ];
  await runProgram(mmdebstrap.program, args, {
    variables: { SOURCE_DATE_EPOCH: '0', TMPDIR: folder },
    // the options may hold the password of a proxy
    shownAs: 'mmdebstrap',
    signal,
    deadlineMs: 300_000,
  });
  return archive;
}

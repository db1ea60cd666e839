import { runProgram } from '@tare/metrics';

const format = '$(ORIGIN)\t$(CODENAME)\t$(SITE)\t$(RELEASE)\t$(COMPONENT)\t$(SIGNED_BY)';

/** Settings that decide how apt reaches its servers and what it takes from them. */
const carriedOver = /^Acquire::(?:https?|ftp|Retries|Check-|AllowInsecure|proxy)/i;

/**
 * The host's own package sources for a Debian release, its updates and security updates included, as one-line entries
 * of sources.list(5).
 * @returns nothing when the host has no such source.
 */
export async function hostAptSources(suite: string, signal: AbortSignal): Promise<readonly string[]> {
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
export async function hostAptOptions(signal: AbortSignal): Promise<readonly string[]> {
  const dump = await runProgram('apt-config', ['dump', 'Acquire'], { signal, deadlineMs: 30_000 });
  return dump.split('\n').filter((line) => carriedOver.test(line) && !line.endsWith('"";'));
}

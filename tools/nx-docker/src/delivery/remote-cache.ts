import type { PreTasksExecution } from '@nx/devkit';
import { fetchFailure } from './retry.ts';

const deadlineMs = 5000;

/**
 * Asks the self-hosted remote cache of a workspace for something that it does not have, as Nx would. Where that fails, the tasks run
 * without it: Nx by itself ends amid them.
 */
export const preTasksExecution: PreTasksExecution = async () => {
  const server = process.env.NX_SELF_HOSTED_REMOTE_CACHE_SERVER ?? '';
  const isSkipped = process.env.NX_SKIP_REMOTE_CACHE === 'true';
  // Nx asks through a proxy, and fetch does not
  const isBehindProxy = Object.keys(process.env).some((each) => /^(?:https?|all)_proxy$/i.test(each));
  if (isSkipped || isBehindProxy || !URL.canParse(server)) return;
  const why = await failureOfCache(new URL('v1/cache/0', server.replace(/\/*$/, '/')));
  if (why === undefined) return;
  process.stderr.write(`the remote cache at ${new URL(server).host} ${why}: this run goes on without it\n`);
  // Nx takes over what a plugin sets here
  process.env.NX_SELF_HOSTED_REMOTE_CACHE_SERVER = '';
};

/** @returns why Nx cannot work with the cache that answers there, or undefined. */
async function failureOfCache(artifact: URL): Promise<string | undefined> {
  const token = process.env.NX_SELF_HOSTED_REMOTE_CACHE_ACCESS_TOKEN ?? '';
  try {
    const { status, body } = await fetch(artifact, {
      headers: { authorization: `Bearer ${token}` },
      redirect: 'manual',
      signal: AbortSignal.timeout(deadlineMs),
    });
    await body?.cancel();
    if (status === 401 || status === 403) return `does not accept the access token (${status})`;
    return status >= 500 ? `is not well (${status})` : undefined;
  } catch (error) {
    if (error instanceof Error && error.name === 'TimeoutError')
      return `does not answer within ${deadlineMs / 1000} s`;
    const why = fetchFailure(error);
    // Nx may trust other authorities
    return /CERT|SELF_SIGNED|VERIFY|HOSTNAME_MISMATCH/.test(why) ? undefined : `does not answer (${why})`;
  }
}

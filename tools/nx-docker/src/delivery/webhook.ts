import { createHmac, randomUUID } from 'node:crypto';
import type { Commit } from './commit.ts';
import {
  fetchFailure,
  isPassingStatus,
  passingError,
  retried,
  retryAfterMs,
  type Retrying,
} from './retry.ts';

/** Who is told of pushes. */
type Webhook = {
  /** Its path may be a secret: messages have its host alone. */
  readonly url: URL;
  /** What the body is signed with; undefined for no signature. */
  readonly secret: string | undefined;
};

/** What was pushed. */
type Pushed = {
  /** "ghcr.io/acme/api" */
  readonly image: string;
  readonly tags: readonly string[];
  readonly digest: string;
  readonly commit: Commit;
};

/** Reads the address of a webhook. @throws Error in one line, without the address. */
export function webhookUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') {
    throw new Error(
      'the address of the webhook (--webhook or DEPLOY_WEBHOOK_URL) is none; expected one such as https://deploy.example/hook, without a name and a password in it',
    );
  }
  return url;
}

/** The JSON that tells of a push. @param now ISO 8601. */
export function publishEvent({ image, tags, digest, commit }: Pushed, now: string): string {
  const version = commit.tags.find((tag) => tag.startsWith('v'));
  const ref =
    commit.branch !== undefined
      ? `refs/heads/${commit.branch}`
      : version !== undefined
        ? `refs/tags/${version}`
        : null;
  const { source, sha } = commit;
  return JSON.stringify({ event: 'publish', repo: source ?? null, image, tags, digest, sha, ref, ts: now });
}

const deadlineMs = 10_000;

/**
 * Tells a webhook of a push. It is told again while it fails, with the same bytes under the same X-Tare-Delivery, by which it knows
 * a repeat. Redirects are not followed: the body is for the address that was given.
 * @throws Error in one line when it does not accept it.
 */
export async function announce(
  { url, secret }: Webhook,
  body: string,
  retrying: Retrying,
  signal: AbortSignal,
): Promise<void> {
  const headers = {
    'content-type': 'application/json',
    'user-agent': 'tare-webhook',
    'x-tare-event': 'publish',
    'x-tare-delivery': randomUUID(),
    ...(secret === undefined ? {} : { 'x-tare-signature-256': signatureOf(body, secret) }),
  };
  await retried(
    async () => {
      const bounded = AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)]);
      const init = { method: 'POST', headers, body, redirect: 'manual', signal: bounded } as const;
      const answer = await fetch(url, init).catch((cause: unknown) => {
        signal.throwIfAborted();
        const isLate = cause instanceof Error && cause.name === 'TimeoutError';
        const why = isLate
          ? `did not answer in ${deadlineMs / 1000} s`
          : `is not there (${fetchFailure(cause)})`;
        throw passingError(`the webhook at ${url.host} ${why}`, cause);
      });
      const { status } = answer;
      await answer.body?.cancel();
      if (answer.ok) return;
      if (isPassingStatus(status))
        throw passingError(
          `the webhook at ${url.host} answers ${status}`,
          undefined,
          retryAfterMs(answer.headers),
        );
      throw new Error(
        status >= 300 && status < 400
          ? `the webhook at ${url.host} redirects (${status}), which is not followed: give the address that it leads to`
          : `the webhook at ${url.host} refuses it (${status})`,
      );
    },
    retrying,
    signal,
  );
}

/** "sha256=" and the HMAC-SHA-256 of a body (RFC 2104) in hex, as GitHub signs its own. */
export function signatureOf(body: string, secret: string): string {
  return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
}

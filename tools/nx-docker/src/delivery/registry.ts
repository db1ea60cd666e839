import { plainText } from '@tare/metrics';
import { parsedJson } from '@tare/nx-kit';
import { z } from 'zod';
import type { Credentials } from './credentials.ts';
import type { ImageName } from './image-name.ts';
import {
  fetchFailure,
  isPassingStatus,
  passingError,
  retried,
  retryAfterMs,
  type Retrying,
} from './retry.ts';

/** Bytes that a registry keeps under their digest. */
export type RegistryBlob = {
  /** "sha256:…" */
  readonly digest: string;
  readonly sizeBytes: number;
  /** Opens them; read again for each attempt. */
  readonly body: () => Promise<Blob>;
};

/** One repository of a registry (OCI Distribution Specification 1.1), to push to. Every request is tried again while it may help. */
export interface Repository {
  /** Makes sure that a blob is there. @returns whether this call has sent it. */
  upload(blob: RegistryBlob): Promise<boolean>;
  /** The digest that a tag stands for; undefined where there is no such tag. */
  digestOf(tag: string): Promise<string | undefined>;
  /**
   * Puts a manifest under a tag or its digest.
   * @returns whether the registry itself lists it among what refers to its subject.
   */
  put(reference: string, manifest: RegistryManifest): Promise<boolean>;
  /** The text of a manifest; undefined where there is none. */
  get(reference: string): Promise<string | undefined>;
}

/** A manifest, byte for byte. */
export type RegistryManifest = {
  readonly bytes: Buffer;
  readonly mediaType: string;
  readonly digest: string;
};

type Request = {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT';
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: () => Promise<Blob>;
  readonly deadlineMs?: number;
};

type Answer = { readonly status: number; readonly headers: Headers; readonly text: string };

const shortDeadlineMs = 30_000;
// a layer of a gigabyte over a slow line
const uploadDeadlineMs = 30 * 60_000;

/**
 * Opens a repository: finds out whether the registry speaks TLS and how it wants to be told who asks. Credentials go out in
 * headers only, and over TLS unless the registry is on this machine.
 * @throws Error in one line.
 */
export async function openRepository(
  name: ImageName,
  credentials: Credentials | undefined,
  retrying: Retrying,
  signal: AbortSignal,
): Promise<Repository> {
  const origin = await reach(name, retrying, signal);
  if (origin.protocol === 'http:' && credentials !== undefined && !isLoopback(origin.hostname)) {
    throw new Error(
      `the registry ${name.host} has no TLS, so that the credentials from ${credentials.from} are not sent to it`,
    );
  }
  const base = new URL(`/v2/${name.repository}/`, origin);
  let authorization: string | undefined;

  /** Sends a request, with whatever proof the registry asks for. */
  async function send(request: Request): Promise<Answer> {
    const answer = await dial(request);
    if (answer.status !== 401 || request.url.origin !== base.origin) return answer;
    authorization = await prove(answer.headers.get('www-authenticate') ?? '');
    return dial(request);
  }

  async function dial({
    method,
    url,
    headers,
    body,
    deadlineMs = shortDeadlineMs,
  }: Request): Promise<Answer> {
    const own = url.origin === base.origin && authorization !== undefined ? { authorization } : {};
    const init = {
      method,
      headers: { ...headers, ...own },
      redirect: 'manual' as const,
      signal: AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)]),
      ...(body === undefined ? {} : { body: await body() }),
    };
    const answer = await fetch(url, init)
      .then(async (response) => ({
        status: response.status,
        headers: response.headers,
        text: await response.text(),
      }))
      .catch((cause: unknown) => {
        signal.throwIfAborted();
        throw passingError(`the registry ${name.host} broke off ${method} (${fetchFailure(cause)})`, cause);
      });
    if (!isPassingStatus(answer.status)) return answer;
    throw passingError(refusal(answer, 'is not well'), undefined, retryAfterMs(answer.headers));
  }

  /** The header that answers a challenge (RFC 9110 and "Token Authentication" of the CNCF registry). */
  async function prove(challenge: string): Promise<string> {
    const [scheme = ''] = challenge.toLowerCase().split(' ');
    const basic =
      credentials &&
      `Basic ${Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64')}`;
    if (scheme === 'bearer') return `Bearer ${await fetchToken(challenge, basic)}`;
    if (basic === undefined) throw withoutCredentials();
    return basic;
  }

  async function fetchToken(challenge: string, basic: string | undefined): Promise<string> {
    const asked = Object.fromEntries(
      [...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = '', value = '']) => [key, value]),
    );
    if (asked.realm === undefined || !URL.canParse(asked.realm))
      throw new Error(`the registry ${name.host} asks for a token and does not say where to get it`);
    const realm = new URL(asked.realm);
    if (realm.protocol !== 'https:' && !isLoopback(realm.hostname))
      throw new Error(
        `the registry ${name.host} sends credentials to ${realm.origin}, which has no TLS: they are not sent`,
      );
    const parameters = new URLSearchParams({
      ...(asked.service === undefined ? {} : { service: asked.service }),
      scope: `repository:${name.repository}:pull,push`,
    });
    const isIdentity = credentials?.isIdentityToken === true;
    if (isIdentity) {
      parameters.set('grant_type', 'refresh_token');
      parameters.set('client_id', 'tare');
      parameters.set('refresh_token', credentials.password);
    } else for (const [key, value] of parameters) realm.searchParams.set(key, value);
    const response = await fetch(realm, {
      method: isIdentity ? 'POST' : 'GET',
      redirect: 'error',
      signal: AbortSignal.any([signal, AbortSignal.timeout(shortDeadlineMs)]),
      ...(isIdentity
        ? { body: parameters }
        : basic === undefined
          ? {}
          : { headers: { authorization: basic } }),
    }).catch((cause: unknown) => {
      signal.throwIfAborted();
      throw passingError(
        `${realm.host}, which gives tokens for ${name.host}, broke off (${fetchFailure(cause)})`,
        cause,
      );
    });
    const text = await response.text();
    if (isPassingStatus(response.status)) {
      const what = `${realm.host}, which gives tokens for ${name.host}, answers ${response.status}`;
      throw passingError(what, undefined, retryAfterMs(response.headers));
    }
    if (!response.ok) throw refused({ status: 401, headers: response.headers, text }, 'to push');
    const given = tokenAnswer.safeParse(parsedJson(text)).data;
    const token = given?.token ?? given?.access_token;
    if (token === undefined) throw new Error(`${realm.host} answers without a token`);
    return token;
  }

  function withoutCredentials(): Error {
    return new Error(
      `the registry ${name.host} asks who pushes: set DOCKER_USERNAME and DOCKER_PASSWORD, or run docker login ${name.host}`,
    );
  }

  /** What a registry says of itself, in one line (OCI Distribution Specification, "Error Codes"). */
  function refusal({ status, text }: Answer, what: string): string {
    const errors = errorAnswer.safeParse(parsedJson(text)).data?.errors ?? [];
    const said = errors.map(({ code, message }) => [code, message].filter(Boolean).join(', ')).join('; ');
    return plainText(
      `the registry ${name.host} ${what} (${[status, said].filter(Boolean).join(': ')})`,
    ).slice(0, 500);
  }

  /** The error of an answer that will not change. */
  function refused(answer: Answer, what: string): Error {
    const pusher = credentials && `${credentials.username} (${credentials.from})`;
    if (answer.status === 401) {
      if (pusher === undefined) return withoutCredentials();
      const remedy = `give other credentials, or run docker login ${name.host}`;
      return new Error(`${refusal(answer, `does not accept ${pusher}`)}; ${remedy}`);
    }
    if (answer.status === 403) {
      const refusing =
        pusher === undefined ? 'lets nobody push without credentials' : `does not let ${pusher} push`;
      return new Error(refusal(answer, `${refusing} to ${name.repository}`));
    }
    if (answer.status === 413) {
      const remedy = 'raise its limit for the size of a request (nginx: client_max_body_size)';
      return new Error(
        `${refusal(answer, `takes nothing as large as ${what.replace(/^to send /, '')}`)}: ${remedy}`,
      );
    }
    if (answer.status >= 300 && answer.status < 400)
      return new Error(
        refusal(answer, `leads elsewhere when asked ${what}; give --registry the address that it leads to`),
      );
    return new Error(refusal(answer, `refuses ${what}`));
  }

  const retry = <T>(attempt: () => Promise<T>): Promise<T> => retried(attempt, retrying, signal);

  return {
    upload: ({ digest, sizeBytes, body }) =>
      retry(async () => {
        const known = await send({ method: 'HEAD', url: new URL(`blobs/${digest}`, base) });
        // a store behind the registry may have it
        if (known.status === 200 || known.status === 307) return false;
        const what = `to send a layer of ${mebibytes(sizeBytes)}`;
        if (known.status !== 404) throw refused(known, what);
        const begun = await send({
          method: 'POST',
          url: new URL('blobs/uploads/', base),
          body: () => Promise.resolve(new Blob([])),
        });
        const location = begun.headers.get('location');
        if (begun.status !== 202 || location === null) throw refused(begun, what);
        const url = new URL(location, base);
        url.searchParams.set('digest', digest);
        const headers = { 'content-type': 'application/octet-stream' };
        const done = await send({ method: 'PUT', url, headers, body, deadlineMs: uploadDeadlineMs });
        if (done.status !== 201) throw refused(done, what);
        return true;
      }),

    digestOf: (tag) =>
      retry(async () => {
        const headers = { accept: manifestTypes.join(', ') };
        const answer = await send({ method: 'HEAD', url: new URL(`manifests/${tag}`, base), headers });
        if (answer.status === 404) return undefined;
        if (answer.status !== 200) throw refused(answer, `to look for the tag ${tag}`);
        return answer.headers.get('docker-content-digest') ?? undefined;
      }),

    put: (reference, { bytes, mediaType, digest }) =>
      retry(async () => {
        const url = new URL(`manifests/${reference}`, base);
        const what = reference === digest ? 'to keep a manifest' : `to set the tag ${reference}`;
        const body = (): Promise<Blob> => Promise.resolve(new Blob([bytes.toString()]));
        const answer = await send({ method: 'PUT', url, headers: { 'content-type': mediaType }, body });
        if (answer.status !== 201) throw refused(answer, what);
        const kept = answer.headers.get('docker-content-digest') ?? digest;
        if (kept !== digest) throw new Error(`the registry ${name.host} has kept ${kept} for ${digest}`);
        return answer.headers.has('oci-subject');
      }),

    get: (reference) =>
      retry(async () => {
        const headers = { accept: manifestTypes.join(', ') };
        const answer = await send({ method: 'GET', url: new URL(`manifests/${reference}`, base), headers });
        if (answer.status === 404) return undefined;
        if (answer.status !== 200) throw refused(answer, `to look for ${reference}`);
        return answer.text;
      }),
  };
}

const manifestTypes = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
];

const tokenAnswer = z.object({ token: z.string().optional(), access_token: z.string().optional() });
const errorAnswer = z.object({
  errors: z.array(z.object({ code: z.string().optional(), message: z.string().optional() })),
});

/** Where the API of a registry is: over TLS, or without on this machine where there is none. */
async function reach({ host, plain }: ImageName, retrying: Retrying, signal: AbortSignal): Promise<URL> {
  const api = host === 'docker.io' ? 'registry-1.docker.io' : host;
  const addresses = [
    ...(plain === true ? [] : ['https']),
    ...((plain ?? !isLoopback(host.replace(/:\d+$/, ''))) ? [] : ['http']),
  ].map((scheme) => new URL(`${scheme}://${api}/`));
  const origins = addresses.length > 0 ? addresses : [new URL(`http://${api}/`)];
  return retried(
    async () => {
      let last: unknown;
      for (const origin of origins) {
        try {
          const bounded = AbortSignal.any([signal, AbortSignal.timeout(shortDeadlineMs)]);
          const answer = await fetch(new URL('/v2/', origin), { redirect: 'manual', signal: bounded });
          await answer.arrayBuffer();
          return origin;
        } catch (error) {
          signal.throwIfAborted();
          refuseUntrusted(host, error);
          last = error;
        }
      }
      const why = fetchFailure(last);
      throw passingError(`there is no registry at ${host} (${why})`, last);
    },
    retrying,
    signal,
  );
}

/** Throws for a certificate that is not trusted: it will not be at the next attempt, and plain HTTP is no way round it. */
function refuseUntrusted(host: string, error: unknown): void {
  const why = fetchFailure(error);
  if (!/CERT|SELF_SIGNED|VERIFY|HOSTNAME_MISMATCH/.test(why)) return;
  throw new Error(
    `the registry ${host} has a certificate that is not trusted (${why}): name its authority in NODE_EXTRA_CA_CERTS`,
    { cause: error },
  );
}

/** Whether a host is this machine by its name. */
function isLoopback(hostname: string): boolean {
  return /^(?:localhost|127\.\d+\.\d+\.\d+|\[?::1\]?)$/.test(hostname);
}

/** 49928192 → "47.6 MiB" */
export function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}

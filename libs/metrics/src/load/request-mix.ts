import type { LoadRequest } from './load-spec.ts';
import { seededRandom, shuffled } from './seeded-random.ts';

// shares are exact to one in a thousand, or to the smallest weight where that is finer
const shortestSequence = 1000;
const longestSequence = 10_000;

/**
 * Turns weights into an order of sending that the loops repeat. The shares over one pass are
 * those of the weights (largest remainder, at least one each); the order is random but fixed by the seed.
 * @returns indices of `requests`: `[0]` for a single one, otherwise 1,000 to 10,000 of them.
 * @throws Error when there is no request, more than 10,000, a list of bodies is empty, or a weight is not a finite number
 *   above 0.
 */
export function requestSequence(requests: readonly LoadRequest[], seed: number): readonly number[] {
  if (requests.length === 0) throw new Error('requests: expected at least one request to send');
  if (requests.length > longestSequence)
    throw new Error(`requests: ${requests.length}: expected at most ${longestSequence} in a mix`);
  const bare = requests.find(({ bodies }) => bodies?.length === 0);
  if (bare !== undefined) throw new Error(`bodies of ${bare.path}: expected at least one`);
  const weights = requests.map(({ weight = 1, path }) => {
    if (Number.isFinite(weight) && weight > 0) return weight;
    throw new Error(`weight of ${path}: ${weight}: expected a finite number above 0`);
  });
  if (requests.length === 1) return [0];
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const smallest = weights.reduce((least, weight) => Math.min(least, weight), Infinity);
  const length = Math.min(longestSequence, Math.max(shortestSequence, Math.ceil(total / smallest)));
  const counts = apportion(
    weights.map((weight) => weight / total),
    length,
  );
  return shuffled(
    counts.flatMap((count, index) => Array.from({ length: count }, () => index)),
    seededRandom(seed),
  );
}

/** A request in the form that the clients take. */
export type PreparedRequest = {
  /** Its index in the mix. */
  readonly place: number;
  readonly path: string;
  readonly method: NonNullable<LoadRequest['method']>;
  readonly headers: Record<string, string>;
  readonly body: string | Buffer | null;
};

/** @returns what gives the requests of an endless walk along a mix, the first at index 0. */
export function preparedMix(
  requests: readonly LoadRequest[],
  seed: number,
): (index: number) => PreparedRequest {
  const prepared = requests.map(prepareRequest);
  const walk = requestSequence(requests, seed).flatMap((place) => prepared.slice(place, place + 1));
  return (index) => {
    const next = walk[index % walk.length];
    if (next === undefined) throw new Error('the sequence of requests is empty');
    return next();
  };
}

function prepareRequest(request: LoadRequest, place: number): () => PreparedRequest {
  const { path, method = 'GET', headers = {}, bodies } = request;
  const head = { place, path, method, headers: { ...headers } };
  const withBody = (): PreparedRequest => ({ ...head, body: asBuffer(nextBody(request)) ?? null });
  if (bodies !== undefined) return withBody;
  const prepared = withBody();
  return () => prepared;
}

const bodiesSent = new WeakMap<LoadRequest, number>();

/**
 * @returns the body of the next send of a request. The loops that follow each other in a process share the walk along the
 *   bodies, so that none is sent twice before all were sent once.
 */
export function nextBody(request: LoadRequest): LoadRequest['body'] {
  const { body, bodies } = request;
  if (bodies === undefined) return body;
  const place = bodiesSent.get(request) ?? 0;
  bodiesSent.set(request, place + 1);
  return bodies[place % bodies.length];
}

/** @returns the bytes of a body without a copy, for clients that know only Buffers. */
export function asBuffer(body: LoadRequest['body']): string | Buffer | undefined {
  return body instanceof Uint8Array ? Buffer.from(body.buffer, body.byteOffset, body.byteLength) : body;
}

/** Largest remainder; a share too small for a place of its own still gets one, so the sum may be a little more. */
function apportion(shares: readonly number[], places: number): readonly number[] {
  const counts = shares.map((share) => Math.floor(share * places));
  const left = places - counts.reduce((sum, count) => sum + count, 0);
  const byRemainder = shares
    .map((share, index) => ({ index, remainder: share * places - Math.floor(share * places) }))
    .sort((a, b) => b.remainder - a.remainder);
  const raised = new Set(byRemainder.slice(0, left).map(({ index }) => index));
  return counts.map((count, index) => Math.max(1, count + (raised.has(index) ? 1 : 0)));
}

import { Refusal } from '../refusal.ts';

export type RateLimit = {
  /** Takes one turn of a client: 0 when it may go on, else the seconds after which it may. */
  take(client: string): number;
};

/** A client may do this many seconds' worth at once. */
const burstSeconds = 2;

/** How many clients are remembered; beyond that the one seen longest ago is forgotten and starts afresh. */
const mostClients = 10_000;

/**
 * At most `perSecond` turns a second for each client, and twice as many at once (a token bucket); no limit when it is 0.
 * `nowMs` is a clock that never goes back.
 */
export function createRateLimit(perSecond: number, nowMs: () => number): RateLimit {
  const most = Math.max(1, perSecond * burstSeconds);
  const buckets = new Map<string, { readonly turns: number; readonly atMs: number }>();
  return {
    take(client) {
      if (perSecond === 0) return 0;
      const atMs = nowMs();
      const before = buckets.get(client) ?? { turns: most, atMs };
      const turns = Math.min(most, before.turns + ((atMs - before.atMs) / 1000) * perSecond);
      const allowed = turns >= 1;
      // Put in anew, so that the map is in the order of last use.
      buckets.delete(client);
      buckets.set(client, { turns: allowed ? turns - 1 : turns, atMs });
      for (const [oldest] of buckets) {
        if (buckets.size <= mostClients) break;
        buckets.delete(oldest);
      }
      return allowed ? 0 : Math.max(1, Math.ceil((1 - turns) / perSecond));
    },
  };
}

/** Takes one turn of uploading for a client; the refusal 429, with Retry-After, when it has had too many. */
export function takeTurn(client: string, rateLimit: RateLimit): Refusal | undefined {
  const seconds = rateLimit.take(client);
  if (seconds === 0) return undefined;
  return new Refusal(429, `too many uploads at once; try again in ${seconds} s`, {
    'retry-after': String(seconds),
  });
}

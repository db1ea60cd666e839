import { GeneratorError, SideError, type LoadRequest, type LoadSide, type LoadSpec } from './load-spec.ts';
import { replyChecker, type Reply } from './reply-check.ts';
import { failuresText, type Counter, type Tally } from './tally.ts';

/** What became of a request: its reply, or the name of what kept it from coming. */
export type Ending = Reply | { readonly failure: string };

/** Whether it is a 2xx reply. */
export function isGood(ending: Ending): boolean {
  return 'status' in ending && ending.status >= 200 && ending.status <= 299;
}

/** A server that is silent for less is only slow. */
const shortestSilenceMs = 5000;
const timesTheLongest = 10;
// before its requests are given up: afterwards it owes nothing, and would be asked again and again
const shareOfTimeout = 0.9;

// what the generator's own host refuses it
const ownShortages: Readonly<Record<string, string>> = {
  EMFILE: 'it may open no more files: raise the limit with `ulimit -n`, or use fewer connections',
  ENFILE: 'this host has no open files left: end other programs, or use fewer connections',
  EADDRNOTAVAIL:
    'this host has no free ports left for new connections: let the server keep its connections open, or widen net.ipv4.ip_local_port_range',
  ENOBUFS: 'this host has no memory left for sockets: use fewer connections',
  ENOMEM: 'this host has no memory left: end other programs, or use fewer connections',
};

/** Whether it is the generator's own host that failed a request. */
export function isOwnShortage(failure: string): boolean {
  return ownShortages[failure] !== undefined;
}

export type ServerUnderLoad = {
  /** Whether the body of the next reply to the request at this place of the mix shall be kept. */
  readonly wantsBody: (place: number) => boolean;
  readonly sent: () => void;
  /** Counts what became of a request. @param counter undefined where nobody counts. */
  readonly ended: (place: number, ending: Ending, latencyMs: number, counter: Counter | undefined) => void;
  /** Counts a request that is given up. */
  readonly timedOut: (counter: Counter | undefined) => void;
  /** How many requests are under way. */
  readonly owed: () => number;
  /** How long it has been silent though it owes replies; 0 where it owes none. */
  readonly silentMs: () => number;
  /** After this much silence the server counts as hung. */
  readonly silenceLimitMs: () => number;
  /** @returns the error of a server that does not answer any more. */
  readonly hangs: (tally: Tally | undefined) => SideError;
};

type ServerOptions = {
  /** Place among the servers that are under load. */
  readonly side: number;
  readonly requests: readonly LoadRequest[];
  readonly connections: number;
  readonly timeoutMs: number;
  /** Called with what ends the load: a wrong reply, or something that the generator itself lacks. */
  readonly fail: (error: SideError | GeneratorError) => void;
};

/**
 * One server as the loops see it: what it owes, and whether what it sends is right.
 *
 * It hangs when it owes replies and has sent none for 5 s and for ten times the longest that it took so far (at first, what
 * a reply took without load, times the connections), at most nine tenths of the timeout of a request.
 */
export function serverUnderLoad(options: ServerOptions): ServerUnderLoad {
  const { side, requests, connections, timeoutMs, fail } = options;
  const checker = replyChecker(requests.map(({ expected }) => expected));
  const usualMs = requests.map((request) => request.usualMs ?? Infinity);
  let longestMs = Math.max(...usualMs) * connections;
  let owed = 0;
  let owedSinceMs = 0;
  let replies = 0;
  const settle = (): void => {
    owed -= 1;
    owedSinceMs = performance.now();
  };
  const silentMs = (): number => (owed === 0 ? 0 : performance.now() - owedSinceMs);
  return {
    wantsBody: checker.wantsBody,
    sent: () => {
      if (owed === 0) owedSinceMs = performance.now();
      owed += 1;
    },
    ended: (place, ending, latencyMs, counter) => {
      settle();
      if ('failure' in ending) {
        const shortage = ownShortages[ending.failure];
        if (shortage !== undefined) fail(new GeneratorError(`${ending.failure}: ${shortage}`));
        counter?.failed(ending.failure);
        return;
      }
      longestMs = longestMs === Infinity ? latencyMs : Math.max(longestMs, latencyMs);
      if (!isGood(ending)) {
        counter?.failed(`status ${ending.status}`);
        return;
      }
      replies += 1;
      const wrong = checker.check(place, ending);
      if (wrong !== undefined) {
        const { method = 'GET', path } = requests[place] ?? { path: '' };
        fail(new SideError(side, `reply ${replies} under load is wrong: ${method} ${path}: ${wrong}`));
      }
      counter?.replied(latencyMs);
    },
    timedOut: (counter) => {
      settle();
      counter?.timedOut();
    },
    owed: () => owed,
    silentMs,
    silenceLimitMs: () =>
      Math.min(shareOfTimeout * timeoutMs, Math.max(shortestSilenceMs, timesTheLongest * longestMs)),
    hangs: (tally) => {
      const known = tally?.counts();
      const failures = failuresText({
        failures: known?.failures ?? {},
        timeouts: owed + (known?.timeouts ?? 0),
      });
      return new SideError(
        side,
        `it does not answer any more: ${owed === 1 ? '1 request has' : `${owed} requests have`} had no reply for ${(silentMs() / 1000).toFixed(1)} s (${failures}), after ${replies} good replies`,
      );
    },
  };
}

/** Keeps the connections to one server busy, each with one request under way. */
export type Sender = {
  readonly client: 'autocannon' | 'undici';
  /**
   * Sends until the time is over or there are enough 2xx replies.
   * @returns how long that took, in milliseconds; what came meanwhile is in the tally.
   */
  readonly send: (
    tally: Tally,
    until: { readonly ms: number } | { readonly requests: number },
  ) => Promise<number>;
  /** Waits for the replies still owed at the end; those that never come count as timed out. */
  readonly settle: (tally: Tally) => Promise<void>;
  /** Gives up what is under way. */
  readonly abandon: () => void;
  readonly close: () => Promise<void>;
};

export type SenderOptions = {
  readonly side: LoadSide;
  readonly spec: Pick<LoadSpec, 'connections' | 'seed' | 'timeoutSeconds'>;
  readonly server: ServerUnderLoad;
};

/** More failures than replies are no measurement of a service. @throws SideError that says what failed. */
export function requireReplies(
  side: number,
  window: string,
  tally: Tally,
  generatorCpuPercent?: number,
): void {
  const counts = tally.counts();
  const failed = counts.errors + counts.timeouts;
  if (failed <= counts.requests && counts.requests > 0) return;
  const busy =
    generatorCpuPercent !== undefined && generatorCpuPercent > busyGeneratorPercent
      ? `; the load generator was busy for ${generatorCpuPercent.toFixed(0)} % of the time and may itself be the reason: use fewer connections`
      : '';
  const found =
    failed === 0
      ? `no request came to an end in ${window}: it is shorter than a reply takes`
      : `${failed} of ${counts.requests + failed} requests failed in ${window}: ${failuresText(counts)}`;
  throw new SideError(side, `${found}${busy}`);
}

const busyGeneratorPercent = 95;

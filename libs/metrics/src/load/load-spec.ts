import type { LatencyQuantiles } from './latency-histogram.ts';
import type { ReplyExpectation } from './reply-check.ts';

/** One of the requests that the load is made of. */
export type LoadRequest = {
  readonly path: string;
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Instead of `body`: every send takes the next of them, after the last the first again. */
  readonly bodies?: readonly (string | Uint8Array)[];
  /** Share in the mix, 1 by default. */
  readonly weight?: number;
  /** What its replies are compared with, on a sample; undefined: only their status counts. */
  readonly expected?: ReplyExpectation;
  /** How long a reply took without load: after ten times as long no reply is expected any more. */
  readonly usualMs?: number;
};

/** How the planned times of an open window lie: at random and independent of each other, or on a constant beat. */
export type Arrivals = 'poisson' | 'constant';

/** A window in which requests are sent at planned times, whether or not earlier replies have come. */
export type OpenWindow = {
  readonly rateRps: number;
  readonly durationMs: number;
  /** 'poisson' by default; the seed fixes the times. */
  readonly arrivals?: Arrivals;
  /**
   * Once the generator has sent more requests of the window late than this, slices in which it is late are sent again, at most a
   * quarter of them; undefined for never.
   */
  readonly mostLateSends?: number;
};

/** One server under load. */
export type LoadSide = {
  /** As in "http://127.0.0.1:4000". */
  readonly origin: string;
  /** At least one; sent in a random order by weight, fixed by the seed. */
  readonly requests: readonly LoadRequest[];
  /** Whether the server closes the connection after each reply, which autocannon takes for an error. */
  readonly closesConnections?: boolean;
  /** Follows the closed windows of all sides, in slices that alternate with those of the other sides that have one. */
  readonly open?: OpenWindow;
};

/**
 * Load in a closed loop, and where a side asks for it, at a fixed arrival rate afterwards. Plain data: it crosses a process
 * border.
 */
export type LoadSpec = {
  /** At least one; several share the time in slices. */
  readonly sides: readonly LoadSide[];
  /** Of the order of the requests, and of the planned times. */
  readonly seed: number;
  /** Of the closed loop; the open one opens as many as its rate needs. */
  readonly connections: number;
  /** Load on each side before the window, whose replies do not count. */
  readonly warmupMs: number;
  readonly window:
    | {
        readonly kind: 'duration';
        /** Of each side. */
        readonly durationMs: number;
        /**
         * The sides alternate: each is loaded for this long while the others have nothing to do, until each has had its
         * duration. Without it there is one side, whose window is whole.
         */
        readonly sliceMs?: number;
        /** Between warm-up and slices nothing is sent for this long: meters can tell what a side burns by itself. */
        readonly idleMs?: number;
      }
    | { readonly kind: 'requests'; readonly requests: number };
  /** A request without a reply after this long is a timeout. A whole number: autocannon takes no other. */
  readonly timeoutSeconds: number;
};

/** Load at a fixed arrival rate alone. */
export type OpenSpec = {
  readonly origin: string;
  readonly requests: readonly LoadRequest[];
  readonly seed: number;
  readonly timeoutSeconds: number;
  /** At the same rate before the window; does not count. */
  readonly warmupMs: number;
  readonly open: OpenWindow;
};

/** Mean and maximum are exact, quantiles come from the histogram. All 0 without a request. */
export type LatencySummary = LatencyQuantiles & { readonly mean: number; readonly max: number };

/** What became of the requests of a window. */
export type Counts = {
  /** 2xx replies. */
  readonly requests: number;
  /** Replies that are not 2xx, connections refused or broken. Not among the latencies. */
  readonly errors: number;
  /** Requests without a reply in time. */
  readonly timeouts: number;
  /** What the errors were, and how many of each: "status 500", "ECONNRESET". */
  readonly failures: Readonly<Record<string, number>>;
  readonly latencyMs: LatencySummary;
  /** HDR histogram in microseconds, V2 compressed, base64. */
  readonly histogram: string;
};

/**
 * Single requests of an open window: the first of every `every` planned ones, in their order. Windows that were planned with
 * the same seed, rate and length have the same request at the same place.
 */
type OpenSeries = {
  readonly every: number;
  /** Latencies in milliseconds; null for a request that failed or had no reply in time. */
  readonly latencyMs: readonly (number | null)[];
};

/** The result of an open window. `requests + errors + timeouts = planned`. */
export type OpenOutcome = Counts & {
  readonly durationMs: number;
  readonly rateRps: number;
  /** Requests whose planned time lies in the window. They count even if their replies come after it. */
  readonly planned: number;
  /** Of the planned ones, how many the generator sent more than 1 ms late. */
  readonly lateSends: number;
  readonly maxLateMs: number;
  /** Mean share of one CPU that sending and receiving took in the window, without the waiting between; 100 is one CPU. */
  readonly generatorCpuPercent: number;
  /** Number of slices that the window is made of; undefined of a whole window. */
  readonly slices?: number;
  /** How many slices were sent again because the generator was late; what they came to at first is in no figure. */
  readonly slicesAgain?: number;
  /** What became of planned requests in the order of their times, one by one. */
  readonly series: OpenSeries;
};

/** The result of a slice: 2xx replies, and how long it took. */
export type Slice = { readonly requests: number; readonly durationMs: number };

/** The result of a closed window, and of the open one that followed it. */
export type LoadOutcome = Counts & {
  readonly connections: number;
  /** Length of the window as it was; of slices, their sum. */
  readonly durationMs: number;
  /** `requests` per second of the window. */
  readonly throughputRps: number;
  /** The client that sent the requests. */
  readonly client: 'autocannon' | 'undici';
  /** CPU time of the generator over the window; 100 is one CPU. */
  readonly generatorCpuPercent: number;
  /** The slices that the window is made of, in their order; undefined of a whole window. */
  readonly slices?: readonly Slice[];
  readonly open?: OpenOutcome;
};

/**
 * The moments of a load at which meters are read. Idle is the time between warm-up and slices, when no side is loaded. The
 * open windows of all sides begin and end together.
 */
export type Moment = 'idle-start' | 'idle-end' | 'window-start' | 'window-end' | 'open-start' | 'open-end';

/** A server that failed under load, by its place among the sides. */
export class SideError extends Error {
  readonly side: number;
  constructor(side: number, message: string) {
    super(message);
    this.side = side;
  }
}

/** The load generator itself lacked something; no server is at fault. */
export class GeneratorError extends Error {}

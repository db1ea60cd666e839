import type { LatencyQuantiles } from './latency-histogram.ts';

/** One of the requests that the load is made of. */
export type LoadRequest = {
  readonly path: string;
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Instead of `body`: every send takes the next of them, after the last the first again. */
  readonly bodies?: readonly (string | Uint8Array)[];
  /** Share in the mix, 1 by default. */
  readonly weight?: number;
};

/** A window in which requests are sent at planned times, whether or not earlier replies have come. */
export type OpenWindow = { readonly rateRps: number; readonly durationMs: number };

/** What the load generator is told to do. Plain data: it crosses a process border. */
export type LoadOrder = {
  /** As in "http://127.0.0.1:4000". */
  readonly origin: string;
  /** At least one; sent in a random order by weight, fixed by the seed. */
  readonly requests: readonly LoadRequest[];
  readonly seed: number;
  /** Of the closed loop; the open one opens as many as its rate needs. */
  readonly connections: number;
  /** Load before the window, whose replies do not count. */
  readonly warmupMs: number;
  readonly window:
    | { readonly kind: 'duration'; readonly durationMs: number }
    | { readonly kind: 'requests'; readonly requests: number };
  /** A request without a reply after this long is a timeout. A whole number: autocannon takes no other. */
  readonly timeoutSeconds: number;
  /** Follows the closed window in the same process. */
  readonly open?: OpenWindow;
};

/** Load at a fixed arrival rate alone. */
export type OpenOrder = {
  readonly origin: string;
  readonly requests: readonly LoadRequest[];
  readonly seed: number;
  readonly timeoutSeconds: number;
  /** At the same rate before the window; does not count. */
  readonly warmupMs: number;
  readonly open: OpenWindow;
};

/** A server that takes turns with others. */
export type TurnsSide = {
  readonly origin: string;
  readonly requests: readonly LoadRequest[];
  /** Follows the turns of all, alone. */
  readonly open?: OpenWindow;
};

/** Load on several servers in turns. */
export type TurnsOrder = {
  readonly sides: readonly TurnsSide[];
  readonly seed: number;
  /** Of the side whose turn it is. */
  readonly connections: number;
  /** Of each side, before the first turn; does not count. */
  readonly warmupMs: number;
  /** After this long a turn sends nothing more. */
  readonly turnMs: number;
  /** The turns go on until each side has had this much in all. */
  readonly durationMs: number;
  readonly timeoutSeconds: number;
};

/** Mean and maximum are exact, quantiles come from the histogram. All 0 without a request. */
export type LatencySummary = LatencyQuantiles & { readonly mean: number; readonly max: number };

/** What an open window came to. `requests + errors + timeouts = planned`. */
export type OpenOutcome = {
  readonly durationMs: number;
  readonly rateRps: number;
  /** Requests whose planned time lies in the window. They count even if their replies come after it. */
  readonly planned: number;
  /** 2xx replies to them. */
  readonly requests: number;
  /** Replies that are not 2xx, connections refused or broken. Not among the latencies. */
  readonly errors: number;
  /** Without a reply after the timeout; among the latencies with the timeout as theirs, so that quantiles are not flattered. */
  readonly timeouts: number;
  /** Of the planned ones, how many the generator sent more than 1 ms late. */
  readonly lateSends: number;
  readonly maxLateMs: number;
  /** From the planned time of sending to the end of the reply. */
  readonly latencyMs: LatencySummary;
  /** HDR histogram in microseconds, V2 compressed, base64. */
  readonly histogram: string;
  /** Mean share of one CPU that sending and receiving took in the window, without the waiting between; 100 is one CPU. */
  readonly generatorCpuPercent: number;
};

/** What a turn came to: 2xx replies, and how long it took. */
export type TurnOutcome = { readonly requests: number; readonly durationMs: number };

/** What a load window came to. */
export type LoadOutcome = {
  readonly connections: number;
  /** Length of the window as it was. */
  readonly durationMs: number;
  /** 2xx replies within the window. */
  readonly requests: number;
  /** Replies that are not 2xx, connections refused or broken. */
  readonly errors: number;
  readonly timeouts: number;
  /** `requests` per second of the window. */
  readonly throughputRps: number;
  readonly latencyMs: LatencySummary;
  /** HDR histogram in microseconds, V2 compressed, base64. */
  readonly histogram: string;
  /** CPU time of the generator over the window; 100 is one CPU. */
  readonly generatorCpuPercent: number;
  /** So many turns the window is made of, when servers took turns; `durationMs` is their sum. */
  readonly turns?: number;
  /** What each of those turns came to, in their order. */
  readonly course?: readonly TurnOutcome[];
  readonly open?: OpenOutcome;
};

/** What the generator's process is sent by its parent. */
export type GeneratorJob = (
  | { readonly kind: 'load'; readonly order: LoadOrder }
  | { readonly kind: 'open'; readonly order: OpenOrder }
  | { readonly kind: 'turns'; readonly order: TurnsOrder }
) & {
  /** Whether the generator has CPUs of its own, so that it may poll the clock between two sends. */
  readonly spin: boolean;
};

/** What the generator's process sends to its parent. */
export type GeneratorMessage =
  | { readonly kind: 'ready' }
  | { readonly kind: 'window-start' }
  | { readonly kind: 'window-end' }
  | { readonly kind: 'open-start' }
  | { readonly kind: 'open-end' }
  | { readonly kind: 'outcome'; readonly outcome: LoadOutcome }
  | { readonly kind: 'open-outcome'; readonly outcome: OpenOutcome }
  | { readonly kind: 'turn-outcomes'; readonly outcome: readonly LoadOutcome[] }
  | { readonly kind: 'failed'; readonly message: string };

/** What the load generator is told to do. Plain data: it crosses a process border. */
export type LoadOrder = {
  readonly url: string;
  readonly connections: number;
  /** Load before the window, whose replies do not count. */
  readonly warmupMs: number;
  readonly window:
    | { readonly kind: 'duration'; readonly durationMs: number }
    | { readonly kind: 'requests'; readonly requests: number };
  /** A request without a reply after this long is a timeout. A whole number: autocannon takes no other. */
  readonly timeoutSeconds: number;
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
};

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
  /** Mean and maximum are exact, quantiles come from the histogram. */
  readonly latencyMs: {
    readonly mean: number;
    readonly p50: number;
    readonly p90: number;
    readonly p95: number;
    readonly p99: number;
    readonly max: number;
  };
  /** HDR histogram in microseconds, V2 compressed, base64. */
  readonly histogram: string;
  /** CPU time of the generator over the window; 100 is one CPU. */
  readonly generatorCpuPercent: number;
};

/** What the generator's process sends to its parent. */
export type GeneratorMessage =
  | { readonly kind: 'ready' }
  | { readonly kind: 'window-start' }
  | { readonly kind: 'window-end' }
  | { readonly kind: 'outcome'; readonly outcome: LoadOutcome }
  | { readonly kind: 'failed'; readonly message: string };

/** Numbers that shape a workload's request; each can be set on the command line by its name (`--n=300000`). */
export type Parameters = Readonly<Record<string, number>>;

/** A request as the load generator sends it. */
export type WorkloadRequest = {
  /** Path and query: "/primecount?n=300000". */
  readonly path: string;
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Instead of `body`: every send takes the next of them, after the last the first again. */
  readonly bodies?: readonly (string | Uint8Array)[];
};

/** A request of a mix. */
export type WeightedRequest = WorkloadRequest & {
  /** Its share in the mix, relative to the others; 1 by default. */
  readonly weight?: number;
};

/** What the data of a trial is made from before its load. */
export type SetUpContext = {
  /** Of the instance: "http://127.0.0.1:41234". */
  readonly origin: URL;
  readonly parameters: Parameters;
  /** Seed of the run: the same data in every trial. */
  readonly seed: number;
  readonly signal: AbortSignal;
};

/** One question of the conformance check, and what a right answer holds. */
export type ConformanceCheck = {
  readonly request: WorkloadRequest;
  readonly status: number;
  /** Members that the JSON reply must have with just these values; others may stand beside them. */
  readonly json?: Readonly<Record<string, string | number | boolean | null>>;
};

/** @returns the app of a workload: "shop" of "shop:browse". */
export function appOf(workloadName: string): string {
  return workloadName.split(':', 1)[0] ?? workloadName;
}

/** An app and the request sent to it. */
export type Workload = {
  /** Unique in a run: that of the app, "primes", or with what is asked of it, "shop:browse". */
  readonly name: string;
  /** The bundled file that every environment runs. */
  readonly artifact: URL;
  /** Answers 200 when the app is ready. */
  readonly healthPath: string;
  /** Defaults of the parameters. */
  readonly parameters?: Parameters;
  /**
   * The request of the load window, or a mix of some. Bodies are made here, from the seed of the run: the same in every
   * trial.
   */
  readonly request: (parameters: Parameters, seed: number) => WorkloadRequest | readonly WeightedRequest[];
  /** Puts data into a ready instance before its load; called in every trial. */
  readonly setUp?: (context: SetUpContext) => Promise<void>;
  /** The variable that tells the app its folder for data: fresh and empty in every trial, removed after it. */
  readonly dataVariable?: string;
  /** Asked of every environment before the first round: known answers, and a bad request that must be refused. */
  readonly conformance: readonly ConformanceCheck[];
  /** Environment variables of the app besides HOST and PORT. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Whether it is measured when no workload is named; true by default. */
  readonly byDefault?: boolean;
  /** A fixed port; a free one by default. */
  readonly port?: number;
};

/** @returns the mix of a load: one request is a mix of one. */
export function requestsOf(
  request: WorkloadRequest | readonly WeightedRequest[],
): readonly WeightedRequest[] {
  return 'path' in request ? [request] : request;
}

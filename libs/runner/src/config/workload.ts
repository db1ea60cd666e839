/** Numbers that shape a workload's request; each can be set on the command line by its name (`--n=300000`). */
export type Parameters = Readonly<Record<string, number>>;

/** A request as the load generator sends it. */
export type WorkloadRequest = {
  /** Path and query: "/primecount?n=300000". */
  readonly path: string;
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
};

/** One question of the conformance check, and what a right answer holds. */
export type ConformanceCheck = {
  readonly request: WorkloadRequest;
  readonly status: number;
  /** Members that the JSON reply must have with just these values; others may stand beside them. */
  readonly json?: Readonly<Record<string, string | number | boolean | null>>;
};

/** An app and the request sent to it. */
export type Workload = {
  /** Unique in a run. */
  readonly name: string;
  /** The bundled file that every environment runs. */
  readonly artifact: URL;
  /** Answers 200 when the app is ready. */
  readonly healthPath: string;
  /** Defaults of the parameters. */
  readonly parameters?: Parameters;
  /** The request of the load window. */
  readonly request: (parameters: Parameters) => WorkloadRequest;
  /** Asked of every environment before the first round: known answers, and a bad request that must be refused. */
  readonly conformance: readonly ConformanceCheck[];
  /** Environment variables of the app besides HOST and PORT. */
  readonly variables?: Readonly<Record<string, string>>;
  /** A fixed port; a free one by default. */
  readonly port?: number;
};

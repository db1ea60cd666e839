import type { AppSource } from '@tare/environment';
import type { LoadRequest, ReplyMatcher } from '@tare/metrics';
import { z } from 'zod';

/** Numbers that shape a workload's request; each can be set on the command line by its name (`--n=300000`). */
export type Parameters = Readonly<Record<string, number>>;

/** A request as the load generator sends it. */
export type WorkloadRequest = {
  /** Path and query: "/primecount?n=300000". What a URL does not hold as it is (blanks, umlauts) is encoded. */
  readonly path: string;
  readonly method?: NonNullable<LoadRequest['method']>;
  /** Of ASCII. Length and encoding of the body, and the connection, are the load generator's own. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Instead of `body`: every send takes the next of them, after the last the first again. */
  readonly bodies?: readonly (string | Uint8Array)[];
  /**
   * What a reply under load must hold, on a sample; `{}` for nothing. Without it replies are compared with those of the
   * baseline before the load: the same, byte by byte, where it answers the same twice, else one of the same kind.
   */
  readonly reply?: ReplyMatcher;
};

/** A request of a mix. */
export type WeightedRequest = WorkloadRequest & {
  /** Its share in the mix, relative to the others; 1 by default. */
  readonly weight?: number;
};

/** What `setUp` gets to create the data of a trial before its load. */
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
  /** Unique in a run: the name of the app, "primes", or of the app and a load, "shop:browse". */
  readonly name: string;
  /** What every environment runs. */
  readonly app: AppSource;
  /** A path that answers with any 2xx when the app is ready, or "tcp" for an accepted connection. */
  readonly health: string;
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
  readonly data?: string;
  /** Asked of every environment before the first round: known answers, and a bad request that must be refused. */
  readonly conformance: readonly ConformanceCheck[];
  /** Environment variables of the app besides HOST and PORT. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Whether it is measured when no workload is named; true by default. */
  readonly byDefault?: boolean;
  /** A fixed port; a free one by default. */
  readonly port?: number;
};

// headers that the load clients set themselves or do not support
const ownHeaders = /^(connection|content-length|expect|keep-alive|te|trailer|transfer-encoding|upgrade)$/i;

const headers = z
  .record(z.string(), z.string().regex(/^[\t\x20-\x7e]*$/, 'expected printable ASCII: encode what is not'))
  .superRefine((given, context) => {
    for (const name of Object.keys(given)) {
      const isToken = /^[!#$%&'*+.^_`|~0-9a-z-]+$/i.test(name);
      if (isToken && !ownHeaders.test(name)) continue;
      const message = isToken
        ? 'is set by the load generator, leave it out'
        : 'expected the name of a header';
      context.addIssue({ code: 'custom', path: [name], message });
    }
  })
  .optional();
const body = z.union([z.string(), z.instanceof(Uint8Array)]);

/** A request of a configuration, with its path encoded. */
export const requestSchema = z.strictObject({
  path: z
    .string()
    .startsWith('/', 'expected a path that begins with /')
    .refine(
      (path) => !path.includes('#'),
      'expected a path without #: a fragment is never sent, as a character it is %23',
    )
    .refine((path) => path.isWellFormed(), 'expected a path of whole characters')
    .transform((path) => path.replace(/[^\x21-\x7e]/gu, encodeURIComponent)),
  method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']).optional(),
  headers,
  body: body.optional(),
  bodies: z.array(body).min(1, 'expected at least one').optional(),
  reply: z
    .strictObject({
      status: z.int().min(200).max(299).optional(),
      json: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])).optional(),
      matches: z.instanceof(RegExp).optional(),
    })
    .optional(),
});

const weightedSchema = requestSchema.extend({
  weight: z.number().positive('expected a number above 0').optional(),
});

/**
 * @returns the mix that a workload is loaded with: one request is a mix of one. Paths are encoded.
 * @throws Error with one line: which request, what is wrong with it, what was expected.
 */
export function requestsOf(
  { name, request, parameters = {} }: Pick<Workload, 'name' | 'request' | 'parameters'>,
  seed: number,
): readonly WeightedRequest[] {
  const made = request(parameters, seed);
  const list = Array.isArray(made) ? (made as readonly unknown[]) : [made];
  if (list.length === 0) throw new Error(`workload ${name}: request: expected at least one request`);
  return list.map((each, index) => {
    const parsed = weightedSchema.safeParse(each);
    // zod's optional members may be undefined, ours are absent: same at run time
    if (parsed.success) return parsed.data as WeightedRequest;
    const [issue] = parsed.error.issues;
    const place = [...(list.length > 1 ? [index] : []), ...(issue?.path ?? [])].join('.');
    throw new Error(
      `workload ${name}: request${place && ` ${place}`}: ${issue?.message ?? 'expected a request'}`,
    );
  });
}

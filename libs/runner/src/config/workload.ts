import type { AppSource, ImageSource } from '@tare/environment';
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

/** The requests for an app, and what it gets: a workload without its name and its app. */
export type Asked = {
  /** The request of the load: GET this path. */
  readonly get?: string;
  /**
   * Instead of `get`: the request of the load, or a mix of some, or a function that makes them from the parameters and the
   * run's seed, the same in every trial.
   */
  readonly request?: LoadMaker | WorkloadRequest | readonly WeightedRequest[];
  /** What the replies of all requests must hold that say nothing else: see {@link WorkloadRequest.reply}. */
  readonly reply?: ReplyMatcher;
  /**
   * A path that answers with any 2xx when the app is ready, or "tcp" for an accepted connection. Without it the first request
   * of the load says so, for an app is ready when it answers what it is there for; where that is no GET, or needs the data
   * that `setUp` brings, an accepted connection.
   */
  readonly health?: string;
  /**
   * Asked of every environment before the first round: known answers, and a bad request that must be refused. The requests of
   * the load are asked then in any case.
   */
  readonly conformance?: readonly ConformanceCheck[];
  /** Defaults of the parameters. */
  readonly parameters?: Parameters;
  /** Puts data into a ready instance before its load; called in every trial. */
  readonly setUp?: (context: SetUpContext) => Promise<void>;
  /** The variable that tells the app its folder for data: fresh and empty in every trial, removed after it. */
  readonly data?: string;
  /** Environment variables of the app besides HOST and PORT. */
  readonly variables?: Readonly<Record<string, string>>;
  /** A fixed port, for an app that ignores PORT; a free one by default. */
  readonly port?: number;
  /** Whether it is measured when no workload is named; true by default. */
  readonly byDefault?: boolean;
};

/** Makes the request of the load, or a mix of some. */
type LoadMaker = (parameters: Parameters, seed: number) => WorkloadRequest | readonly WeightedRequest[];

/** An app and what is asked of it, as `node`, `files`, `project` and `image` make it: a workload without its name. */
export type AskedApp<App extends AppSource = AppSource> = Asked & { readonly app: App };

/** A workload as bench.config.ts may give it. */
export type WorkloadInput = AskedApp & {
  /** Unique in a run: the name of the app, "primes" or "@shop/api", or of the app and a load, "@shop/api:browse". */
  readonly name: string;
};

/** A workload, checked: its load is a function, whatever was given. */
export type Workload = Omit<WorkloadInput, 'get' | 'request' | 'conformance'> & {
  readonly request: LoadMaker;
  readonly conformance: readonly ConformanceCheck[];
};

/** @returns the app of a workload: "shop" of "shop:browse". */
export function appOf(workloadName: string): string {
  return workloadName.split(':', 1)[0] ?? workloadName;
}

/**
 * @param requests the mix that the workload is loaded with.
 * @returns the path that answers with any 2xx when the app is ready; undefined where an accepted connection says so.
 */
export function healthPathOf(
  { health, setUp }: Pick<Workload, 'health' | 'setUp'>,
  [first]: readonly WeightedRequest[],
): string | undefined {
  if (health !== undefined) return health === 'tcp' ? undefined : health;
  return setUp === undefined && (first?.method ?? 'GET') === 'GET' ? first?.path : undefined;
}

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
const body = z.union([z.string(), z.instanceof(Uint8Array)], { error: 'expected a text, or bytes' });
const jsonMembers = z.record(
  z.string(),
  z.union([z.string(), z.number(), z.boolean(), z.null()], {
    error: 'expected a text, a number, true, false or null',
  }),
);

const replySchema = z.strictObject({
  status: z.int().min(200).max(299).optional(),
  json: jsonMembers.optional(),
  matches: z.instanceof(RegExp).optional(),
});

/** A request of a configuration, with its path encoded. */
const requestSchema = z.strictObject({
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
  reply: replySchema.optional(),
});

const weightedSchema = requestSchema.extend({
  weight: z.number().positive('expected a number above 0').optional(),
});

const functionOf = <T>(what: string) =>
  z.custom<T>((value) => typeof value === 'function', `expected ${what}`);
const fileUrl = z.instanceof(URL, { message: 'expected a file URL: new URL("…", import.meta.url)' });
const command = z
  .array(z.string().min(1, 'expected a word'), 'expected a list of the program and its arguments')
  .min(1, 'expected a program');
const base = z
  .union([z.strictObject({ packages: z.array(z.string()) }), z.strictObject({ image: z.string().min(1) })], {
    error: 'expected { packages: […] } or { image: "…" }',
  })
  .optional();

/** Loose: a tool may keep what it knows of an app with it. */
const app = z.discriminatedUnion(
  'kind',
  [
    z.looseObject({ kind: z.literal('node'), file: fileUrl }),
    z.looseObject({ kind: z.literal('files'), folder: fileUrl, command, base }),
    z.looseObject({
      kind: z.literal('project'),
      project: z.string().min(1, 'expected the name of a project'),
      command: command.optional(),
      base,
    }),
    z.looseObject({
      kind: z.literal('image'),
      name: z.string(),
      project: z.string().optional(),
      read: functionOf<ImageSource['read']>('a function that reads the image'),
    }),
  ],
  { error: 'expected an app: node(…), files(…), project(…) or image(…)' },
);

const pathText = z.string().startsWith('/', 'expected a path that begins with /');
const asked = z.strictObject({
  get: pathText.optional(),
  request: z
    .custom<NonNullable<Asked['request']>>(
      (value) => typeof value === 'function' || (typeof value === 'object' && value !== null),
      'expected a request, a list of some, or a function from the parameters to them',
    )
    .optional(),
  reply: replySchema.optional(),
  health: z
    .string()
    .regex(/^(\/|tcp$)/, 'expected a path that begins with /, or "tcp"')
    .optional(),
  parameters: z.record(z.string(), z.number()).optional(),
  conformance: z
    .array(
      z.strictObject({
        request: requestSchema,
        status: z.int().min(100).max(599),
        json: jsonMembers.optional(),
      }),
    )
    .default([]),
  setUp: functionOf<NonNullable<Asked['setUp']>>('a function that puts data into an instance').optional(),
  data: z
    .string()
    .regex(/^[A-Z_][A-Z0-9_]*$/i, 'expected the name of an environment variable')
    .optional(),
  variables: z.record(z.string(), z.string()).optional(),
  byDefault: z.boolean().optional(),
  port: z
    .int('expected a port')
    .min(1, 'expected a port')
    .max(65_535, 'expected a port, at most 65535')
    .optional(),
});

/** The longest name of a workload or an environment, as long as npm lets a package have one: they stand in every table and chart. */
export const longestName = 214;
// as Nx and npm name projects, and behind a colon what is asked of the app
const namePattern = /^(@[a-z0-9~*][\w.~*-]*\/)?[a-z0-9][\w.~-]*(\/[a-z0-9~][\w.~-]*)*(:[\w.~-]+)*$/i;

/** A workload of a configuration, its load as a function. */
export const workloadSchema = asked
  .extend({
    name: z
      .string()
      .max(longestName, `expected at most ${longestName} characters`)
      .regex(
        namePattern,
        'expected a name like that of a project, "api" or "@shop/api", and what is asked, "api:browse"',
      ),
    app,
  })
  .transform(({ get, request, ...rest }, context) => {
    if ((get === undefined) === (request === undefined)) {
      context.addIssue({
        code: 'custom',
        path: ['get'],
        message: 'expected either get: "/path" or a request',
      });
      return z.NEVER;
    }
    return {
      ...rest,
      request: typeof request === 'function' ? request : () => request ?? { path: get ?? '/' },
    };
  });

/**
 * @returns the mix that a workload is loaded with: one request is a mix of one. Paths are encoded.
 * @throws Error with one line: which request, what is wrong with it, what was expected.
 */
export function requestsOf(
  { name, request, parameters = {}, reply }: Pick<Workload, 'name' | 'request' | 'parameters' | 'reply'>,
  seed: number,
): readonly WeightedRequest[] {
  const made = request(parameters, seed);
  const list = Array.isArray(made) ? (made as readonly unknown[]) : [made];
  if (list.length === 0) throw new Error(`workload ${name}: request: expected at least one request`);
  return list.map((each, index) => {
    const parsed = weightedSchema.safeParse(each);
    // zod's optional members may be undefined, ours are absent: same at run time
    if (parsed.success) {
      const checked = parsed.data as WeightedRequest;
      return reply === undefined || checked.reply !== undefined ? checked : { ...checked, reply };
    }
    const [issue] = parsed.error.issues;
    const place = [...(list.length > 1 ? [index] : []), ...(issue?.path ?? [])].join('.');
    throw new Error(
      `workload ${name}: request${place && ` ${place}`}: ${issue?.message ?? 'expected a request'}`,
    );
  });
}

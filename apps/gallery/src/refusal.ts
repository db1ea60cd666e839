/** Why a request cannot be done, in words for whoever sent it, with the status that says so. */
export class Refusal extends Error {
  readonly status: ProblemStatus;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: ProblemStatus, detail: string, headers: Readonly<Record<string, string>> = {}) {
    super(detail);
    this.name = 'Refusal';
    this.status = status;
    this.headers = headers;
  }
}

/** The refusal of whatever there is no room for. */
export function storeFull(): Refusal {
  return new Refusal(507, 'the gallery is full; delete images to make room');
}

/** The refusal of what cannot be done now, and when to try again. */
export function busy(detail: string, retryAfterS: number): Refusal {
  return new Refusal(503, `${detail}; try again in ${retryAfterS} s`, { 'retry-after': String(retryAfterS) });
}

/** The refusal that an error comes down to: a full disk, or too many open files; undefined for a fault of the service. */
export function refusalOf(error: unknown): Refusal | undefined {
  if (error instanceof Refusal) return error;
  if (!(error instanceof Error)) return undefined;
  const code = 'code' in error ? error.code : undefined;
  if (code === 'ENOSPC' || code === 'EDQUOT') return storeFull();
  if (code === 'EMFILE' || code === 'ENFILE') return busy('the gallery has too many files open', 1);
  return refusalOf(error.cause);
}

/** A refusal as RFC 9457 has it. */
export type Problem = {
  /** about:blank: the status says it all, and the title is its phrase (RFC 9457, 4.2.1). */
  readonly type: 'about:blank';
  readonly title: string;
  readonly status: number;
  readonly detail: string;
};

const titles = {
  400: 'Bad Request',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Content',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
  507: 'Insufficient Storage',
} as const;

type ProblemStatus = keyof typeof titles;

/** What went wrong, in the members that every problem has. */
export function problemOf(status: ProblemStatus, detail: string): Problem {
  return { type: 'about:blank', title: titles[status], status, detail };
}

/** A reply of media type `application/problem+json`; `more` adds members of its own to the problem. */
export function problemResponse(
  status: ProblemStatus,
  detail: string,
  headers: Readonly<Record<string, string>> = {},
  more: Readonly<Record<string, unknown>> = {},
): Response {
  return new Response(JSON.stringify({ ...problemOf(status, detail), ...more }), {
    status,
    headers: { 'content-type': 'application/problem+json', ...headers },
  });
}

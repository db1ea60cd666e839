import { Hono } from 'hono';
import { createCountingQueue } from './counting-queue.ts';
import { shown, wholeNumber } from './input.ts';
import { largestN } from './prime-counter.ts';
import type { CountPrimes } from './prime-counter.ts';

/** The n of a request that gives none. */
const defaultN = 300_000;

const description = {
  name: 'primes',
  routes: [
    { method: 'GET', path: '/', takes: {}, returns: 'this description' },
    { method: 'GET', path: '/health', takes: {}, returns: 'status "ok" while the service is up' },
    {
      method: 'GET',
      path: '/primecount',
      takes: { n: `decimal digits, 0 to ${largestN}; ${defaultN} when absent` },
      returns: 'the number of primes up to and including n, and the seconds it took to count them',
    },
  ],
};

/**
 * The service. It answers any Host: it keeps nothing and changes nothing, so a page that reaches it under a foreign name (DNS
 * rebinding) learns only what is true everywhere.
 * @param log gets the service's own failures.
 */
export function createApp(countPrimes: CountPrimes, log: (text: string) => void): Hono {
  const count = createCountingQueue(countPrimes);
  const app = new Hono();
  app.get('/', (context) => context.json(description));
  app.get('/health', (context) => context.json({ status: 'ok' }));
  app.get('/primecount', async (context) => {
    const given = context.req.queries('n') ?? [String(defaultN)];
    const [text = ''] = given;
    const n = given.length === 1 ? wholeNumber(text, largestN) : undefined;
    if (n === undefined) return problemResponse(400, whyNotN(given));

    const { primes, durationMs } = await count(n);
    context.header('Server-Timing', `sieve;dur=${durationMs.toFixed(3)}`);
    return context.json({ n, primes, seconds: Number((durationMs / 1000).toFixed(6)) });
  });

  for (const { path } of description.routes) {
    app.all(path, ({ req }) =>
      problemResponse(405, `${path} is there for GET and HEAD, not for ${req.method}`, {
        allow: 'GET, HEAD',
      }),
    );
  }
  app.notFound(({ req }) =>
    problemResponse(404, `no such path: ${shown(req.path)}; GET / lists what there is`),
  );
  app.onError((error) => {
    log(`${error.stack ?? error.message}\n`);
    return problemResponse(500, 'the request could not be answered; the log of the service says why');
  });
  return app;
}

function whyNotN(given: readonly string[]): string {
  const got =
    given.length === 1
      ? `is ${shown(given.join())}`
      : `is given ${given.length} times: ${shown(given.join(', '))}`;
  return `query parameter n ${got}; expected once, in decimal digits, 0 to ${largestN}`;
}

/** A refusal in the form of RFC 9457. */
type Problem = {
  /** about:blank: the status says everything, and the title is its phrase (RFC 9457, 4.2.1). */
  readonly type: 'about:blank';
  readonly title: string;
  readonly status: number;
  readonly detail: string;
};

const titles = {
  400: 'Bad Request',
  404: 'Not Found',
  405: 'Method Not Allowed',
  500: 'Internal Server Error',
} as const;

/** A reply of media type `application/problem+json`. */
function problemResponse(
  status: keyof typeof titles,
  detail: string,
  headers: Readonly<Record<string, string>> = {},
): Response {
  const problem: Problem = { type: 'about:blank', title: titles[status], status, detail };
  return new Response(JSON.stringify(problem), {
    status,
    headers: { 'content-type': 'application/problem+json', ...headers },
  });
}

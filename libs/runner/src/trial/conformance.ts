import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { learnReply, wrongReply, type LoadRequest, type Reply, type ReplyExpectation } from '@tare/metrics';
import type { ConformanceCheck, WeightedRequest } from '../config/workload.ts';

const replyDeadlineMs = 30_000;
// the first requests of a long mix are enough to detect an environment that answers differently
const mostLearned = 100;
// a reply that holds the time of day differs from itself after this long
const clockTicksAfterMs = 1100;

type ConformanceReport = {
  /** One line for each wrong answer; empty when the app conforms. */
  readonly failures: readonly string[];
  /** Whether a reply asked to close the connection, which spoils latencies of a keep-alive load. */
  readonly closesConnections: boolean;
};

/** Asks an instance the questions of its workload and compares the answers. */
export async function checkConformance(
  url: URL,
  checks: readonly ConformanceCheck[],
  signal: AbortSignal,
): Promise<ConformanceReport> {
  const failures: string[] = [];
  let closesConnections = false;
  for (const { request, status, json } of checks) {
    try {
      const reply = await ask(url, request, request.body, signal);
      closesConnections ||= reply.closes;
      const wrong = wrongReply({ kind: 'matcher', status, json }, reply);
      if (wrong !== undefined) failures.push(`${named(request)}: ${wrong}`);
    } catch (error) {
      signal.throwIfAborted();
      failures.push(`${named(request)}: ${messageOf(error)}`);
    }
  }
  return { failures, closesConnections };
}

/** The load of a workload: its requests, each with the expectation for its replies. */
export type LearnedLoad = {
  readonly requests: readonly LoadRequest[];
  readonly closesConnections: boolean;
};

/** The first replies of an environment, to be completed by the second ones. */
export type FirstReplies = {
  /** What is known so far: how long a reply took, and whether it closed the connection. */
  readonly asked: LearnedLoad;
  /**
   * Asks again at least a second later; whatever differs then is allowed to differ. @throws Error that names
   * the request.
   */
  readonly learn: () => Promise<LearnedLoad>;
};

/**
 * Sends an instance the requests of its load, to learn what the others must answer.
 * @param from name of its environment.
 * @throws Error for a request that is not answered with 2xx.
 */
export async function askFirst(
  url: URL,
  requests: readonly WeightedRequest[],
  from: string,
  signal: AbortSignal,
): Promise<FirstReplies> {
  const askedAtMs = performance.now();
  const firsts: Answer[] = [];
  for (const request of requests.slice(0, mostLearned))
    firsts.push(await askForLoad(url, request, 0, signal));
  const usualMs = Math.max(...firsts.map(({ tookMs }) => tookMs));
  const asked: LearnedLoad = {
    requests: requests.map((request) => ({ ...request, usualMs })),
    closesConnections: firsts.some(({ closes }) => closes),
  };
  const learn = async (): Promise<LearnedLoad> => {
    await sleep(Math.max(0, askedAtMs + clockTicksAfterMs - performance.now()), undefined, { signal });
    const expectations: ReplyExpectation[] = [];
    for (const [place, first] of firsts.entries()) {
      const request = requests[place];
      if (request === undefined) break;
      const again = await ask(url, request, bodyOf(request, 1), signal);
      // with several bodies, two replies do not show whether those to the other bodies are the same
      const isTelling = (request.bodies?.length ?? 0) <= 2;
      expectations.push(
        request.reply === undefined
          ? learnReply(first, again, from, isTelling)
          : { kind: 'matcher', ...request.reply },
      );
    }
    return {
      ...asked,
      requests: asked.requests.map((request, place) => {
        const expected = expectations[place];
        return { ...request, ...(expected !== undefined && { expected }) };
      }),
    };
  };
  return { asked, learn };
}

/**
 * Sends an instance the requests of its load and compares the replies with what was learned.
 * @throws Error for the first wrong reply.
 */
export async function compareReplies(
  url: URL,
  requests: readonly LoadRequest[],
  signal: AbortSignal,
): Promise<void> {
  for (const request of requests.slice(0, mostLearned)) {
    const reply = await askForLoad(url, request, 0, signal);
    const wrong = request.expected && wrongReply(request.expected, reply);
    if (wrong === undefined) continue;
    const remedy =
      request.expected?.kind === 'matcher'
        ? ''
        : '. If replies may differ between environments, say in the workload what they must hold: reply: { json: { … } } beside the path, or reply: {} for nothing';
    throw new Error(`${named(request)}: ${wrong}${remedy}`);
  }
}

/** @throws Error when the reply is not one of 2xx: the load would count it as an error. */
async function askForLoad(
  url: URL,
  request: LoadRequest,
  body: number,
  signal: AbortSignal,
): Promise<Answer> {
  let answer: Answer;
  try {
    answer = await ask(url, request, bodyOf(request, body), signal);
  } catch (error) {
    signal.throwIfAborted();
    throw new Error(`${named(request)}: ${messageOf(error)}`, { cause: error });
  }
  if (answer.status >= 200 && answer.status <= 299) return answer;
  throw new Error(
    `${named(request)}: status ${answer.status}, expected 2xx: the load counts others as errors`,
  );
}

function bodyOf({ body, bodies }: LoadRequest, index: number): LoadRequest['body'] {
  return bodies === undefined ? body : bodies[index % bodies.length];
}

function named({ method = 'GET', path }: LoadRequest): string {
  return `${method} ${path}`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

type Answer = Reply & { readonly closes: boolean; readonly tookMs: number };

function ask(
  { protocol, hostname, port }: URL,
  { path, method = 'GET', headers }: LoadRequest,
  body: LoadRequest['body'],
  signal: AbortSignal,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const askedAtMs = performance.now();
    const asked = (protocol === 'https:' ? httpsRequest : httpRequest)(
      {
        host: hostname.replace(/^\[(.*)\]$/, '$1'),
        port,
        // as the load generator sends it: a URL would tidy it up
        path,
        method,
        // ask for keep-alive as the load generator will, to detect a server that refuses it
        headers: { connection: 'keep-alive', ...headers },
        agent: false,
        timeout: replyDeadlineMs,
        signal,
      },
      (reply) => {
        const pieces: Buffer[] = [];
        reply.on('data', (piece: Buffer) => pieces.push(piece));
        reply.on('error', reject);
        reply.on('end', () => {
          asked.destroy();
          resolve({
            status: reply.statusCode ?? 0,
            contentType: reply.headers['content-type'] ?? '',
            bytes: pieces.reduce((sum, piece) => sum + piece.length, 0),
            body: pieces,
            isWhole: true,
            closes: reply.headers.connection?.toLowerCase() === 'close',
            tookMs: performance.now() - askedAtMs,
          });
        });
      },
    );
    asked.on('timeout', () => asked.destroy(new Error(`no reply within ${replyDeadlineMs / 1000} s`)));
    asked.on('error', reject);
    asked.end(body);
  });
}

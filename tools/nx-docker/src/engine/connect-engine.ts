import type DockerModem from 'docker-modem';
import type Dockerode from 'dockerode';
import { Agent } from 'node:https';
import { Readable } from 'node:stream';
import { plainText } from '@tare/metrics';
import type { ZodType } from 'zod';
import { type EngineAddress, findEngine, nameEngine } from './engine-address.ts';

/** A request to the Engine API, without the version in its path: the engine then speaks its own. */
export type EngineRequest = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** "/containers/create" */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean | object>>;
  /** JSON to send. */
  readonly body?: object;
  /** A tar archive to send; excludes `body`. */
  readonly archive?: Readable;
  readonly signal: AbortSignal;
};

/** A request whose whole answer is awaited, for 10 s by default. */
export type BoundedRequest = EngineRequest & { readonly deadlineMs?: number };

/** A Docker engine. Nothing is sent before the first request. */
export interface Engine {
  readonly address: EngineAddress;
  /** Sends a request and reads the whole answer. @throws EngineError with the engine's own message. */
  call(request: BoundedRequest): Promise<string>;
  /** The same for an answer in JSON, which is checked. */
  ask<T>(request: BoundedRequest, answer: ZodType<T>): Promise<T>;
  /** Sends a request and yields its answer, one JSON value per line, each checked, as the lines come. */
  lines<T>(request: EngineRequest & { readonly deadlineMs: number }, answer: ZodType<T>): AsyncGenerator<T>;
  /** Sends a request and returns the answer as a stream; the caller reads or destroys it. */
  open(request: EngineRequest): Promise<Readable>;
}

/**
 * Opens an engine: the socket given, or the one that the docker CLI would talk to ({@link findEngine}).
 * @throws Error in one line, with what to do, when the address is not valid.
 */
export async function connectEngine(socket?: string): Promise<Engine> {
  const found = findEngine(socket);
  if ('reason' in found) throw new Error(`${found.reason}. ${found.remedy}`);
  return connectTo(found.address);
}

/**
 * Opens the engine at an address, by dockerode's modem. dockerode's own methods (`container.inspect()`, `wait()`, …) are no
 * use here: their promise never settles when the engine dies in the middle of an answer, not even when it is aborted.
 */
export async function connectTo(address: EngineAddress): Promise<Engine> {
  // dockerode costs 0.3 s of CPU to load; many commands never need it
  const { default: Dockerode } = await import('dockerode');
  const { modem } = withoutDockerHost(() => new Dockerode(dialling(address)));

  const open: Engine['open'] = (request) =>
    new Promise((resolve, reject) => {
      request.signal.throwIfAborted();
      modem.dial(dialOptions(request), (error, answer) => {
        if (answer instanceof Readable) resolve(answer);
        else reject(brokenOff(error, address, request));
      });
    });

  const call: Engine['call'] = async ({ deadlineMs = 10_000, ...request }) => {
    const late = AbortSignal.timeout(deadlineMs);
    try {
      const answer = await open({ ...request, signal: AbortSignal.any([request.signal, late]) });
      return (await wholeAnswer(answer)).toString();
    } catch (error) {
      throw failure(error, address, request, late, deadlineMs);
    }
  };

  async function* lines<T>(
    { deadlineMs, ...request }: EngineRequest & { readonly deadlineMs: number },
    answer: ZodType<T>,
  ): AsyncGenerator<T> {
    const late = AbortSignal.timeout(deadlineMs);
    try {
      const all = linesOf(await open({ ...request, signal: AbortSignal.any([request.signal, late]) }));
      for await (const line of all)
        if (line.trim() !== '') yield checked(line, answer, address, request.path);
    } catch (error) {
      throw failure(error, address, request, late, deadlineMs);
    }
  }

  return {
    address,
    open,
    lines,
    call,
    ask: async (request, answer) => checked(await call(request), answer, address, request.path),
  };
}

/** Reads JSON of an answer. @throws EngineError in one line when it is none, or not as expected. */
function checked<T>(text: string, answer: ZodType<T>, address: EngineAddress, path: string): T {
  const otherwise = (what: string): EngineError =>
    engineError(
      `${nameEngine(address)} answers otherwise than expected: ${path} ${what.replaceAll(/\s+/g, ' ').slice(0, longestShown)}`,
      undefined,
    );
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw otherwise(`is no JSON: ${JSON.stringify(text.slice(0, longestShown))}`);
  }
  const parsed = answer.safeParse(json);
  if (parsed.success) return parsed.data;
  const [{ path: place, message } = { path: [], message: 'not valid' }] = parsed.error.issues;
  throw otherwise(`has ${[...place, message].join(': ')}`);
}

const longestShown = 120;
const mostBytes = 32 * 2 ** 20;
const longestLine = 16 * 2 ** 20;

/** Reads an answer to its end. @throws Error when it does not come to one: an engine that has gone mad takes no memory here. */
export async function wholeAnswer(answer: Readable, most = mostBytes): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of answer) {
    const next = Buffer.from(chunk as Uint8Array);
    bytes += next.length;
    if (bytes > most) throw new Error(`the answer is longer than ${most / 2 ** 20} MiB`);
    chunks.push(next);
  }
  return Buffer.concat(chunks);
}

function dialling(address: EngineAddress): Dockerode.DockerOptions {
  const { tls } = address;
  return {
    ...(address.kind === 'socket'
      ? { socketPath: address.path }
      : { host: address.host, port: address.port }),
    protocol: tls === undefined ? 'http' : 'https',
    ...(tls && { ca: tls.ca, cert: tls.cert, key: tls.key }),
    ...(tls?.verify === false && { agent: new Agent({ rejectUnauthorized: false }) }),
  };
}

/** The modem always reads DOCKER_HOST and its certificates, and throws when they are wrong. */
function withoutDockerHost<T>(make: () => T): T {
  const { DOCKER_HOST: host } = process.env;
  delete process.env.DOCKER_HOST;
  try {
    return make();
  } finally {
    if (host !== undefined) process.env.DOCKER_HOST = host;
  }
}

function dialOptions({
  method,
  path,
  query = {},
  body = {},
  archive,
  signal,
}: EngineRequest): DockerModem.DialOptions {
  return {
    method,
    path: `${path}?`,
    options: { _query: query, _body: body },
    ...(archive === undefined ? {} : { file: archive }),
    isStream: true,
    abortSignal: signal,
    statusCodes: { 200: true, 201: true, 204: true, 304: true },
  };
}

function brokenOff(error: unknown, address: EngineAddress, { method, path }: EngineRequest): EngineError {
  const cause = error instanceof Error ? error : new Error(String(error));
  const status = 'statusCode' in cause && typeof cause.statusCode === 'number' ? cause.statusCode : undefined;
  return status === undefined
    ? engineError(`${nameEngine(address)} broke off ${method} ${path}: ${cause.message}`, undefined, cause)
    : engineError(cause.message.replace(/^\(HTTP code \d+\) \w+ - /, '').trim(), status, cause);
}

/**
 * What a request failed of: its own signal, its deadline, the engine's refusal, or the connection.
 * @throws the reason of its signal, when that was aborted.
 */
function failure(
  error: unknown,
  address: EngineAddress,
  request: EngineRequest,
  late: AbortSignal,
  deadlineMs: number,
): EngineError {
  request.signal.throwIfAborted();
  if (late.aborted) {
    const what = `${nameEngine(address)} did not finish ${request.path} in ${deadlineMs} ms`;
    return Object.assign(engineError(what, undefined, error), { code: 'ETIMEDOUT' });
  }
  return isEngineError(error) ? error : brokenOff(error, address, request);
}

/**
 * Reads an answer line by line: the engine sends one JSON value in each for builds, loads and statistics.
 * @throws Error when the connection breaks before the end, or a line does not come to one.
 */
async function* linesOf(answer: Readable): AsyncGenerator<string> {
  let parts: string[] = [];
  let length = 0;
  answer.setEncoding('utf8');
  for await (const chunk of answer) {
    const [first = '', ...others] = String(chunk).split('\n');
    parts.push(first);
    length += first.length;
    for (const other of others) {
      yield parts.join('');
      parts = [other];
      length = other.length;
    }
    if (length > longestLine) throw new Error(`a line is longer than ${longestLine / 2 ** 20} Mi characters`);
  }
  yield parts.join('');
}

/** The engine refused a request, or went away while answering it. */
type EngineError = Error & {
  /** HTTP status of the refusal; undefined when there was no answer. */
  readonly engineStatus: number | undefined;
};

/** Makes an {@link EngineError}; `cause` is kept. */
function engineError(message: string, engineStatus: number | undefined, cause?: unknown): EngineError {
  return Object.assign(new Error(plainText(message), { cause }), { engineStatus });
}

/** Whether an error came from a request to the engine. */
export function isEngineError(error: unknown): error is EngineError {
  return error instanceof Error && 'engineStatus' in error;
}

/** Whether the engine answered with one of these HTTP statuses. */
export function isStatus(error: unknown, ...statuses: readonly number[]): boolean {
  return isEngineError(error) && error.engineStatus !== undefined && statuses.includes(error.engineStatus);
}

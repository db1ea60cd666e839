import { request } from 'node:http';
import type { ConformanceCheck } from '../config/workload.ts';

const replyDeadlineMs = 30_000;

export type ConformanceReport = {
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
  for (const check of checks) {
    const asked = `${check.request.method ?? 'GET'} ${check.request.path}`;
    try {
      const reply = await ask(url, check, signal);
      closesConnections ||= reply.closes;
      const wrong = compare(check, reply);
      if (wrong !== undefined) failures.push(`${asked}: ${wrong}`);
    } catch (error) {
      signal.throwIfAborted();
      failures.push(`${asked}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return { failures, closesConnections };
}

type Reply = { readonly status: number; readonly text: string; readonly closes: boolean };

function compare(check: ConformanceCheck, { status, text }: Reply): string | undefined {
  if (status !== check.status) return `status ${status}, expected ${check.status}`;
  if (check.json === undefined) return undefined;
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return `the reply is not JSON: ${text.slice(0, 80)}`;
  }
  for (const [member, expected] of Object.entries(check.json)) {
    const found: unknown = (body as Record<string, unknown> | null)?.[member];
    if (found !== expected)
      return `${member} is ${JSON.stringify(found)}, expected ${JSON.stringify(expected)}`;
  }
  return undefined;
}

function ask(url: URL, { request: wanted }: ConformanceCheck, signal: AbortSignal): Promise<Reply> {
  return new Promise((resolve, reject) => {
    // keep-alive as the load generator will ask for, so that a server that refuses it is found out
    const headers = { connection: 'keep-alive', ...wanted.headers };
    const options = {
      method: wanted.method ?? 'GET',
      headers,
      agent: false,
      timeout: replyDeadlineMs,
      signal,
    } as const;
    const asked = request(new URL(wanted.path, url), options, (reply) => {
      let text = '';
      reply.setEncoding('utf8');
      reply.on('data', (chunk: string) => (text += chunk));
      reply.on('error', reject);
      reply.on('end', () => {
        asked.destroy();
        resolve({
          status: reply.statusCode ?? 0,
          text,
          closes: reply.headers.connection?.toLowerCase() === 'close',
        });
      });
    });
    asked.on('timeout', () => asked.destroy(new Error(`no reply within ${replyDeadlineMs} ms`)));
    asked.on('error', reject);
    asked.end(wanted.body);
  });
}

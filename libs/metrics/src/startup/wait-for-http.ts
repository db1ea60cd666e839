import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export type ReadyWait = {
  /** Asked with GET until it answers with any 2xx; of {@link waitForConnection} only host and port count. */
  readonly url: URL;
  /** Monotonic nanoseconds at which the start command was given. */
  readonly since: bigint;
  /** Pause between two polls. */
  readonly intervalMs: number;
  /** Gives up when this much time has passed after `since`. */
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
};

export type Readiness = {
  /** From `since` to the end of the first good reply. */
  readonly readyMs: number;
  /** The app may have been ready this much earlier: from the start of the last failed poll to `readyMs`. */
  readonly pollErrorMs: number;
  /** Polls made, the successful one included. */
  readonly polls: number;
};

/**
 * Polls a URL until it answers with any 2xx, each poll with a connection of its own.
 * @throws Error with the last failure when the deadline passes, or the signal's reason when it is aborted.
 */
export function waitForHttp(wait: ReadyWait): Promise<Readiness> {
  return waitFor(wait, pollReply, 'answer 2xx');
}

/**
 * Polls host and port of a URL until a connection is accepted, for apps that no request may be sent to before there is data.
 * @throws as {@link waitForHttp}.
 */
export function waitForConnection(wait: ReadyWait): Promise<Readiness> {
  return waitFor(wait, pollConnection, 'accept a connection');
}

async function waitFor(wait: ReadyWait, poll: typeof pollReply, wanted: string): Promise<Readiness> {
  const deadlineNs = wait.since + BigInt(Math.round(wait.deadlineMs * 1e6));
  let lastFailedAt = process.hrtime.bigint();
  let lastSeen: PollOutcome | undefined;
  for (let polls = 1; ; polls++) {
    wait.signal.throwIfAborted();
    const pollAt = process.hrtime.bigint();
    const remainingMs = Number(deadlineNs - pollAt) / 1e6;
    const outcome = await poll(wait.url, Math.max(1, remainingMs), wait.signal);
    const now = process.hrtime.bigint();
    if (typeof outcome === 'number' && outcome >= 200 && outcome <= 299) {
      return {
        readyMs: toMs(now - wait.since),
        pollErrorMs: toMs(now - (polls === 1 ? pollAt : lastFailedAt)),
        polls,
      };
    }
    lastFailedAt = pollAt;
    // a poll that the deadline cut off tells less than the one before it, unless it was long without an answer
    const isSilent = outcome === 'unanswered' && (now - pollAt > silenceNs || lastSeen instanceof Error);
    if (lastSeen === undefined || now <= deadlineNs || isSilent) lastSeen = outcome;
    if (now > deadlineNs) throw new Error(lateText(wait, wanted, lastSeen));
    await sleep(wait.intervalMs, undefined, { signal: wait.signal });
  }
}

// a server that answers at all does so sooner
const silenceNs = 1_000_000_000n;

/** A status; what kept it from one; or a connection on which nothing came back. */
type PollOutcome = number | Error | 'unanswered';

function lateText({ url, deadlineMs }: ReadyWait, wanted: string, lastSeen: PollOutcome): string {
  const limit = deadlineMs < 1000 ? `${deadlineMs} ms` : `${deadlineMs / 1000} s`;
  if (lastSeen === 'unanswered')
    return `${url.href} accepted a connection and gave no answer within ${limit}`;
  const got = typeof lastSeen === 'number' ? `status ${lastSeen}` : lastSeen.message;
  return `${url.href} did not ${wanted} within ${limit} (last: ${got})`;
}

// A host that is not up yet does not refuse a connection, it drops it, and the kernel then tries again after 1, 3, 7 s:
// a poll that is given up and made anew finds it sooner. Once connected, a slow reply is waited for.
const connectLimitMs = 250;
// what is asked by TLS was not started here: the way there may be longer than that
const remoteConnectLimitMs = 2000;

function pollReply(url: URL, timeoutMs: number, signal: AbortSignal): Promise<PollOutcome> {
  return new Promise((resolve) => {
    let isConnected = false;
    const isTls = url.protocol === 'https:';
    const asked = (isTls ? httpsRequest : httpRequest)(
      url,
      { agent: false, signal, timeout: timeoutMs },
      (reply) => {
        reply.on('error', resolve);
        reply.on('end', () => {
          resolve(reply.statusCode ?? 0);
        });
        reply.resume();
      },
    );
    const unanswered = setTimeout(
      () => asked.destroy(new Error('no connection')),
      isTls ? remoteConnectLimitMs : connectLimitMs,
    );
    asked.on('socket', (socket) => {
      socket.once('connect', () => {
        isConnected = true;
        clearTimeout(unanswered);
      });
    });
    asked.on('close', () => {
      clearTimeout(unanswered);
    });
    asked.on('timeout', () => {
      if (isConnected) resolve('unanswered');
      asked.destroy(new Error('no connection'));
    });
    asked.on('error', resolve);
    asked.end();
  });
}

/** An accepted connection counts as a good reply. */
function pollConnection(
  { protocol, hostname, port }: URL,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<PollOutcome> {
  return new Promise((resolve) => {
    const isTls = protocol === 'https:';
    const limitMs = isTls ? remoteConnectLimitMs : connectLimitMs;
    const socket = connect({
      host: hostname.replace(/^\[(.*)\]$/, '$1'),
      port: Number(port) || (isTls ? 443 : 80),
      signal,
    });
    socket.setTimeout(Math.min(timeoutMs, limitMs), () => {
      socket.destroy(new Error('no connection'));
    });
    socket.once('connect', () => {
      resolve(200);
      socket.destroy();
    });
    socket.on('error', resolve);
  });
}

function toMs(ns: bigint): number {
  return Number(ns) / 1e6;
}

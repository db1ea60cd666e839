/**
 * The process of a server of known latency: takes its profile over IPC, tells its port. It polls the clock in every turn
 * of the event loop, so that an answer leaves within some 10 µs of its time. It wants a CPU of its own.
 */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { KnownLatencyJob, KnownLatencyMessage } from './known-latency-server.ts';
import { delayOfMs } from './latency-profile.ts';

function tell(message: KnownLatencyMessage): void {
  process.send?.(message);
}

function serve({ profile, spin }: KnownLatencyJob): void {
  let served = 0;
  let polling = false;
  // one list per latency: each is then in the order of its times
  const waiting = new Map<number, { readonly dueMs: number; readonly reply: ServerResponse }[]>();

  const pollClock = (): void => {
    let unanswered = 0;
    for (const list of waiting.values()) {
      while (list[0] !== undefined && list[0].dueMs <= performance.now()) list.shift()?.reply.end('ok');
      unanswered += list.length;
    }
    polling = spin || unanswered > 0;
    if (polling) setImmediate(pollClock);
  };
  if (spin) pollClock();

  const server = createServer((request, reply) => {
    const arrivedMs = performance.now();
    request.resume();
    const delayMs = delayOfMs(profile, served++);
    if (delayMs === 0) {
      reply.end('ok');
      return;
    }
    const list = waiting.get(delayMs) ?? [];
    waiting.set(delayMs, list);
    list.push({ dueMs: arrivedMs + delayMs, reply });
    if (!polling) {
      polling = true;
      setImmediate(pollClock);
    }
  });

  if (profile.kind === 'stalling') {
    const { stallMs, periodMs } = profile;
    let stallAtMs = Math.ceil(performance.now() / periodMs + 0.1) * periodMs;
    const stall = (): void => {
      if (performance.now() >= stallAtMs) {
        while (performance.now() < stallAtMs + stallMs);
        stallAtMs += periodMs;
      }
      const aheadMs = stallAtMs - performance.now();
      if (aheadMs > 5) setTimeout(stall, aheadMs - 3);
      else setImmediate(stall);
    };
    stall();
  }

  server.listen(0, '127.0.0.1', () => {
    tell({ kind: 'listening', port: (server.address() as AddressInfo).port });
  });
}

// without its parent nobody wants the server
process.on('disconnect', () => process.exit(1));
// Ctrl-C reaches the whole process group; the parent decides when this process ends
process.on('SIGINT', () => undefined);
process.once('message', serve);
tell({ kind: 'ready' });

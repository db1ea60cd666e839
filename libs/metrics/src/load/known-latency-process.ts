/**
 * The process of a server of known latency: takes its profile over IPC, tells its port. It polls the clock in every turn
 * of the event loop, so that an answer leaves within some 10 µs of its time. It wants a CPU of its own.
 */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { KnownLatencyJob, KnownLatencyMessage, ServedRequest } from './known-latency-server.ts';
import { delayOfMs } from './latency-profile.ts';

function tell(message: KnownLatencyMessage): void {
  process.send?.(message);
}

// the monotonic clock of the machine, which all processes share
const clockOffsetMs = Number(process.hrtime.bigint()) / 1e6 - performance.now();
const served: ServedRequest[] = [];

function end(reply: ServerResponse, arrivedMs: number): void {
  reply.end('ok');
  served.push({ arrivedMs: arrivedMs + clockOffsetMs, repliedMs: performance.now() + clockOffsetMs });
}

function serve({ profile, spin }: KnownLatencyJob): void {
  let arrivals = 0;
  let polling = false;
  // one list per latency: each is then in the order of its times
  const waiting = new Map<
    number,
    { readonly dueMs: number; readonly arrivedMs: number; readonly reply: ServerResponse }[]
  >();

  const pollClock = (): void => {
    let unanswered = 0;
    for (const list of waiting.values()) {
      for (let [first] = list; first !== undefined && first.dueMs <= performance.now(); [first] = list) {
        list.shift();
        end(first.reply, first.arrivedMs);
      }
      unanswered += list.length;
    }
    polling = spin || unanswered > 0;
    if (polling) setImmediate(pollClock);
  };
  if (spin) pollClock();

  const server = createServer((request, reply) => {
    const arrivedMs = performance.now();
    request.resume();
    const delayMs = delayOfMs(profile, arrivals++);
    if (delayMs === 0) {
      end(reply, arrivedMs);
      return;
    }
    const list = waiting.get(delayMs) ?? [];
    waiting.set(delayMs, list);
    list.push({ dueMs: arrivedMs + delayMs, arrivedMs, reply });
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
process.on('message', (message: KnownLatencyJob | 'served') => {
  if (message === 'served') tell({ kind: 'served', requests: served });
  else serve(message);
});

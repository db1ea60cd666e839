import autocannon from 'autocannon';
import {
  createLatencyHistogram,
  encodeHistogram,
  latencyQuantiles,
  recordLatency,
} from './latency-histogram.ts';
import type { LoadOrder, LoadOutcome, LoadRequest } from './load-order.ts';
import { asBuffer, nextBody } from './next-body.ts';
import { requestSequence } from './request-mix.ts';

// autocannon ends by itself after this long; our own window ends it before
const autocannonHorizonSeconds = 24 * 3600;
// how often autocannon looks whether it shall stop
const autocannonTickMs = 50;

/** Told at the moments between which the load window lies. */
export type WindowMoments = { readonly onStart: () => void; readonly onEnd: () => void };

/**
 * Sends requests in a closed loop: every connection sends its next request when the reply has come. The warm-up and
 * the window share one run and its connections. A latency is the time from the write of a request to the end of its
 * reply; replies that arrive within the window count. Each connection goes along the mix of requests from a place of
 * its own.
 *
 * autocannon is the client. Its own histogram holds whole milliseconds, so latencies are taken from its fractional
 * `response` events; and it ends on a tick of its own, so the window is timed here.
 */
export function runClosedLoop(order: LoadOrder, moments: WindowMoments): Promise<LoadOutcome> {
  return new Promise((resolve, reject) => {
    const histogram = createLatencyHistogram();
    let phase: 'warm-up' | 'window' | 'over' = 'warm-up';
    let startedAt = 0;
    let cpuAtStart = process.cpuUsage();
    let outcome: LoadOutcome | undefined;
    let requests = 0;
    let errors = 0;
    let timeouts = 0;
    let latencySumMs = 0;
    let latencyMaxMs = 0;

    const endWindow = (endedAt: number): void => {
      if (phase !== 'window') return;
      phase = 'over';
      const cpu = process.cpuUsage(cpuAtStart);
      moments.onEnd();
      const durationMs = endedAt - startedAt;
      outcome = {
        connections: order.connections,
        durationMs,
        requests,
        errors,
        timeouts,
        throughputRps: (requests / durationMs) * 1000,
        latencyMs: {
          mean: requests === 0 ? 0 : latencySumMs / requests,
          ...latencyQuantiles(histogram),
          max: latencyMaxMs,
        },
        histogram: encodeHistogram(histogram),
        generatorCpuPercent: ((cpu.user + cpu.system) / 1000 / durationMs) * 100,
      };
      running.stop();
    };

    const beginWindow = (): void => {
      phase = 'window';
      cpuAtStart = process.cpuUsage();
      startedAt = performance.now();
      moments.onStart();
      if (order.window.kind === 'duration') {
        const { durationMs } = order.window;
        setTimeout(() => {
          endWindow(performance.now());
        }, durationMs);
      }
    };

    // a window without warm-up begins before the first request is written
    if (order.warmupMs === 0) beginWindow();
    const running = autocannon(
      {
        connections: order.connections,
        duration: autocannonHorizonSeconds,
        timeout: order.timeoutSeconds,
        sampleInt: autocannonTickMs,
        ...requestOptions(order),
      },
      (error: unknown) => {
        if (outcome !== undefined) resolve(outcome);
        else reject(new Error('the load generator ended before its window', { cause: error }));
      },
    );
    running.on('response', (_client, status, _bytes, latencyMs) => {
      if (phase !== 'window') return;
      if (status < 200 || status > 299) {
        errors += 1;
        return;
      }
      requests += 1;
      latencySumMs += latencyMs;
      if (latencyMs > latencyMaxMs) latencyMaxMs = latencyMs;
      recordLatency(histogram, latencyMs);
      if (order.window.kind === 'requests' && requests >= order.window.requests) endWindow(performance.now());
    });
    running.on('reqError', (error: Error) => {
      if (phase !== 'window') return;
      // autocannon tells a timeout from another failure by its text alone
      if (error.message === 'request timed out') timeouts += 1;
      else errors += 1;
    });
    if (order.warmupMs > 0) setTimeout(beginWindow, order.warmupMs);
  });
}

/** What autocannon shall send. A single request takes its simple way; a mix is laid into each connection. */
function requestOptions(order: LoadOrder): autocannon.Options {
  const [first, ...others] = order.requests;
  if (first !== undefined && first.bodies === undefined && others.length === 0) {
    const { path = '/', ...rest } = autocannonRequest(first);
    return { ...rest, url: `${order.origin}${path}` };
  }
  const fixed = order.requests.map((request) =>
    request.bodies === undefined ? autocannonRequest(request) : undefined,
  );
  // autocannon builds a request once per place in the list, but keeps the bytes with the object: places share them
  const sequence = requestSequence(order.requests, order.seed);
  let connection = 0;
  return {
    url: order.origin,
    setupClient: (client) => {
      const own = order.requests.map((request, index) => fixed[index] ?? changingRequest(request));
      const walk = sequence.flatMap((index) => own[index] ?? []);
      const offset = Math.floor((connection * walk.length) / order.connections) % walk.length;
      connection += 1;
      client.setRequests([...walk.slice(offset), ...walk.slice(0, offset)]);
    },
  };
}

function autocannonRequest({ path, method, headers, body }: LoadRequest): autocannon.Request {
  const bytes = asBuffer(body);
  return {
    path,
    ...(method !== undefined && { method }),
    ...(headers !== undefined && { headers: { ...headers } }),
    ...(bytes !== undefined && { body: bytes }),
  };
}

/** Its bytes are built for every send. Not to be shared: a connection would send what was built for another. */
function changingRequest(request: LoadRequest): autocannon.Request {
  return {
    ...autocannonRequest(request),
    setupRequest: (built) => {
      const body = asBuffer(nextBody(request));
      return body === undefined ? built : { ...built, body };
    },
  };
}

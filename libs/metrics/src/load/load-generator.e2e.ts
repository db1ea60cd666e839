import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { getEventListeners } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { mergeHistograms } from './latency-histogram.ts';
import { generateLoad, openFilesLimitIn } from './load-generator.ts';
import { GeneratorError, SideError, type Moment } from './load-spec.ts';

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function listen(handler: RequestListener): Promise<string> {
  const created = createServer(handler);
  server = created;
  await new Promise<void>((resolve) => created.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(created.address() as AddressInfo).port}`;
}

const order = {
  requests: [{ path: '/' }],
  seed: 1,
  connections: 4,
  warmupMs: 200,
  timeoutSeconds: 5,
  window: { kind: 'duration', durationMs: 800 },
} as const;
const options = { cpus: undefined, deadlineMs: 20_000, signal: new AbortController().signal };

it('measures a server of known latency, and throughput by Little’s law', async () => {
  const origin = await listen((_, reply) => {
    setTimeout(() => reply.end('ok'), 20);
  });
  const outcome = await generateLoad({ ...order, origin }, options);
  expect(outcome.errors + outcome.timeouts).toBe(0);
  expect(outcome.latencyMs.mean).toBeGreaterThan(19.5);
  expect(outcome.latencyMs.p50).toBeLessThan(30);
  expect(outcome.latencyMs.p99).toBeLessThanOrEqual(outcome.latencyMs.max * 1.001);
  expect((outcome.throughputRps * outcome.latencyMs.mean) / 1000 / 4).toBeCloseTo(1, 0);
  expect(mergeHistograms([outcome.histogram]).totalCount).toBe(outcome.requests);
});

it('sees latencies below a millisecond', async () => {
  const origin = await listen((_, reply) => reply.end('ok'));
  const outcome = await generateLoad({ ...order, connections: 1, origin }, options);
  expect(outcome.latencyMs.p50).toBeGreaterThan(0);
  expect(outcome.latencyMs.p50).toBeLessThan(5);
});

it('leaves replies of the warm-up out', async () => {
  let served = 0;
  const origin = await listen((_, reply) => {
    served += 1;
    reply.end('ok');
  });
  const outcome = await generateLoad({ ...order, origin }, options);
  expect(served).toBeGreaterThan(outcome.requests);
});

it('ends after the wanted number of requests, and keeps nothing at the signal of the run', async () => {
  const origin = await listen((_, reply) => reply.end('ok'));
  const window = { kind: 'requests', requests: 50 } as const;
  expect((await generateLoad({ ...order, warmupMs: 0, window, origin }, options)).requests).toBe(50);
  expect(getEventListeners(options.signal, 'abort')).toEqual([]);
});

it('counts replies that are not 2xx as errors, each by its status', async () => {
  let asked = 0;
  const origin = await listen((_, reply) => {
    reply.statusCode = asked++ % 4 === 0 ? 503 : 200;
    setTimeout(() => reply.end(), 5);
  });
  const outcome = await generateLoad({ ...order, origin }, options);
  expect(outcome.errors).toBeGreaterThan(0);
  expect(Math.abs(outcome.errors * 3 - outcome.requests)).toBeLessThan(30);
  expect(outcome.failures).toEqual({ 'status 503': outcome.errors });
});

it('does not count an interim reply, in either loop', async () => {
  let asked = 0;
  const origin = await listen((_, reply) => {
    asked += 1;
    reply.writeEarlyHints({ link: '</a.css>; rel=preload; as=style' });
    setTimeout(() => reply.end('ok'), 5);
  });
  const outcome = await generateLoad(
    { ...order, warmupMs: 0, origin, open: { rateRps: 50, durationMs: 400 } },
    options,
  );
  expect(outcome).toMatchObject({ errors: 0, timeouts: 0, client: 'autocannon' });
  expect(outcome.latencyMs.p50).toBeGreaterThan(4.5);
  expect(outcome.open).toMatchObject({ requests: 20, errors: 0 });
  // the app has seen them all, and beside them those that open connections or warm up; none is counted twice
  expect(outcome.requests + 20).toBeLessThan(asked);
});

// the moments come from another process, late if this one is paused: once, not three times
it('tells when the window begins and ends', { retry: 2 }, async () => {
  const origin = await listen((_, reply) => reply.end('ok'));
  const moments: (readonly [Moment, number])[] = [];
  const outcome = await generateLoad(
    { ...order, origin },
    { ...options, onMoment: (moment) => moments.push([moment, performance.now()]) },
  );
  expect(moments.map(([moment]) => moment)).toEqual(['window-start', 'window-end']);
  const [start = 0, end = 0] = moments.map(([, atMs]) => atMs);
  expect(Math.abs(end - start - outcome.durationMs)).toBeLessThan(100);
});

it('measures a server that closes every connection by another client, without an error', async () => {
  const origin = await listen((_, reply) => {
    reply.setHeader('connection', 'close');
    setTimeout(() => reply.end('ok'), 10);
  });
  const outcome = await generateLoad({ ...order, origin, closesConnections: true }, options);
  expect(outcome).toMatchObject({ errors: 0, timeouts: 0, client: 'undici' });
  expect(outcome.latencyMs.p50).toBeGreaterThan(9.5);
  expect(outcome.latencyMs.p50).toBeLessThan(200);
});

it('tells what a server answers that fails, and how often', async () => {
  const origin = await listen((_, reply) => {
    reply.statusCode = 500;
    reply.end();
  });
  const load = generateLoad({ ...order, origin }, options);
  await expect(load).rejects.toThrow(/^\d+ of \d+ requests failed in the warm-up: status 500 × \d+$/);
  await expect(load).rejects.toBeInstanceOf(SideError);
});

it.each<[string, (socket: Socket) => void, RegExp]>([
  ['reset', (socket) => socket.resetAndDestroy(), /failed in the window: ECONNRESET × \d+/],
  ['closed without a reply', (socket) => socket.end(), /failed in the window: connection closed × \d+/],
  [
    'closed within a reply',
    (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"answer"'),
    /failed in the window: connection closed × \d+/,
  ],
])('names what happens to connections that are %s', async (_, answer, message) => {
  const cutting = createTcpServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => {
      setTimeout(() => {
        answer(socket);
      }, 2);
    });
  });
  await new Promise<void>((resolve) => cutting.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(cutting.address() as AddressInfo).port}`;
  try {
    await expect(generateLoad({ ...order, warmupMs: 0, origin }, options)).rejects.toThrow(message);
  } finally {
    cutting.close();
  }
});

it('measures on when some connections break, and names that', async () => {
  let asked = 0;
  const origin = await listen((request, reply) => {
    if (++asked % 20 === 0) request.socket.resetAndDestroy();
    else setTimeout(() => reply.end('ok'), 5);
  });
  // of 205 to 208 that are asked, every twentieth breaks
  const window = { kind: 'requests', requests: 195 } as const;
  const outcome = await generateLoad({ ...order, warmupMs: 0, window, origin }, options);
  expect(outcome).toMatchObject({ requests: 195, errors: 10, failures: { ECONNRESET: 10 } });
  expect(outcome.latencyMs.p50).toBeGreaterThan(4.5);
});

it('refused connections are no measurement', async () => {
  const origin = await listen((_, reply) => reply.end());
  server?.close();
  await expect(generateLoad({ ...order, origin }, options)).rejects.toThrow(
    /failed in the (warm-up|window): ECONNREFUSED × \d+/,
  );
});

it(
  'ends a few seconds after a server has fallen silent, and counts what it owes',
  { timeout: 30_000 },
  async () => {
    let asked = 0;
    const origin = await listen((_, reply) => {
      if (++asked <= 30) reply.end('ok');
    });
    const startedAt = performance.now();
    const load = generateLoad({ ...order, timeoutSeconds: 30, origin }, options);
    await expect(load).rejects.toThrow(
      /^it does not answer any more: 4 requests have had no reply for \d+\.\d s \(timeout × 4\), after 30 good replies$/,
    );
    expect(performance.now() - startedAt).toBeLessThan(25_000);
  },
);

it('waits for a server that is slow from the start', { timeout: 30_000 }, async () => {
  const origin = await listen((_, reply) => {
    setTimeout(() => reply.end('ok'), 6000);
  });
  const window = { kind: 'requests', requests: 4 } as const;
  const outcome = await generateLoad({ ...order, warmupMs: 0, window, timeoutSeconds: 30, origin }, options);
  expect(outcome).toMatchObject({ requests: 4, errors: 0, timeouts: 0 });
});

const right = { kind: 'same', from: 'native', status: 200, bytes: 13, head: '{"answer":42}' } as const;
const expected = { ...right, sha256: createHash('sha256').update('{"answer":42}').digest('hex') };

it.each([
  ['of the same length', '{"answer":41}'],
  ['of another length', '{"answer":"no"}'],
])('refuses replies that become wrong under load: %s', async (_, wrong) => {
  let asked = 0;
  const origin = await listen((__, reply) => reply.end(++asked > 50 ? wrong : '{"answer":42}'));
  const load = generateLoad({ ...order, requests: [{ path: '/answer', expected }], origin }, options);
  await expect(load).rejects.toThrow(
    `under load is wrong: GET /answer: expected 200, 13 bytes, as from native: {"answer":42}; got 200, ${wrong.length} bytes: ${wrong}`,
  );
});

it('says that it is the generator that may open no more files, before it starts', async () => {
  await expect(
    generateLoad({ ...order, connections: 10_000_000, origin: 'http://127.0.0.1:1' }, options),
  ).rejects.toThrow(
    /^the load generator needs 10000064 open files for 10000000 connections, and may have \d+: raise the limit with `ulimit/,
  );
});

it('ends the process when it is aborted', async () => {
  const origin = await listen((_, reply) => reply.end('ok'));
  const signal = AbortSignal.timeout(600);
  await expect(
    generateLoad({ ...order, warmupMs: 60_000, origin }, { ...options, signal }),
  ).rejects.toThrow();
});

it('says so when the deadline passes', async () => {
  const origin = await listen((_, reply) => reply.end('ok'));
  await expect(
    generateLoad({ ...order, warmupMs: 60_000, origin }, { ...options, deadlineMs: 500 }),
  ).rejects.toThrow('the load generator gave no outcome within 500 ms');
});

it('reads the limit of this process', () => {
  const line = 'Max open files            1024                 524288               files     ';
  expect(openFilesLimitIn(`Max processes 5 5\n${line}\n`)).toBe(1024);
  expect(openFilesLimitIn('Max open files            unlimited            unlimited            files')).toBe(
    Infinity,
  );
  expect(openFilesLimitIn('')).toBe(Infinity);
});

const canLimit = spawnSync('prlimit', ['--version']).status === 0;

it.runIf(canLimit).each([
  ['in slices, where every reply closes its connection', { closesConnections: true }],
  ['in a whole window', {}],
])('says %s that it is the generator that may open no more files, not the app', async (_, closing) => {
  const origin = await listen((__, reply) => {
    if ('closesConnections' in closing) reply.setHeader('Connection', 'close');
    reply.end('ok');
  });
  const failed = generateLoad(
    { ...order, origin, warmupMs: 0, connections: 50, ...closing },
    {
      ...options,
      // after it was looked at, as when a limit of the whole host is reached
      onSpawn: (pid) => execFileSync('prlimit', [`--pid=${pid}`, '--nofile=40:40']),
    },
  );
  await expect(failed).rejects.toThrow(GeneratorError);
  await expect(failed).rejects.toThrow('may open no more files: raise the limit with `ulimit -n`');
});

/** Runs a program in a network namespace that has four ports for new connections; its standard output, or how it failed. */
function withFourPorts(program: string) {
  const setUp = 'ip link set lo up && echo 40000 40003 > /proc/sys/net/ipv4/ip_local_port_range';
  const node = [process.execPath, '--input-type=module', '-e', program];
  return spawnSync('unshare', ['--net', 'sh', '-c', `${setUp} && exec "$@"`, 'sh', ...node], {
    encoding: 'utf8',
  });
}

it.runIf(withFourPorts('').status === 0).each([
  ['in slices', { durationMs: 500, sliceMs: 25 }],
  ['in a whole window', { durationMs: 500 }],
])('says %s that its host has no free ports left, and whose fault that is', (_, lengths) => {
  const spec = {
    ...order,
    warmupMs: 0,
    connections: 8,
    window: { kind: 'duration', ...lengths },
  };
  const program = `import { createServer } from 'node:http';
    import { generateLoad } from '${new URL('load-generator.ts', import.meta.url).href}';
    const server = createServer((_, reply) => setTimeout(() => reply.end('ok'), 5));
    server.listen(5000, '127.0.0.1', async () => {
      const origin = 'http://127.0.0.1:5000';
      const options = { cpus: undefined, deadlineMs: 20000, signal: new AbortController().signal };
      try {
        console.log('measured', await generateLoad({ ...${JSON.stringify(spec)}, origin }, options));
      } catch (error) {
        console.log(error.constructor.name, error.message);
      }
      process.exit();
    });`;
  expect(withFourPorts(program)).toMatchObject({
    status: 0,
    stdout:
      'GeneratorError the load generator itself failed: EADDRNOTAVAIL: this host has no free ports left for new connections: let the server keep its connections open, or widen net.ipv4.ip_local_port_range\n',
  });
});

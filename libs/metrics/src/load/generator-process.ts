/**
 * The load generator's own process: takes one job over IPC, reports its moments, sends the outcome and ends. It runs the closed
 * loop, and then the open one.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { autocannonSender } from './autocannon-sender.ts';
import { deadlineQueue, httpClient, trainClient } from './http-client.ts';
import type { GeneratorJob, GeneratorMessage } from './load-generator.ts';
import {
  GeneratorError,
  SideError,
  type LoadOutcome,
  type LoadSpec,
  type Moment,
  type Slice,
} from './load-spec.ts';
import { openSliceMs, runOpenLoop } from './open-loop.ts';
import { preparedMix } from './request-mix.ts';
import { seededRandom, shuffled } from './seeded-random.ts';
import {
  requireReplies,
  serverUnderLoad,
  type Sender,
  type SenderOptions,
  type ServerUnderLoad,
} from './server-under-load.ts';
import { createTally, hasEnough, type Tally } from './tally.ts';

// how often requests are checked against their deadline, and servers for silence
const lookMs = 20;
// by then a server has finished the work that the warm-up left
const calmMs = 200;
// time to read the meters at the end of the idle time before the load resumes
const readingMs = 100;

// open load before its window: connections are warm, and the server has left the closed loop behind
const openWarmupMs = 100;
// requests left over from the closed loop end within about its longest latency
const shortestDrainMs = 100;
const longestDrainMs = 2000;

function send(message: GeneratorMessage): void {
  process.send?.(message);
}

function tell(moment: Moment): void {
  send({ kind: 'moment', moment });
}

/** The closed windows of all sides, then the open ones of those that have one. */
async function performLoad(spec: LoadSpec, spin: boolean): Promise<readonly LoadOutcome[]> {
  const { seed, timeoutSeconds } = spec;
  const closed = await runClosedLoop(spec);
  const targets = spec.sides.flatMap(({ origin, requests, open }, side) =>
    open === undefined
      ? []
      : [{ side, origin, requests, seed, timeoutSeconds, open, warmupMs: openWarmupMs }],
  );
  if (targets.length === 0) return closed;
  const longestMs = Math.max(...closed.map(({ latencyMs }) => latencyMs.max));
  await sleep(Math.min(longestDrainMs, Math.max(shortestDrainMs, longestMs)));
  const windows = await runOpenLoop(targets, { spin, strict: true, sliceMs: openSliceMs, tell });
  return closed.map((outcome, side) => {
    const open = windows[targets.findIndex((target) => target.side === side)];
    return open === undefined ? outcome : { ...outcome, open };
  });
}

async function run(job: GeneratorJob): Promise<GeneratorMessage> {
  if (job.kind === 'load') return { kind: 'outcomes', outcomes: await performLoad(job.spec, job.spin) };
  const options = { spin: job.spin, strict: false, sliceMs: openSliceMs, tell };
  const [outcome] = await runOpenLoop([{ ...job.spec, side: 0 }], options);
  if (outcome === undefined) throw new Error('the open loop has no outcome');
  return { kind: 'open-outcome', outcome };
}

function failure(error: unknown): GeneratorMessage {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof SideError) return { kind: 'side-failed', side: error.side, message };
  return { kind: 'generator-failed', message, isShortage: error instanceof GeneratorError };
}

/** A server, the sender that loads it, and the results so far. */
type Side = {
  readonly server: ServerUnderLoad;
  readonly sender: Sender;
  tally: Tally;
  spentMs: number;
  slices: Slice[];
};

/**
 * Closed loop: every connection sends its next request when the reply has come. A whole window of a single
 * server is sent by autocannon. Several servers alternate in slices, each loaded while the others have
 * nothing to do, so that a host whose speed changes within seconds changes it for all (after the duet of
 * Bulej et al. 2020, which runs both at once). A slice ends when the replies to what was sent in it have
 * come; they count, and so does the time until then.
 * @returns the outcome of each side, in their order.
 * @throws SideError for a server that fails under load, GeneratorError if the generator lacks something.
 */
async function runClosedLoop(spec: LoadSpec): Promise<readonly LoadOutcome[]> {
  const { promise: failed, reject: fail } = Promise.withResolvers<never>();
  failed.catch(() => undefined);
  const sides = spec.sides.map((side, index): Side => {
    const server = serverUnderLoad({
      side: index,
      requests: side.requests,
      connections: spec.connections,
      timeoutMs: spec.timeoutSeconds * 1000,
      fail,
    });
    const isWhole =
      spec.sides.length === 1 && (spec.window.kind === 'requests' || spec.window.sliceMs === undefined);
    // autocannon trusts every certificate
    const isPlain = side.origin.startsWith('http:') && side.closesConnections !== true;
    const senderOf = isWhole && isPlain ? autocannonSender : pausingSender;
    const sender = senderOf({ side, spec, server });
    return { server, sender, tally: createTally(), spentMs: 0, slices: [] };
  });
  const watch = setInterval(() => {
    for (const { server, sender, tally } of sides) {
      if (server.silentMs() <= server.silenceLimitMs()) continue;
      // the last replies of a slice were lost, or nothing comes at all
      if (server.owed() < spec.connections) sender.abandon();
      else fail(server.hangs(tally));
    }
  }, lookMs);
  try {
    return await Promise.race([failed, warmUpAndMeasure(spec, sides)]);
  } finally {
    clearInterval(watch);
    await Promise.all(sides.map(({ sender }) => sender.close()));
  }
}

async function warmUpAndMeasure(spec: LoadSpec, sides: readonly Side[]): Promise<readonly LoadOutcome[]> {
  const { window, warmupMs } = spec;
  if (sides.some(({ sender }) => sender.client === 'undici')) await trainClient();
  const sliceMs = window.kind === 'duration' ? window.sliceMs : undefined;
  await warmUp(sides, { warmupMs, sliceMs, seed: spec.seed });
  if (window.kind === 'duration' && window.idleMs !== undefined) {
    await sleep(calmMs);
    tell('idle-start');
    await sleep(window.idleMs);
    tell('idle-end');
    await sleep(readingMs);
  }

  tell('window-start');
  const startedAtMs = performance.now();
  const cpuAtStart = process.cpuUsage();
  const until =
    window.kind === 'requests'
      ? { requests: window.requests }
      : { ms: Math.min(window.sliceMs ?? Infinity, window.durationMs) };
  const wantedMs = isSliced(spec) && window.kind === 'duration' ? window.durationMs : 0;
  await sendInTurn(sides, until, { wantedMs, seed: spec.seed });
  const cpu = process.cpuUsage(cpuAtStart);
  const lengthMs = performance.now() - startedAtMs;
  tell('window-end');

  const generatorCpuPercent = ((cpu.user + cpu.system) / 1000 / lengthMs) * 100;
  for (const [index, { sender, tally }] of sides.entries()) {
    await sender.settle(tally);
    requireReplies(index, 'the window', tally, generatorCpuPercent);
  }
  return sides.map(({ sender, tally, spentMs, slices }) => ({
    ...tally.counts(),
    connections: spec.connections,
    durationMs: spentMs,
    throughputRps: (tally.requests() / spentMs) * 1000,
    client: sender.client,
    generatorCpuPercent,
    ...(isSliced(spec) && { slices }),
  }));
}

/**
 * Loads all sides until each has had that much. In slices they warm up in step, so that what is left of the warm-up is the
 * same for all and leaves the ratios alone.
 */
async function warmUp(
  sides: readonly Side[],
  { warmupMs, sliceMs, seed }: Pick<LoadSpec, 'warmupMs' | 'seed'> & { readonly sliceMs: number | undefined },
): Promise<void> {
  if (warmupMs === 0) return;
  const until = { ms: Math.min(sliceMs ?? Infinity, warmupMs) };
  await sendInTurn(sides, until, { wantedMs: sliceMs === undefined ? 0 : warmupMs, seed });
  for (const [index, side] of sides.entries()) {
    if (side.tally.settled() > 0) requireReplies(index, 'the warm-up', side.tally);
    Object.assign(side, { tally: createTally(), spentMs: 0, slices: [] });
  }
}

/**
 * One send of every side after the other, and again until all have spent the wanted time. The order is random in one pass and
 * reversed in the next, as in the open loop: reversed alone, only the first and the last side would have two slices in a row, and the
 * second of them is up to 1 % faster than one that follows another side's.
 * @param wantedMs 0 for once.
 */
async function sendInTurn(
  sides: readonly Side[],
  until: Parameters<Sender['send']>[1],
  { wantedMs, seed }: { readonly wantedMs: number; readonly seed: number },
): Promise<void> {
  const random = seededRandom(seed);
  let order = sides;
  let isRandom = true;
  do {
    order = isRandom ? shuffled(sides, random) : order.toReversed();
    for (const side of order) {
      const before = side.tally.requests();
      const durationMs = await side.sender.send(side.tally, until);
      side.spentMs += durationMs;
      side.slices.push({ requests: side.tally.requests() - before, durationMs });
    }
    isRandom = !isRandom;
  } while (sides.some(({ spentMs }) => spentMs < wantedMs));
}

function isSliced({ window }: LoadSpec): boolean {
  return window.kind === 'duration' && window.sliceMs !== undefined;
}

/** Sends in slices: when one is over, nothing is under way. undici is the client. */
function pausingSender({ side, spec, server }: SenderOptions): Sender {
  const client = httpClient(side.origin);
  const mix = preparedMix(side.requests, spec.seed);
  const deadlines = deadlineQueue();
  const ticker = setInterval(() => {
    deadlines.expire(performance.now());
  }, lookMs);
  let sent = 0;

  /** One request and its reply, or its failure, which is counted. Never rejects. */
  const exchange = (tally: Tally): Promise<void> =>
    new Promise((resolve) => {
      const request = mix(sent);
      sent += 1;
      server.sent();
      const sentAtMs = performance.now();
      const done = deadlines.add(sentAtMs + spec.timeoutSeconds * 1000, () => {
        server.timedOut(tally);
        giveUp();
        resolve();
      });
      const giveUp = client.send(request, server.wantsBody(request.place), (ending) => {
        done();
        server.ended(request.place, ending, performance.now() - sentAtMs, tally);
        resolve();
      });
    });

  return {
    client: 'undici',
    send: async (tally, until) => {
      const startedAtMs = performance.now();
      const isOver = (): boolean =>
        'ms' in until ? performance.now() - startedAtMs >= until.ms : hasEnough(tally, until.requests);
      const oneAfterAnother = async (): Promise<void> => {
        do await exchange(tally);
        while (!isOver());
      };
      await Promise.all(Array.from({ length: spec.connections }, oneAfterAnother));
      return performance.now() - startedAtMs;
    },
    settle: () => Promise.resolve(),
    abandon: () => {
      deadlines.expire(Infinity);
    },
    close: async () => {
      clearInterval(ticker);
      await client.close();
    },
  };
}

// without its parent the load has no purpose
process.on('disconnect', () => process.exit(1));
// Ctrl-C reaches the whole process group; the parent decides when this process ends
process.on('SIGINT', () => undefined);

process.once('message', (job: GeneratorJob) => {
  run(job)
    .catch(failure)
    .then(send)
    .catch(() => process.exit(1));
});
send({ kind: 'ready' });

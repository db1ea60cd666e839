import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { choosePort } from '@tare/environment';
import {
  findProcess,
  processMeter,
  startHelper,
  waitForHttp,
  type HelperProcess,
  type Meter,
} from '@tare/metrics';
import { maximum, median } from '@tare/statistics';
import { z } from 'zod';
import type { Check, CheckItem } from '@tare/results/calibration';
import { closeTo, made, notMade, shown } from './check-items.ts';

/** A process that knows the truth about itself and reports it on request. */
type KnownProcess = Omit<HelperProcess, 'ask'> & {
  /** Asks it, and checks its answer. @throws as a helper does. */
  ask<Answer>(question: string, answer: z.ZodType<Answer>): Promise<Answer>;
};

type KnownProcessOptions = Omit<Parameters<typeof startHelper>[0], 'name' | 'script'> & {
  /** How long an answer may take. */
  readonly deadlineMs: number;
};

/** Starts a script. @param name its file name, which stands beside this file, without the extension. */
function startKnownProcess(name: string, { deadlineMs, ...options }: KnownProcessOptions): KnownProcess {
  const script = fileURLToPath(import.meta.url).replace(/check-processes\.([jt]s)$/, `${name}.$1`);
  const helper = startHelper({ ...options, name, script });
  return { ...helper, ask: async (question, answer) => answer.parse(await helper.ask(question, deadlineMs)) };
}

type CpuCheck = {
  /** Busy shares of a cycle, in percent. */
  readonly dutyPercents: readonly number[];
  readonly windowMs: number;
  readonly cpus: readonly number[] | undefined;
  readonly signal: AbortSignal;
};

const cpuTitle = { id: 'cpu', part: 'cpu', title: 'CPU time of a known duty cycle', unit: 'ms' } as const;
const cpuLimit = 0.01;
// Node has finished its own start by then
const settleMs = 300;
const answerMs = 20_000;
const cpuAnswer = z.strictObject({ cpuUs: z.number() });

/**
 * Meters processes that spin for a known share of every 20 ms, and compares the metered CPU time of a window with the
 * process's own getrusage over the same window.
 */
export async function checkCpu({ dutyPercents, windowMs, cpus, signal }: CpuCheck): Promise<Check> {
  if (findProcess(process.pid) === undefined) {
    return notMade(cpuTitle, 'without /proc the figures are those of ps, which are not meant to be so exact');
  }
  const items: CheckItem[] = [];
  for (const dutyPercent of dutyPercents) {
    const known = startKnownProcess('duty-cycle-process', {
      arguments: [String(dutyPercent / 100)],
      cpus,
      deadlineMs: answerMs,
      signal,
    });
    const meter = processMeter({ scope: 'a known process', pids: () => [known.pid] });
    try {
      await sleep(settleMs, undefined, { signal });
      const begin = await readBoth(known, meter);
      await sleep(windowMs, undefined, { signal });
      const end = await readBoth(known, meter);
      items.push(
        closeTo(
          {
            what: `spinning ${dutyPercent} % of every 20 ms`,
            reported: end.meteredMs - begin.meteredMs,
            truth: end.ownMs - begin.ownMs,
            unit: 'ms',
          },
          { relative: cpuLimit },
        ),
      );
    } finally {
      await meter.close();
      await known.stop();
    }
  }
  return made(cpuTitle, items, [
    `Truth: the process’s own getrusage over the same window of ${windowMs / 1000} s.`,
  ]);
}

async function readBoth(
  known: KnownProcess,
  meter: Meter,
): Promise<{ readonly ownMs: number; readonly meteredMs: number }> {
  // the process pauses until both have been read, so it uses no CPU time between the two
  const { cpuUs } = await known.ask('cpu', cpuAnswer);
  const { cpuNs } = await meter.read();
  await known.ask('go on', cpuAnswer);
  return { ownMs: cpuUs / 1000, meteredMs: Number(cpuNs) / 1e6 };
}

type MemoryCheck = {
  /** How much each process allocates and touches. */
  readonly allocationsMiB: readonly number[];
  readonly cpus: readonly number[] | undefined;
  readonly signal: AbortSignal;
};

const memoryTitle = {
  id: 'memory',
  part: 'memory',
  title: 'Memory of a known allocation',
  unit: 'MiB',
} as const;
const memoryLimit = 0.02;
const memoryAnswer = z.strictObject({ heldMiB: z.number() });

/** Meters processes that allocate a known amount and write to all of it: the metered memory must grow by that amount. */
export async function checkMemory({ allocationsMiB, cpus, signal }: MemoryCheck): Promise<Check> {
  if (findProcess(process.pid) === undefined) {
    return notMade(
      memoryTitle,
      'without /proc the figures are those of ps, which are not meant to be so exact',
    );
  }
  const items: CheckItem[] = [];
  for (const allocationMiB of allocationsMiB) {
    const known = startKnownProcess('allocating-process', {
      arguments: [String(allocationMiB)],
      cpus,
      deadlineMs: answerMs,
      signal,
    });
    const meter = processMeter({ scope: 'a known process', pids: () => [known.pid] });
    try {
      // an answer shows that Node is up: memory of Node's own start must not count
      await known.ask('ready?', memoryAnswer);
      await sleep(settleMs, undefined, { signal });
      const before = await meter.read();
      const { heldMiB } = await known.ask('allocate', memoryAnswer);
      const after = await meter.read();
      const reported = (after.memoryBytes - before.memoryBytes) / 2 ** 20;
      items.push(
        closeTo(
          { what: `growth by ${allocationMiB} MiB`, reported, truth: heldMiB, unit: 'MiB' },
          { relative: memoryLimit },
        ),
      );
    } finally {
      await meter.close();
      await known.stop();
    }
  }
  return made(memoryTitle, items);
}

type StartupCheck = {
  readonly delaysMs: readonly number[];
  readonly repetitions: number;
  readonly cpus: readonly number[] | undefined;
  readonly signal: AbortSignal;
};

const startupLimitMs = 3;
const pollIntervalMs = 1;
const startDeadlineMs = 20_000;
const startupAnswer = z.strictObject({ listeningMs: z.number() });

/**
 * Starts servers that listen only after a known delay, and compares the startup time found by polling with the moment at
 * which the server itself began to listen, on the same monotonic clock. The check judges the median error, because anything
 * on the host may hold up a single start, and shows the worst error beside it.
 */
export async function checkStartup({ delaysMs, repetitions, cpus, signal }: StartupCheck): Promise<Check> {
  const items: CheckItem[] = [];
  // the first request of this process is slow and must not count
  await startOnce(0, cpus, signal);
  for (const delayMs of delaysMs) {
    const starts: Start[] = [];
    for (let done = 0; done < repetitions; done += 1) starts.push(await startOnce(delayMs, cpus, signal));
    const errors = starts.map(({ readyMs, listeningMs }) => readyMs - listeningMs);
    const truth = median(starts.map(({ listeningMs }) => listeningMs));
    const what = `listening after a wait of ${delayMs} ms`;
    const within = errors.filter((error) => Math.abs(error) <= startupLimitMs).length;
    items.push(
      closeTo(
        { what: `${what}, median error`, reported: truth + median(errors), truth, unit: 'ms' },
        { absolute: startupLimitMs },
      ),
      shown(
        `${what}, worst error (${within} of ${repetitions} within ${startupLimitMs} ms)`,
        truth + maximum(errors.map(Math.abs)),
        truth,
        'ms',
      ),
    );
  }
  return made(
    { id: 'startup', part: 'startup', title: 'Startup of a server with a known delay', unit: 'ms' },
    items,
    ['Truth: spawn of the process to its own “listening”, on the common monotonic clock.'],
  );
}

type Start = { readonly readyMs: number; readonly listeningMs: number };

async function startOnce(
  delayMs: number,
  cpus: readonly number[] | undefined,
  signal: AbortSignal,
): Promise<Start> {
  const port = await choosePort();
  const spawnedAt = process.hrtime.bigint();
  const known = startKnownProcess('delayed-server-process', {
    arguments: [String(delayMs), String(port)],
    variables: { SPAWNED_AT: String(spawnedAt) },
    cpus,
    deadlineMs: answerMs,
    signal,
  });
  try {
    const { readyMs } = await waitForHttp({
      url: new URL(`http://127.0.0.1:${port}/`),
      since: spawnedAt,
      intervalMs: pollIntervalMs,
      deadlineMs: delayMs + startDeadlineMs,
      signal,
    });
    const { listeningMs } = await known.ask('when?', startupAnswer);
    return { readyMs, listeningMs };
  } finally {
    await known.stop();
  }
}

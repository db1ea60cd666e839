import { fileURLToPath } from 'node:url';
import { choosePort } from '@tare/environment';
import { waitForHttp } from '@tare/metrics';
import { maximum, median } from '@tare/statistics';
import { z } from 'zod';
import { closeTo, made, shown } from '../check/check-items.ts';
import { startKnownProcess } from '../known/known-process.ts';
import type { Check, CheckItem } from '../result/calibration-file.ts';

export type StartupCheck = {
  readonly delaysMs: readonly number[];
  readonly repetitions: number;
  readonly cpus: readonly number[] | undefined;
  readonly signal: AbortSignal;
};

const limitMs = 3;
const pollIntervalMs = 1;
const deadlineMs = 20_000;
const answer = z.strictObject({ listeningMs: z.number() });
const script = fileURLToPath(import.meta.url).replace(/check-startup\.([jt]s)$/, 'delayed-server-process.$1');

/**
 * Starts servers that listen only after a known delay, and compares the startup time found by polling with the moment at
 * which the server itself began to listen, on the same monotonic clock. The median error of the repetitions is judged:
 * a single start may be held up by anything on the host. The worst is told beside it.
 */
export async function checkStartup({ delaysMs, repetitions, cpus, signal }: StartupCheck): Promise<Check> {
  const items: CheckItem[] = [];
  // the first request of a process is slow, and is not what is measured
  await startOnce(0, cpus, signal);
  for (const delayMs of delaysMs) {
    const starts: Start[] = [];
    for (let done = 0; done < repetitions; done += 1) starts.push(await startOnce(delayMs, cpus, signal));
    const errors = starts.map(({ readyMs, listeningMs }) => readyMs - listeningMs);
    const truth = median(starts.map(({ listeningMs }) => listeningMs));
    const what = `listening after a wait of ${delayMs} ms`;
    const within = errors.filter((error) => Math.abs(error) <= limitMs).length;
    items.push(
      closeTo(
        { what: `${what}, median error`, reported: truth + median(errors), truth, unit: 'ms' },
        { absolute: limitMs },
      ),
      shown(
        `${what}, worst error (${within} of ${repetitions} within ${limitMs} ms)`,
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
  const known = startKnownProcess(script, {
    arguments: [String(delayMs), String(port)],
    variables: { SPAWNED_AT: String(spawnedAt) },
    cpus,
    lifetimeMs: delayMs + deadlineMs,
    signal,
  });
  try {
    const { readyMs } = await waitForHttp({
      url: new URL(`http://127.0.0.1:${port}/`),
      since: spawnedAt,
      intervalMs: pollIntervalMs,
      deadlineMs: delayMs + deadlineMs,
      signal,
    });
    const { listeningMs } = await known.ask('when?', answer);
    return { readyMs, listeningMs };
  } finally {
    await known.stop();
  }
}

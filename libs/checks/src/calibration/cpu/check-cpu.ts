import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { findProcess, processMeter, type Meter } from '@tare/metrics';
import { z } from 'zod';
import { closeTo, made, notMade } from '../check/check-items.ts';
import { startKnownProcess, type KnownProcess } from '../known/known-process.ts';
import type { Check, CheckItem } from '../result/calibration-file.ts';

export type CpuCheck = {
  /** Shares of a cycle that the process spins. */
  readonly dutyPercents: readonly number[];
  readonly windowMs: number;
  readonly cpus: readonly number[] | undefined;
  readonly signal: AbortSignal;
};

const title = { id: 'cpu', part: 'cpu', title: 'CPU time of a known duty cycle', unit: 'ms' } as const;
const limit = 0.01;
// node's own start is over by then
const settleMs = 300;
const slackMs = 20_000;
const answer = z.strictObject({ cpuUs: z.number() });
const script = fileURLToPath(import.meta.url).replace(/check-cpu\.([jt]s)$/, 'duty-cycle-process.$1');

/**
 * Meters processes that spin for a known share of every 20 ms, and compares the metered CPU time of a window with what
 * the process itself got from getrusage over the same window.
 */
export async function checkCpu({ dutyPercents, windowMs, cpus, signal }: CpuCheck): Promise<Check> {
  if (findProcess(process.pid) === undefined) {
    return notMade(title, 'without /proc the figures are those of ps, which are not meant to be so exact');
  }
  const items: CheckItem[] = [];
  for (const dutyPercent of dutyPercents) {
    const known = startKnownProcess(script, {
      arguments: [String(dutyPercent / 100)],
      cpus,
      lifetimeMs: settleMs + windowMs + slackMs,
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
          { relative: limit },
        ),
      );
    } finally {
      await meter.close();
      await known.stop();
    }
  }
  return made(title, items, [
    `Truth: the process’s own getrusage over the same window of ${windowMs / 1000} s.`,
  ]);
}

async function readBoth(
  known: KnownProcess,
  meter: Meter,
): Promise<{ readonly ownMs: number; readonly meteredMs: number }> {
  // it stands still until both have been read: nothing is used up between the two
  const { cpuUs } = await known.ask('cpu', answer);
  const { cpuNs } = await meter.read();
  await known.ask('go on', answer);
  return { ownMs: cpuUs / 1000, meteredMs: Number(cpuNs) / 1e6 };
}

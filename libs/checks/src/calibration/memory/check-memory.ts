import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { findProcess, processMeter } from '@tare/metrics';
import { z } from 'zod';
import { closeTo, made, notMade } from '../check/check-items.ts';
import { startKnownProcess } from '../known/known-process.ts';
import type { Check, CheckItem } from '../result/calibration-file.ts';

export type MemoryCheck = {
  /** How much each process allocates and touches. */
  readonly allocationsMiB: readonly number[];
  readonly cpus: readonly number[] | undefined;
  readonly signal: AbortSignal;
};

const title = { id: 'memory', part: 'memory', title: 'Memory of a known allocation', unit: 'MiB' } as const;
const limit = 0.02;
const settleMs = 300;
const lifetimeMs = 20_000;
const answer = z.strictObject({ heldMiB: z.number() });
const script = fileURLToPath(import.meta.url).replace(/check-memory\.([jt]s)$/, 'allocating-process.$1');

/** Meters processes that allocate a known amount and write to all of it: the metered memory must grow by as much. */
export async function checkMemory({ allocationsMiB, cpus, signal }: MemoryCheck): Promise<Check> {
  if (findProcess(process.pid) === undefined) {
    return notMade(title, 'without /proc the figures are those of ps, which are not meant to be so exact');
  }
  const items: CheckItem[] = [];
  for (const allocationMiB of allocationsMiB) {
    const known = startKnownProcess(script, { arguments: [String(allocationMiB)], cpus, lifetimeMs, signal });
    const meter = processMeter({ scope: 'a known process', pids: () => [known.pid] });
    try {
      // its answer says that node is up; what node itself allocates while it starts is not the allocation's
      await known.ask('ready?', answer);
      await sleep(settleMs, undefined, { signal });
      const before = await meter.read();
      const { heldMiB } = await known.ask('allocate', answer);
      const after = await meter.read();
      const reported = (after.memoryBytes - before.memoryBytes) / 2 ** 20;
      items.push(
        closeTo(
          { what: `growth by ${allocationMiB} MiB`, reported, truth: heldMiB, unit: 'MiB' },
          { relative: limit },
        ),
      );
    } finally {
      await meter.close();
      await known.stop();
    }
  }
  return made(title, items);
}

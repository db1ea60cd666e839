/** The load generator's own process: takes one job over IPC, reports its windows, sends the outcome, ends. */
import { setTimeout as sleep } from 'node:timers/promises';
import { runClosedLoop } from './closed-loop.ts';
import type { GeneratorJob, GeneratorMessage, LoadOrder, OpenOrder, OpenOutcome } from './load-order.ts';
import { runOpenLoop } from './open-loop.ts';

// open load before its window: connections are warm, and the server has left the closed loop behind
const openWarmupMs = 300;
// what the closed loop left under way is done after about its longest latency
const shortestDrainMs = 100;
const longestDrainMs = 2000;

function tell(message: GeneratorMessage): void {
  process.send?.(message);
}

function openLoop(order: OpenOrder, spin: boolean): Promise<OpenOutcome> {
  return runOpenLoop(order, spin, {
    onStart: () => {
      tell({ kind: 'open-start' });
    },
    onEnd: () => {
      tell({ kind: 'open-end' });
    },
  });
}

async function perform(order: LoadOrder, spin: boolean): Promise<GeneratorMessage> {
  const closed = await runClosedLoop(order, {
    onStart: () => {
      tell({ kind: 'window-start' });
    },
    onEnd: () => {
      tell({ kind: 'window-end' });
    },
  });
  if (order.open === undefined) return { kind: 'outcome', outcome: closed };
  await sleep(Math.min(longestDrainMs, Math.max(shortestDrainMs, closed.latencyMs.max)));
  const { origin, requests, seed, timeoutSeconds, open } = order;
  const outcome = await openLoop(
    { origin, requests, seed, timeoutSeconds, open, warmupMs: openWarmupMs },
    spin,
  );
  return { kind: 'outcome', outcome: { ...closed, open: outcome } };
}

// without its parent nobody wants the load
process.on('disconnect', () => process.exit(1));
// Ctrl-C reaches the whole process group; the parent decides when this process ends
process.on('SIGINT', () => undefined);

process.once('message', (job: GeneratorJob) => {
  const result: Promise<GeneratorMessage> =
    job.kind === 'load'
      ? perform(job.order, job.spin)
      : openLoop(job.order, job.spin).then((outcome) => ({ kind: 'open-outcome', outcome }));
  result
    .catch((error: unknown): GeneratorMessage => ({
      kind: 'failed',
      message: error instanceof Error ? error.message : String(error),
    }))
    .then(tell)
    .catch(() => process.exit(1));
});
tell({ kind: 'ready' });

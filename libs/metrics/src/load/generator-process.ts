/** The load generator's own process: takes one job over IPC, reports its windows, sends the outcome, ends. */
import { setTimeout as sleep } from 'node:timers/promises';
import { runClosedLoop } from './closed-loop.ts';
import type { GeneratorJob, GeneratorMessage, LoadOrder, OpenOrder, OpenOutcome } from './load-order.ts';
import type { WindowMoments } from './closed-loop.ts';
import { runOpenLoop } from './open-loop.ts';
import { runTurns } from './turn-loop.ts';

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

const closedWindow: WindowMoments = {
  onStart: () => {
    tell({ kind: 'window-start' });
  },
  onEnd: () => {
    tell({ kind: 'window-end' });
  },
};

async function perform(order: LoadOrder, spin: boolean): Promise<GeneratorMessage> {
  const closed = await runClosedLoop(order, closedWindow);
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

async function run(job: GeneratorJob): Promise<GeneratorMessage> {
  switch (job.kind) {
    case 'load':
      return perform(job.order, job.spin);
    case 'open':
      return { kind: 'open-outcome', outcome: await openLoop(job.order, job.spin) };
    case 'turns':
      return { kind: 'turn-outcomes', outcome: await runTurns(job.order, closedWindow) };
  }
}

process.once('message', (job: GeneratorJob) => {
  run(job)
    .catch((error: unknown): GeneratorMessage => ({
      kind: 'failed',
      message: error instanceof Error ? error.message : String(error),
    }))
    .then(tell)
    .catch(() => process.exit(1));
});
tell({ kind: 'ready' });

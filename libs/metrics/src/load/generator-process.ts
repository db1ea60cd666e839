/** The load generator's own process: takes one job over IPC, reports its windows, sends the outcome, ends. */
import { setTimeout as sleep } from 'node:timers/promises';
import { runClosedLoop } from './closed-loop.ts';
import type {
  GeneratorJob,
  GeneratorMessage,
  LoadOrder,
  LoadOutcome,
  OpenOrder,
  OpenOutcome,
  TurnsOrder,
} from './load-order.ts';
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

/** @returns the outcome of a closed window with that of the open one that follows it, if one is ordered. */
async function withOpenWindow(
  closed: LoadOutcome,
  { open, ...order }: Pick<LoadOrder, 'origin' | 'requests' | 'seed' | 'timeoutSeconds' | 'open'>,
  spin: boolean,
): Promise<LoadOutcome> {
  if (open === undefined) return closed;
  await sleep(Math.min(longestDrainMs, Math.max(shortestDrainMs, closed.latencyMs.max)));
  return { ...closed, open: await openLoop({ ...order, open, warmupMs: openWarmupMs }, spin) };
}

async function performTurns(order: TurnsOrder, spin: boolean): Promise<readonly LoadOutcome[]> {
  const { seed, timeoutSeconds } = order;
  const outcomes: LoadOutcome[] = [];
  for (const [index, closed] of (await runTurns(order, closedWindow)).entries()) {
    const side = order.sides[index];
    outcomes.push(
      side === undefined ? closed : await withOpenWindow(closed, { ...side, seed, timeoutSeconds }, spin),
    );
  }
  return outcomes;
}

// without its parent nobody wants the load
process.on('disconnect', () => process.exit(1));
// Ctrl-C reaches the whole process group; the parent decides when this process ends
process.on('SIGINT', () => undefined);

async function run(job: GeneratorJob): Promise<GeneratorMessage> {
  switch (job.kind) {
    case 'load':
      return {
        kind: 'outcome',
        outcome: await withOpenWindow(await runClosedLoop(job.order, closedWindow), job.order, job.spin),
      };
    case 'open':
      return { kind: 'open-outcome', outcome: await openLoop(job.order, job.spin) };
    case 'turns':
      return { kind: 'turn-outcomes', outcome: await performTurns(job.order, job.spin) };
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

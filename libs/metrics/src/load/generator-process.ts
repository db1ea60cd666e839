/** The load generator's own process: takes one order over IPC, reports its window, sends the outcome, ends. */
import { runClosedLoop } from './closed-loop.ts';
import type { GeneratorMessage, LoadOrder } from './load-order.ts';

function tell(message: GeneratorMessage): void {
  process.send?.(message);
}

// without its parent nobody wants the load
process.on('disconnect', () => process.exit(1));
// Ctrl-C reaches the whole process group; the parent decides when this process ends
process.on('SIGINT', () => undefined);

process.once('message', (order: LoadOrder) => {
  runClosedLoop(order, {
    onStart: () => {
      tell({ kind: 'window-start' });
    },
    onEnd: () => {
      tell({ kind: 'window-end' });
    },
  })
    .then(
      (outcome): GeneratorMessage => ({ kind: 'outcome', outcome }),
      (error: unknown): GeneratorMessage => ({
        kind: 'failed',
        message: error instanceof Error ? error.message : String(error),
      }),
    )
    .then(tell)
    .catch(() => process.exit(1));
});
tell({ kind: 'ready' });

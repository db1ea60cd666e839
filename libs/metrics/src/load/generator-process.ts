/**
 * The load generator's own process: takes one job over IPC, reports its moments, sends the outcome and ends.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { runClosedLoop } from './closed-loop.ts';
import type { GeneratorJob, GeneratorMessage } from './load-generator.ts';
import { GeneratorError, SideError, type LoadOutcome, type LoadSpec, type Moment } from './load-spec.ts';
import { openSliceMs, runOpenLoop } from './open-loop.ts';

// open load before its window: connections are warm, and the server has left the closed loop behind
const openWarmupMs = 300;
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
  const closed = await runClosedLoop(spec, tell);
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

/** Repeats a fixed piece of work and writes the durations as JSON to stdout: `work-noise-process PIECE_MS PIECES`. */
import { performance } from 'node:perf_hooks';

const [pieceMs = 25, pieces = 40] = process.argv.slice(2).map(Number);
const settleMs = 400;

// integer arithmetic alone: no memory, no allocation, no garbage collection
function work(iterations: number): number {
  let state = 1;
  for (let index = 0; index < iterations; index++) state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
  return state;
}

let sink = 0;
function timed(iterations: number): number {
  const begin = performance.now();
  sink ^= work(iterations);
  return performance.now() - begin;
}

// let compiler and clock settle first; the fastest of the last repetitions determines the size
let iterations = 100_000;
let fastestMs = Number.POSITIVE_INFINITY;
for (const until = performance.now() + settleMs; performance.now() < until;) {
  const tookMs = timed(iterations);
  if (tookMs < pieceMs / 2) {
    iterations *= 2;
    fastestMs = Number.POSITIVE_INFINITY;
  } else fastestMs = Math.min(fastestMs, tookMs);
}
if (Number.isFinite(fastestMs)) iterations = Math.round((iterations * pieceMs) / fastestMs);
const times = Array.from({ length: pieces }, () => timed(iterations));
process.stdout.write(JSON.stringify({ times, sink }));

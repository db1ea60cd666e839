import { spawnSync } from 'node:child_process';

const deadlineMs = 10_000;

/** Whether primesieve (https://github.com/kimwalisch/primesieve), the fastest sieve known, can be run here. */
export function hasPrimesieve(): boolean {
  return spawnSync('primesieve', ['--version'], { stdio: 'ignore', timeout: deadlineMs }).status === 0;
}

/**
 * The milliseconds that single-threaded primesieve takes to count the primes up to n: a process that counts to n less one
 * that counts to 1, run next to each other. A single figure is noisy, and may be negative for a small n; take the median
 * of many. (primesieve's own `--time` has whole milliseconds, and takes less than one for n = 10⁷.)
 *
 * @throws Error when primesieve fails or has not ended after 10 s.
 */
export function primesieveMs(n: number): number {
  const startUpMs = processMs(1);
  return processMs(n) - startUpMs;
}

function processMs(n: number): number {
  const options = [String(n), '--threads=1', '--quiet', '--no-status'];
  const startedMs = performance.now();
  const { status, error } = spawnSync('primesieve', options, { stdio: 'ignore', timeout: deadlineMs });
  const durationMs = performance.now() - startedMs;
  if (status !== 0) {
    throw new Error(`primesieve ${options.join(' ')} ended with ${status ?? 'a signal'}`, { cause: error });
  }
  return durationMs;
}

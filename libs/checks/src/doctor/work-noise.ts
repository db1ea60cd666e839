import { fileURLToPath } from 'node:url';
import { pinned, runProgram } from '@tare/metrics';
import { mean, minimumDetectableDifference, quantile, sampleStandardDeviation } from '@tare/statistics';
import { z } from 'zod';
import type { DoctorLine } from './doctor-line.ts';

const processFile = fileURLToPath(import.meta.url).replace(/work-noise\.([jt]s)$/, 'work-noise-process.$1');
const pieceMs = 25;
const pieces = 40;
const deadlineMs = 20_000;
const rounds = 12;
// the widest of the default margins: what a run ought to see
const wantedPercent = 5;

const answer = z.object({ times: z.array(z.number().positive()).min(2) });

/**
 * Lets a process repeat a fixed piece of work of about 25 ms on the given CPUs.
 * @returns how long each of the 40 took, in milliseconds.
 * @throws Error when the process fails or misses its deadline; the signal's reason when aborted.
 */
export async function measureWorkNoise(
  cpus: readonly number[] | undefined,
  signal: AbortSignal,
): Promise<readonly number[]> {
  const command = pinned(
    { file: process.execPath, arguments: [processFile, String(pieceMs), String(pieces)] },
    cpus,
  );
  try {
    const stdout = await runProgram(command.file, command.arguments, {
      signal,
      deadlineMs,
      inherited: {},
      variables: { NODE_ENV: 'production' },
    });
    return answer.parse(JSON.parse(stdout)).times;
  } catch (error) {
    signal.throwIfAborted();
    throw new Error(
      `the fixed piece of work could not be timed: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  }
}

/**
 * What the noise of this host alone means for a run: the difference that 12 rounds would see with 80 % power if trials
 * varied as these pieces do. A paired difference has √2 times the noise of one trial. Pure.
 */
export function workNoiseLine(timesMs: readonly number[]): DoctorLine {
  const subject = 'steadiness';
  const cv = sampleStandardDeviation(timesMs) / mean(timesMs);
  const seenPercent = Math.expm1(minimumDetectableDifference({ rounds, stdev: Math.SQRT2 * cv })) * 100;
  const worstPercent = (Math.max(...timesMs) / quantile(timesMs, 0.5) - 1) * 100;
  const finding =
    `${timesMs.length} × ${mean(timesMs).toFixed(0)} ms of the same work vary by ${(cv * 100).toFixed(1)} %, the slowest is ` +
    `${worstPercent.toFixed(0)} % above the median; if trials varied as much, ${rounds} rounds would see differences ` +
    `from ${seenPercent.toFixed(1)} % on`;
  if (seenPercent <= wantedPercent) return { level: 'good', subject, finding };
  return {
    level: 'warning',
    subject,
    finding,
    remedy: 'end what runs beside it (top), fix the clock, then ask again; else use more rounds',
  };
}

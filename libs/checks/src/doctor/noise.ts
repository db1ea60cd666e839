import { fileURLToPath } from 'node:url';
import { pinned, runProgram } from '@tare/metrics';
import { defaultGuards } from '@tare/runner';
import { mean, minimumDetectableDifference, quantile, sampleStandardDeviation } from '@tare/statistics';
import { z } from 'zod';
import type { DoctorLine } from './doctor-line.ts';

type TimerJitter = {
  /** Time between two turns of an idle event loop, in milliseconds. */
  readonly p99Ms: number;
  readonly longestMs: number;
  /** Share of the time in which a timer that falls due fires more than 1 ms late. */
  readonly latePercent: number;
};

// how late a request may be sent before it counts as late
const lateMs = 1;

/**
 * Measures how regularly this process gets to run: it turns the event loop without pause and reads the clock each time.
 * @throws the signal's reason when aborted.
 */
export async function measureTimerJitter(durationMs: number, signal: AbortSignal): Promise<TimerJitter> {
  const gapsMs: number[] = [];
  const startNs = process.hrtime.bigint();
  const untilNs = startNs + BigInt(Math.round(durationMs * 1e6));
  for (let lastNs = startNs; lastNs < untilNs;) {
    await new Promise((resolve) => setImmediate(resolve));
    signal.throwIfAborted();
    const nowNs = process.hrtime.bigint();
    gapsMs.push(Number(nowNs - lastNs) / 1e6);
    lastNs = nowNs;
  }
  return {
    p99Ms: quantile(gapsMs, 0.99),
    longestMs: gapsMs.reduce((longest, each) => Math.max(longest, each), 0),
    latePercent: latePercentOf(gapsMs),
  };
}

/**
 * Weighs each gap by its length, because a long gap is only one of many turns: a timer that falls due in all but the last
 * millisecond of a gap fires late. Pure.
 */
export function latePercentOf(gapsMs: readonly number[]): number {
  const allMs = gapsMs.reduce((sum, each) => sum + each, 0);
  return (gapsMs.reduce((sum, each) => sum + Math.max(0, each - lateMs), 0) / allMs) * 100;
}

/** The line about timers. Pure. */
export function timerJitterLine({ p99Ms, longestMs, latePercent }: TimerJitter): DoctorLine {
  const finding =
    `99 of 100 turns of an event loop take up to ${p99Ms.toFixed(3)} ms, the longest ${longestMs.toFixed(1)} ms: ` +
    `${latePercent.toFixed(1)} % of the moments come up more than ${lateMs} ms late`;
  if (latePercent <= defaultGuards.lateSendsPercent) return { level: 'good', subject: 'timers', finding };
  return {
    level: 'warning',
    subject: 'timers',
    finding,
    remedy: 'end what competes for the CPUs: top',
  };
}

const processFile = fileURLToPath(import.meta.url).replace(/noise\.([jt]s)$/, 'work-noise-process.$1');
const pieceMs = 25;
const pieces = 40;
const deadlineMs = 20_000;
const rounds = 12;
// the widest default margin: a run should see such a difference
const wantedPercent = 5;

const answer = z.object({ times: z.array(z.number().positive()).min(2) });

/**
 * Makes a process repeat a fixed piece of work of about 25 ms on the given CPUs.
 * @returns the durations of the 40 repetitions, in milliseconds.
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
 * What the noise of this host means for a run: the difference that 12 rounds would detect with 80 % power if trials
 * varied as much as these repetitions. A paired difference has √2 times the noise of one trial. Pure.
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

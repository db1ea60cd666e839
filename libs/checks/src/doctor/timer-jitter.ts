import { quantile } from '@tare/statistics';
import { defaultGuards } from '@tare/runner';
import type { DoctorLine } from './doctor-line.ts';

export type TimerJitter = {
  /** Time between two turns of an idle event loop, in milliseconds. */
  readonly p99Ms: number;
  readonly longestMs: number;
  /** Of the moments of that time, how many came up more than 1 ms after they were due. */
  readonly latePercent: number;
};

// how late a request may be sent before it counts as late
const lateMs = 1;

/**
 * Measures how regularly this process gets to run: it turns the event loop without pause and looks at the clock.
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
 * Among turns a long gap is one of many, among moments it weighs by its length: all but the last millisecond of a gap are
 * moments that come up late. Pure.
 */
export function latePercentOf(gapsMs: readonly number[]): number {
  const allMs = gapsMs.reduce((sum, each) => sum + each, 0);
  return (gapsMs.reduce((sum, each) => sum + Math.max(0, each - lateMs), 0) / allMs) * 100;
}

/** Pure. */
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

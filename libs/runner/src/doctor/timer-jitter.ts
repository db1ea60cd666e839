import { quantile } from '@tare/statistics';
import type { DoctorLine } from './doctor-line.ts';

export type TimerJitter = {
  /** Time between two turns of an idle event loop, in milliseconds. */
  readonly p99Ms: number;
  readonly longestMs: number;
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
  };
}

/** Pure. */
export function timerJitterLine({ p99Ms, longestMs }: TimerJitter): DoctorLine {
  const finding = `99 of 100 turns of an event loop within ${p99Ms.toFixed(3)} ms, the longest ${longestMs.toFixed(1)} ms`;
  if (p99Ms <= lateMs) return { level: 'good', subject: 'timers', finding };
  return {
    level: 'warning',
    subject: 'timers',
    finding: `${finding}: requests will be sent late`,
    remedy: 'end what competes for the CPUs: top',
  };
}

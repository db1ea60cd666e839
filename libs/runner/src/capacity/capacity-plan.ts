import type { Slo } from '@tare/results';
import { parseSlo } from './parse-slo.ts';

/** What the command line says about a search for capacities; undefined takes the default. */
export type CapacityOptions = {
  /** The objective: "p99<=50ms". */
  readonly slo?: string;
  /** Length of the window of a step, in seconds. */
  readonly duration?: number | string;
  /** The search ends when the bracket is this many percent wide. */
  readonly tolerance?: number | string;
  readonly passes?: number | string;
  /** First rate that is tried, in requests per second. */
  readonly startRate?: number | string;
  /** No higher rate is tried. */
  readonly maxRate?: number | string;
};

/** How capacities are searched for. */
export type CapacityPlan = {
  readonly slo: Slo;
  readonly windowMs: number;
  /** As a share. */
  readonly tolerance: number;
  readonly passes: number;
  readonly startRps: number;
  readonly maxRps: number;
};

const limits = {
  durationSeconds: [1, 600],
  tolerancePercent: [0.5, 50],
  passes: [1, 20],
  rateRps: [1, 1_000_000],
} as const;
const defaults = { slo: 'p99<=50ms', duration: 3, tolerance: 5, passes: 2, startRate: 50, maxRate: 100_000 };

/**
 * Reads the options of a search and fills in the defaults.
 * @throws Error with one line that names the option, its value and what was expected.
 */
export function parseCapacityPlan(options: CapacityOptions): CapacityPlan {
  const startRps = readRate('startRate', options.startRate);
  const maxRps = readRate('maxRate', options.maxRate);
  if (maxRps < startRps) {
    throw new Error(`--maxRate=${maxRps}: expected at least the start rate, ${startRps} requests per second`);
  }
  const passes = readNumber('passes', options.passes, limits.passes, 'a whole number');
  if (!Number.isInteger(passes)) throw wrong('passes', options.passes, 'a whole number', limits.passes);
  return {
    slo: parseSlo(options.slo ?? defaults.slo),
    windowMs: readNumber('duration', options.duration, limits.durationSeconds, 'a number of seconds') * 1000,
    tolerance: readNumber('tolerance', options.tolerance, limits.tolerancePercent, 'a percentage') / 100,
    passes,
    startRps,
    maxRps,
  };
}

type Numeric = 'duration' | 'tolerance' | 'passes' | 'startRate' | 'maxRate';

function readRate(option: 'startRate' | 'maxRate', value: unknown): number {
  return readNumber(option, value, limits.rateRps, 'a number of requests per second');
}

function readNumber(option: Numeric, value: unknown, range: readonly [number, number], kind: string): number {
  if (value === undefined) return defaults[option];
  const text = typeof value === 'number' || typeof value === 'string' ? String(value).trim() : '';
  const number = /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (!(number >= range[0] && number <= range[1])) throw wrong(option, value, kind, range);
  return number;
}

function wrong(
  option: Numeric,
  value: unknown,
  kind: string,
  [least, most]: readonly [number, number],
): Error {
  const shown = typeof value === 'string' ? value : JSON.stringify(value);
  return new Error(`--${option}=${shown}: expected ${kind} from ${least} to ${most}`);
}

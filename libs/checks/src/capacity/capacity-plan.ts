import { number, readOptions, text, whole, type GivenOptions } from '@tare/options';
import type { Slo } from '@tare/results';
import { z } from 'zod';

const rate = { min: 1, max: 1_000_000, unit: 'requests per second' };

/** The options of a search for capacities; those that it shares with a run are not among them. */
export const capacityOptions = {
  slo: text({
    description:
      'The objective: a quantile of the latency, <= and a limit in ms or s. Latency counts from the planned time of sending.',
  }).default('p99<=50ms'),
  duration: number({
    min: 1,
    max: 600,
    unit: 'seconds',
    description: 'How long each rate is offered.',
  }).default(3),
  tolerance: number({
    min: 0.5,
    max: 50,
    unit: 'percent',
    description:
      'The search ends when the highest rate that meets the objective and the lowest that misses it are this far apart.',
  }).default(5),
  passes: whole({
    min: 1,
    max: 20,
    description:
      'How often everything is searched, on fresh instances and in another random order, so that drift shows.',
  }).default(2),
  startRate: number({
    ...rate,
    description: 'First rate that is offered; halved for an environment that is too slow for it.',
  }).default(50),
  maxRate: number({ ...rate, description: 'No higher rate is offered.' }).default(100_000),
};

// not strict: the executor passes options of a run as well
const capacitySchema = z.object(capacityOptions);

/** Options of a search as the command line gives them; undefined takes the default. Numbers may be strings. */
export type CapacityOptions = GivenOptions<typeof capacityOptions>;

/** The parameters of a search for capacities. */
export type CapacityPlan = {
  readonly slo: Slo;
  readonly windowMs: number;
  /** A ratio: 0.05 for 5 %. */
  readonly tolerance: number;
  readonly passes: number;
  readonly startRps: number;
  readonly maxRps: number;
};

/**
 * Reads the options of a search and fills in the defaults.
 * @throws Error with one line that names the option, its value and what was expected.
 */
export function parseCapacityPlan(options: CapacityOptions): CapacityPlan {
  const { slo, duration, tolerance, passes, startRate, maxRate } = readOptions(capacitySchema, options);
  if (maxRate < startRate) {
    throw new Error(
      `--maxRate=${maxRate}: expected at least the start rate, ${startRate} requests per second`,
    );
  }
  return {
    slo: parseSlo(slo),
    windowMs: duration * 1000,
    tolerance: tolerance / 100,
    passes,
    startRps: startRate,
    maxRps: maxRate,
  };
}

const form = /^p(\d{1,2}(?:\.\d+)?)\s*(?:<=|≤|<)\s*(-?\d+(?:\.\d+)?)\s*([a-zµ]*)$/i;
const unitsMs: ReadonlyMap<string, number> = new Map([
  ['ms', 1],
  ['s', 1000],
]);
const highestLimitMs = 60_000;

/**
 * Reads a latency objective: "p99<=50ms", "p95 < 100 ms", "p99.9 ≤ 2s". The signs mean the same: no measured latency is
 * exact enough to tell them apart.
 * @throws Error with one line that names the option, its value and what was expected.
 */
export function parseSlo(value: unknown): Slo {
  const text = typeof value === 'string' ? value.trim() : JSON.stringify(value);
  const wrong = (expected: string): Error => new Error(`--slo=${text}: expected ${expected}`);
  const match = form.exec(text);
  if (match === null) throw wrong('a quantile, <= and a limit, as in p99<=50ms');
  const [, digits = '', number = '', unit = ''] = match;
  const percentile = Number(digits);
  if (percentile <= 0) throw wrong('a quantile above p0 and below p100, as in p99<=50ms');
  if (unit === '') throw wrong('a unit: ms or s, as in p99<=50ms');
  const factor = unitsMs.get(unit.toLowerCase());
  if (factor === undefined) throw wrong('the unit ms or s, as in p99<=50ms');
  const limitMs = Number(number) * factor;
  if (limitMs <= 0) throw wrong('a limit above 0, as in p99<=50ms');
  if (limitMs > highestLimitMs) throw wrong(`a limit of at most ${highestLimitMs / 1000} s, as in p99<=50ms`);
  return { text: `p${percentile} ≤ ${Number(number)} ${unit.toLowerCase()}`, percentile, limitMs };
}

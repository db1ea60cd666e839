import type { Slo } from '@tare/results';

const form = /^p(\d{1,2}(?:\.\d+)?)\s*(?:<=|≤|<)\s*(-?\d+(?:\.\d+)?)\s*([a-zµ]*)$/i;
const unitsMs: ReadonlyMap<string, number> = new Map([
  ['ms', 1],
  ['s', 1000],
]);
const highestLimitMs = 60_000;

/**
 * Reads an objective for the latency: "p99<=50ms", "p95 < 100 ms", "p99.9 ≤ 2s". The signs mean the same: a measured
 * latency is never known so well that it matters.
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

import { expect, it } from 'vitest';
import { showCapacityProgress, type CapacityEvent } from './show-capacity-progress.ts';

const slo = { text: 'p99 ≤ 50 ms', percentile: 99, limitMs: 50 };
const place = { search: 1, searches: 4, pass: 1, workload: 'primes', environment: 'docker' };

function shown(...events: readonly CapacityEvent[]): string {
  let text = '';
  const output = {
    write: (chunk: string) => {
      text += chunk;
      return true;
    },
  };
  const listener = showCapacityProgress(output, slo);
  for (const event of events) listener(event);
  return text;
}

it('shows what the search is for and what the generator can do', () => {
  expect(
    shown(
      { kind: 'capacity-started', runId: 'id', seed: 3, searches: 4, journal: 'reports/runs/id' },
      { kind: 'generator-proven', generatorRps: 6400.4 },
    ),
  ).toBe(
    'run id: 4 searches for p99 ≤ 50 ms, seed 3, journal reports/runs/id\nload generator: meets p99 ≤ 50 ms by itself up to 6400 req/s\n',
  );
});

it.each([
  [{ highestRps: 200, lowestMissRps: 210, limit: 'slo' }, 'meets up to 200 req/s, misses at 210 req/s'],
  [{ highestRps: null, lowestMissRps: 1, limit: 'slo' }, 'misses even at 1 req/s'],
  [
    { highestRps: 200, lowestMissRps: null, limit: 'generator' },
    'at least 200 req/s; the load generator is the limit',
  ],
  [
    { highestRps: 200, lowestMissRps: null, limit: 'maximum' },
    'at least 200 req/s; no higher rate was asked for',
  ],
  [
    { highestRps: 200, lowestMissRps: 400, limit: 'steps' },
    'at least 200 req/s; the search was not finished',
  ],
] as const)('says what a search found: %j', (found, text) => {
  expect(shown({ kind: 'search-finished', place, found: { pass: 1, ...found } })).toBe(
    `  primes in docker: ${text}\n`,
  );
});

it('leaves what happens in every run to its own lines', () => {
  expect(shown({ kind: 'preparing', environment: 'docker' })).toBe('docker: preparing\n');
});

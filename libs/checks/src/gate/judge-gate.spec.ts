import type { Trial } from '@tare/results';
import { expect, it } from 'vitest';
import { exampleTrial } from '@tare/runner/trial-for-tests';
import { baseNameOf } from './base-side.ts';
import { judgeGate, requestsForP99, type GateQuestion } from './judge-gate.ts';

/** Twelve rounds of both sides in some environments; head's throughput is that of the base times the factor, with some spread. */
function trials(factors: Readonly<Record<string, number>>, requests = requestsForP99): Trial[] {
  return Object.entries(factors).flatMap(([environment, factor]) =>
    Array.from({ length: 12 }, (_, index) => index + 1).flatMap((round) => {
      const throughputRps = 1000 * (1 + 0.01 * (round % 3));
      return [
        exampleTrial({ environment: baseNameOf(environment), round, throughputRps }),
        exampleTrial({
          environment,
          round,
          throughputRps: throughputRps * factor * (1 + 0.002 * (round % 2)),
        }),
      ].map((trial) => ({ ...trial, load: { ...trial.load, requests } }));
    }),
  );
}
const question: GateQuestion = { environments: ['native'], unjudged: [], threshold: 0.1, margins: {} };

it('finds the metric that is worse, and passes the others', () => {
  const found = judgeGate({ trials: trials({ native: 0.9 }), seed: 1 }, question);
  expect(found.filter(({ decision }) => decision !== 'pass')).toMatchObject([
    {
      workload: 'primes',
      environment: 'native',
      metric: 'throughputRps',
      n: 12,
      decision: 'regression',
      note: null,
    },
  ]);
  expect(found.map(({ metric }) => metric)).not.toContain('latencyMeanMs');
});

it('passes what is faster', () => {
  const found = judgeGate({ trials: trials({ native: 1.5 }), seed: 1 }, question);
  expect(new Set(found.map(({ decision }) => decision))).toEqual(new Set(['pass']));
});

it('compares every environment with its own base, and corrects for all together', () => {
  const run = { trials: trials({ native: 0.9, docker: 1 }), seed: 1 };
  const found = judgeGate(run, { ...question, environments: ['native', 'docker'] });
  expect(found.filter(({ decision }) => decision === 'regression')).toMatchObject([
    { environment: 'native' },
  ]);
  const [alone] = judgeGate(run, question).filter(({ decision }) => decision === 'regression');
  const together = found.find(({ decision }) => decision === 'regression');
  expect(together?.pAdjusted).toBeGreaterThan(alone?.pAdjusted ?? Infinity);
});

it('decides nothing about a p99 of a few requests, nor in an emulated environment', () => {
  const few = judgeGate({ trials: trials({ native: 1 }, 300), seed: 1 }, question);
  expect(few.find(({ metric }) => metric === 'latencyP99Ms')).toMatchObject({
    decision: null,
    pAdjusted: null,
    note: 'not judged: as few as 300 requests in a trial, a p99 takes 1000',
  });
  const emulated = judgeGate(
    { trials: trials({ native: 0.5 }), seed: 1 },
    { ...question, unjudged: ['native'] },
  );
  expect(emulated.every(({ decision, note }) => decision === null && note === 'not judged: emulated')).toBe(
    true,
  );
});

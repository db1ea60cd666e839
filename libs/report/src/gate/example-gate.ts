import type { GateResult, GateComparison } from '@tare/results';

/** One metric of a gate for tests, undecided unless told. */
export function exampleGateComparison(given: Partial<GateComparison> = {}): GateComparison {
  return {
    workload: 'primes',
    environment: 'native',
    metric: 'throughputRps',
    n: 30,
    ratio: 0.97,
    ci95: [0.894, 1.052],
    pAdjusted: 0.4,
    margin: 0.02,
    decision: 'undecided',
    roundsMore: 14,
    note: null,
    ...given,
  };
}

/** A gate for tests, with a regression, a pass, an undecided metric and one that is not judged. */
export function exampleGate(given: Partial<GateResult> = {}): GateResult {
  return {
    schema: 1,
    startedAt: '2026-01-02T03:04:05.678Z',
    finishedAt: '2026-01-02T03:09:05.678Z',
    decision: 'regression',
    exitCode: 1,
    problem: null,
    base: { ref: 'origin/main', commit: '1a2b3c4d5e', subject: 'Add a <cache> | fast', modified: false },
    head: { ref: 'HEAD', commit: 'ffeeddccbb', subject: 'Sieve more', modified: true },
    threshold: 0.1,
    workloads: [
      { workload: 'primes', status: 'measured' },
      { workload: 'grocery:view', status: 'same-bytes', sha256: 'abcdef0123456789' },
      { workload: 'new', status: 'not-compared', reason: 'the base does not have it' },
    ],
    environments: [{ environment: 'native', status: 'measured' }],
    run: { id: '20260102-030405-abcdef', seed: 7, rounds: 30 },
    comparisons: [
      exampleGateComparison({ ratio: 0.902, ci95: [0.888, 0.917], decision: 'regression', roundsMore: null }),
      exampleGateComparison({ metric: 'startupMs', ratio: 1, ci95: [0.99, 1.012], decision: 'pass' }),
      exampleGateComparison({ metric: 'latencyP95Ms' }),
      exampleGateComparison({
        metric: 'latencyP99Ms',
        decision: null,
        note: 'not judged: as few as 300 requests in a trial, a p99 takes 1000',
      }),
    ],
    warnings: ['in 2 of 30 rounds something disturbed a trial, and it could not be repeated'],
    ...given,
  };
}

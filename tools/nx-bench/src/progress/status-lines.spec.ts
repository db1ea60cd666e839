import { afterEvent, beforeRun, type RunEvent } from '@tare/runner';
import { exampleRunStart, examplePlace, trialEvents } from '@tare/runner/fixtures';
import { expect, it } from 'vitest';
import { statusLines } from './status-lines.ts';

const runStart = exampleRunStart('native', 'docker');
const shown = (...events: readonly RunEvent[]): readonly string[] =>
  statusLines([{ kind: 'environments-ready', runStart } as const, ...events].reduce(afterEvent, beforeRun));
const fixed: RunEvent = { kind: 'run-started', runId: 'id', seed: 7, rounds: 2, journal: 'j' };

it('says nothing before the first trial', () => {
  expect(shown(fixed)).toEqual([]);
});

it('shows the medians so far and who is done', () => {
  const lines = shown(
    fixed,
    ...trialEvents(examplePlace('native', 1, 1), 1000),
    ...trialEvents(examplePlace('docker', 1, 2), 800),
    ...trialEvents(examplePlace('native', 2, 3), 1200),
    { kind: 'trial-started', place: examplePlace('docker', 2, 4) },
  );
  expect(lines).toEqual([
    'native  2/2  done     median 1100.0 req/s, ready after 90 ms',
    'docker  1/2  running  median 800.0 req/s, ready after 90 ms',
    'round 2/2  trial 4/4  primes in docker …',
  ]);
});

it('leaves out the trials of a round that is repeated', () => {
  const lines = shown(
    fixed,
    ...trialEvents(examplePlace('native', 1, 1), 1000),
    ...trialEvents(examplePlace('docker', 1, 2), 100),
    {
      kind: 'round-repeated',
      repeat: {
        round: 1,
        attempt: 1,
        workload: 'primes',
        environment: 'docker',
        cause: 'guard',
        reason: 'x',
      },
    },
    { kind: 'trial-started', place: examplePlace('native', 1, 1) },
  );
  expect(lines.slice(0, 2)).toEqual(['native  0/2  running', 'docker  0/2  repeated']);
});

it('nobody is done as long as a pilot is to decide', () => {
  const pilot: RunEvent[] = [
    { kind: 'run-started', runId: 'id', seed: 7, rounds: undefined, journal: 'j' },
    ...trialEvents(examplePlace('native', 1, 1, 1)),
    ...trialEvents(examplePlace('docker', 1, 2, 1)),
  ];
  expect(shown(...pilot)).toEqual([
    'native  1/1  waiting  median 1000.0 req/s, ready after 90 ms',
    'docker  1/1  waiting  median 1000.0 req/s, ready after 90 ms',
    'pilot, round 1/1  trial 2/2',
  ]);
  const plan = { kind: 'pilot', pilotRounds: 1, rounds: 9, wantedRounds: 9 } as const;
  const decided = shown(...pilot, {
    kind: 'rounds-decided',
    plan: { ...plan, limitedBy: 'precision', decidedBy: null },
  });
  expect(decided[0]).toMatch(/^native {2}1\/9 {2}waiting/);
});

it('an environment without a verdict is done with the pilot', () => {
  const judged = { ...runStart, unjudged: ['docker'] };
  const plan = { kind: 'pilot', pilotRounds: 1, rounds: 9, wantedRounds: 9 } as const;
  const events: readonly RunEvent[] = [
    { kind: 'environments-ready', runStart: judged },
    { kind: 'run-started', runId: 'id', seed: 7, rounds: undefined, journal: 'j' },
    ...trialEvents(examplePlace('native', 1, 1, 1)),
    ...trialEvents(examplePlace('docker', 1, 2, 1)),
    { kind: 'rounds-decided', plan: { ...plan, limitedBy: 'precision', decidedBy: null } },
  ];
  const [native, docker] = statusLines(events.reduce(afterEvent, beforeRun));
  expect(native).toMatch(/^native {2}1\/9 {2}waiting/);
  expect(docker).toMatch(/^docker {2}1\/1 {2}done/);
});

it('marks an emulated environment and tells workloads and restarts apart', () => {
  const [started, finished] = trialEvents(examplePlace('docker', 1, 1));
  if (finished.kind !== 'trial-finished') throw new Error('expected the end of a trial');
  const restarted = { ...finished.trial.startup, kind: 'restart' as const };
  const two = {
    ...runStart,
    measured: runStart.measured.map((each) => ({ ...each, facts: { emulated: true } })),
    header: {
      ...runStart.header,
      config: {
        ...runStart.header.config,
        workloads: runStart.header.config.workloads.flatMap((each) => [each, { ...each, name: 'grocery' }]),
      },
    },
  };
  const events: readonly RunEvent[] = [
    { kind: 'environments-ready', runStart: two },
    fixed,
    started,
    finished,
    { ...finished, trial: { ...finished.trial, workload: 'grocery', startup: restarted } },
  ];
  expect(statusLines(events.reduce(afterEvent, beforeRun))[1]).toBe(
    'docker (emulated)  2/4  waiting  median primes 1000.0 req/s, ready after 90 ms; grocery 1000.0 req/s, restarted in 90 ms',
  );
});

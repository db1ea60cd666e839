import { afterEvent, beforeRun, type RunEvent } from '@tare/runner';
import {
  exampleComparison,
  exampleHeader,
  examplePlace,
  repeatedRound,
  trialEvents,
} from '@tare/runner/fixtures';
import { expect, it } from 'vitest';
import { statusLines } from './status-lines.ts';

const header = exampleHeader('native', 'docker');
const shown = (...events: readonly RunEvent[]): readonly string[] =>
  statusLines([{ kind: 'environments-ready', header } as const, ...events].reduce(afterEvent, beforeRun));
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

it('shows the starts in turn before the trials', () => {
  const { environment, ...place } = examplePlace('native', 1, 1);
  const burst = { ...place, environments: ['docker'], starts: 5 };
  expect(shown(fixed, { kind: 'starting', place: burst })).toEqual([
    'native  0/2  waiting',
    'docker  0/2  starting',
    'round 1/2  trial 1/4  primes: each started 5 times in turn …  about 0:30 left',
  ]);
  const [begun] = trialEvents({ ...place, environment });
  expect(shown(fixed, { kind: 'starting', place: { ...burst, starts: 1 } }, begun)).toEqual([
    'native  0/2  running',
    'docker  0/2  waiting',
    'round 1/2  trial 1/4  primes in native …  about 0:30 left',
  ]);
});

it('leaves out the trials of a round that is repeated', () => {
  const lines = shown(
    fixed,
    ...trialEvents(examplePlace('native', 1, 1), 1000),
    ...trialEvents(examplePlace('docker', 1, 2), 100),
    repeatedRound('x'),
    { kind: 'trial-started', place: examplePlace('native', 1, 1) },
  );
  expect(lines.slice(0, 2)).toEqual(['native  0/2  running', 'docker  0/2  repeated']);
});

const looked: RunEvent = {
  kind: 'looked',
  round: 1,
  judged: [],
  open: [],
  decided: [],
  goesOn: ['native'],
  leftMs: 0,
  plan: { kind: 'looks', looks: [1], mostRounds: 9, rounds: 1, endedBy: 'rounds', roundMs: 1000 },
};

it('shows what is decided and what is open, and who takes part no more', () => {
  const of = (candidate: string, metric: string) => ({ ...exampleComparison, candidate, metric });
  const judged = [of('docker', 'throughputRps'), of('docker', 'startupMs'), of('namespace', 'startupMs')];
  const open = judged.slice(0, 1);
  const events: readonly RunEvent[] = [
    { kind: 'environments-ready', header: exampleHeader('native', 'docker', 'namespace') },
    { kind: 'run-started', runId: 'id', seed: 7, rounds: undefined, journal: 'j' },
    ...trialEvents(examplePlace('native', 1, 1, 9)),
    ...trialEvents(examplePlace('docker', 1, 2, 9)),
    ...trialEvents(examplePlace('namespace', 1, 3, 9)),
    { ...looked, judged, open, decided: judged.slice(1), goesOn: ['native', 'docker'] },
  ];
  expect(
    statusLines(events.reduce(afterEvent, beforeRun)).map((line) => line.slice(0, 46).trimEnd()),
  ).toEqual([
    'native     1/9  waiting                  media',
    'docker     1/9  waiting  1 of 2 decided  media',
    'namespace  1/1  done     1 of 1 decided  media',
    'open after 1 round: Throughput of primes in do',
    'round 1/9  trial 3/18  at most 2:30 left',
  ]);
});

it('nobody is done before the first look', () => {
  const before: RunEvent[] = [
    { kind: 'run-started', runId: 'id', seed: 7, rounds: undefined, journal: 'j' },
    ...trialEvents(examplePlace('native', 1, 1, 1)),
    ...trialEvents(examplePlace('docker', 1, 2, 1)),
  ];
  expect(shown(...before)).toEqual([
    'native  1/1  waiting  median 1000.0 req/s, ready after 90 ms',
    'docker  1/1  waiting  median 1000.0 req/s, ready after 90 ms',
    'round 1/1  trial 2/2',
  ]);
});

it('an environment without a verdict is done with the first look', () => {
  const judged = { ...header, unjudged: ['docker'] };
  const events: readonly RunEvent[] = [
    { kind: 'environments-ready', header: judged },
    { kind: 'run-started', runId: 'id', seed: 7, rounds: undefined, journal: 'j' },
    ...trialEvents(examplePlace('native', 1, 1, 9)),
    ...trialEvents(examplePlace('docker', 1, 2, 9)),
    looked,
  ];
  const [native, docker] = statusLines(events.reduce(afterEvent, beforeRun));
  expect(native).toMatch(/^native {2}1\/9 {2}waiting/);
  expect(docker).toMatch(/^docker {2}1\/1 {2}done/);
});

it('marks an emulated environment and tells workloads and restarts apart', () => {
  const [started, finished] = trialEvents(examplePlace('docker', 1, 1));
  if (finished.kind !== 'trial-finished') throw new Error('expected the end of a trial');
  const { startup } = finished.trial;
  const restarted = startup && { ...startup, kind: 'restart' as const };
  const two = {
    ...header,
    environments: header.environments.map((each) => ({ ...each, facts: { emulated: true } })),
    config: {
      ...header.config,
      workloads: header.config.workloads.flatMap((each) => [each, { ...each, name: 'grocery' }]),
    },
  };
  const events: readonly RunEvent[] = [
    { kind: 'environments-ready', header: two },
    fixed,
    started,
    finished,
    { ...finished, trial: { ...finished.trial, workload: 'grocery', startup: restarted } },
  ];
  expect(statusLines(events.reduce(afterEvent, beforeRun))[1]).toBe(
    'docker (emulated)  2/4  waiting  median primes 1000.0 req/s, ready after 90 ms; grocery 1000.0 req/s, restarted in 90 ms',
  );
});

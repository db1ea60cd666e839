import type { RunEvent } from '@tare/runner';
import {
  exampleComparison,
  exampleHeader,
  examplePlace,
  repeatedRound,
  trialEvents,
} from '@tare/runner/fixtures';
import { expect, it } from 'vitest';
import { showProgress } from './show-progress.ts';
import { clock } from './status-lines.ts';

const begun: readonly RunEvent[] = [
  { kind: 'environments-ready', header: exampleHeader('native', 'docker') },
  { kind: 'run-started', runId: 'id', seed: 7, rounds: 2, journal: 'reports/runs/id' },
];
const erase = /\r\u001b\[(\d+)A\u001b\[0J/; // eslint-disable-line no-control-regex

/** The writes, one per event at most. */
function written(isTTY: boolean, events: readonly RunEvent[], isClosed = false): readonly string[] {
  const writes: string[] = [];
  const progress = showProgress({ isTTY, columns: 120, write: (text) => writes.push(text) });
  for (const event of events) progress(event);
  if (isClosed) progress.close();
  return writes;
}

it('writes plain lines where there is no terminal', () => {
  const events: RunEvent[] = [
    {
      kind: 'probed',
      environment: 'docker',
      availability: { usable: false, reason: 'no socket', remedy: 'install it' },
    },
    ...begun,
    ...trialEvents(examplePlace('native', 1, 1)),
    { kind: 'run-finished', trials: 4, elapsedMs: 61_400 },
  ];
  expect(written(false, events)).toEqual([
    'docker: not usable here: no socket. Remedy: install it\n',
    'run id: 2 rounds, seed 7, journal reports/runs/id\n',
    'round 1/2  primes in native: 1000.0 req/s, ready after 90 ms, about 0:30 left\n',
    '4 trials in 1:01\n',
  ]);
});

it('shows a status line per environment in a terminal, drawn when a trial begins or ends', () => {
  const writes = written(true, [...begun, ...trialEvents(examplePlace('native', 1, 1))]);
  expect(writes).toEqual([
    'run id: 2 rounds, seed 7, journal reports/runs/id\n',
    [
      'native  0/2  running',
      'docker  0/2  waiting',
      'round 1/2  trial 1/4  primes in native …  about 0:30 left',
      '',
    ].join('\n'),
    [
      '\r\u001b[3A\u001b[0Jnative  1/2  waiting  median 1000.0 req/s, ready after 90 ms',
      'docker  0/2  waiting',
      'round 1/2  trial 1/4  about 0:30 left',
      '',
    ].join('\n'),
  ]);
});

it('says at a look what it decides, what is open and how long that may take', () => {
  const of = (metric: string, verdict: 'undecided' | 'same' | 'worse' = 'undecided') => ({
    ...exampleComparison,
    metric,
    verdict,
  });
  const decided = [of('startupMs', 'worse')];
  const open = ['throughputRps', 'latencyP50Ms', 'latencyP95Ms', 'cpuNetMsPerRequest'].map((key) => of(key));
  const plan = {
    kind: 'looks' as const,
    looks: [6],
    mostRounds: 9,
    rounds: 6,
    endedBy: 'rounds' as const,
    roundMs: 1000,
  };
  const look = { kind: 'looked', round: 6, judged: [...decided, ...open], open, decided, plan } as const;
  expect(
    written(false, [
      { ...look, goesOn: ['native', 'docker'], leftMs: 187_000 },
      { ...look, round: 9, open: [], decided: [], goesOn: [], leftMs: 0 },
      { kind: 'ending', round: 7 },
    ]),
  ).toEqual([
    'after 6 rounds: 1 of 5 decided, now Startup of primes in docker: worse; open: Throughput of primes in docker, Latency p50 of primes in docker, Latency p95 of primes in docker and 1 more; at most 3:07 more\n',
    'after 9 rounds: 5 of 5 decided\n',
    'ending after this round; Ctrl-C again ends at once\n',
  ]);
});

it('prints what else happens above the status lines', () => {
  const writes = written(true, [
    ...begun,
    { kind: 'trial-started', place: examplePlace('docker', 1, 1) },
    repeatedRound('not ready', 'failure'),
  ]);
  expect(writes.at(-1)?.replace(erase, '').split('\n')).toEqual([
    'round 1 is repeated: not ready',
    'native  0/2  waiting',
    'docker  0/2  repeated',
    'round 1/2  trial 1/4  about 0:30 left',
    '',
  ]);
});

it('leaves no status line behind at the end', () => {
  const writes = written(true, [
    ...begun,
    { kind: 'trial-started', place: examplePlace('docker', 1, 1) },
    { kind: 'run-finished', trials: 4, elapsedMs: 61_400 },
  ]);
  expect(writes.slice(-2)).toEqual(['\r\u001b[3A\u001b[0J', '4 trials in 1:01\n']);
});

it('leaves no status line behind when it is closed before the end', () => {
  const [first, ...others] = written(
    true,
    [...begun, { kind: 'trial-started', place: examplePlace('docker', 1, 1) }],
    true,
  );
  expect(first).toMatch(/^run id/);
  expect(others.at(-1)).toBe('\r\u001b[3A\u001b[0J');
  expect(written(true, [], true)).toEqual([]);
});

it('writes a line per trial where the environments of the run are not told', () => {
  const writes = written(true, trialEvents(examplePlace('native', 1, 1)));
  expect(writes).toEqual(['round 1/2  primes in native: 1000.0 req/s, ready after 90 ms, about 0:30 left\n']);
});

it('shows minutes and seconds', () => {
  expect(clock(187_000)).toBe('3:07');
  expect(clock(900)).toBe('0:01');
});

import { parseRunFile, type RunFile } from '@tare/results';
import { expect, it } from 'vitest';
import { exampleHeader, examplePlace, repeatedRound, trialEvents } from '../../fixtures/example-run.ts';
import type { RunEvent } from './run-events.ts';
import { followRun, runSoFar } from './run-so-far.ts';

const header = exampleHeader('native', 'docker');
const now = (): Date => new Date('2026-01-01T00:10:00.000Z');
const begun: readonly RunEvent[] = [
  { kind: 'environments-ready', header },
  { kind: 'run-started', runId: 'id', seed: 7, rounds: 3, journal: 'j' },
];
const place = (environment: string, round: number, trial: number) =>
  examplePlace(environment, round, trial, 3);
const round = (number: number) => [
  ...trialEvents(place('native', number, number * 2 - 1)),
  ...trialEvents(place('docker', number, number * 2)),
];

function told(events: readonly RunEvent[]): readonly RunFile[] {
  const runs: RunFile[] = [];
  const listener = followRun(
    (run) => runs.push(run),
    now,
    () => 0,
  );
  for (const event of events) listener(event);
  return runs;
}

it('gives a run file of the whole rounds when the next one begins', () => {
  const [first, second, ...more] = told([...begun, ...round(1), ...round(2), ...round(3)]);
  expect(more).toEqual([]);
  expect(first?.trials).toHaveLength(2);
  expect(second?.trials).toHaveLength(4);
  expect(second?.partial).toBe(
    'the run is under way: 2 of 3 rounds done; figures and verdicts may still change',
  );
});

it('makes the next run file only after ten times what the last one took, of whole rounds even so', () => {
  let ms = 0;
  const rounds: number[] = [];
  const listener = followRun(
    ({ trials }) => {
      rounds.push(trials.length / 2);
      ms += 100;
    },
    now,
    () => ms,
  );
  for (const event of begun) listener(event);
  for (let number = 1; number <= 10; number++) {
    for (const event of round(number)) {
      listener(event);
      ms += 50;
    }
  }
  expect(rounds).toEqual([1, 6]);
});

it('gives a run file that holds to its schema', () => {
  const [first] = told([...begun, ...round(1), ...round(2)]);
  expect(parseRunFile(JSON.stringify(first), 'run.json')).toEqual(first);
});

it('leaves out what a repeated round had measured before', () => {
  const [first, ...more] = told([...begun, ...round(1), repeatedRound('x'), ...round(1), ...round(2)]);
  expect(more).toEqual([]);
  expect(first?.trials).toHaveLength(2);
  expect(first?.repeats).toHaveLength(1);
});

it('says how many rounds are done before the first look', () => {
  const run = runSoFar({
    header,
    trials: round(1).flatMap((event) => (event.kind === 'trial-finished' ? [event.trial] : [])),
    repeats: [],
    lost: [],
    plan: undefined,
    at: now().toISOString(),
  });
  expect(run.partial).toContain('1 round done');
});

it('refuses to sum up nothing', () => {
  expect(() => runSoFar({ header, trials: [], repeats: [], lost: [], plan: undefined, at: '' })).toThrow(
    RangeError,
  );
});

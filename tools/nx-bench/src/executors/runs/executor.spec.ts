import { expect, it } from 'vitest';
import { runTable } from './executor.ts';

it('shows the runs and what can be done with the newest that was interrupted', () => {
  const run = { asks: 'run', rounds: 4, trials: 12, bytes: 3_000_000 } as const;
  const now = Date.parse('2026-01-03T12:00:00.000Z');
  expect(
    runTable(
      [
        { ...run, id: '20260103-b', state: 'interrupted', startedAt: '2026-01-03T11:15:00.000Z' },
        { ...run, id: '20260101-a', state: 'finished', startedAt: '2026-01-01T12:00:00.000Z' },
        { ...run, id: 'old', state: 'unreadable', startedAt: undefined, asks: undefined },
      ],
      now,
    ).split('\n'),
  ).toEqual([
    'Run         Of   State           Age  Rounds  Trials     Size',
    '20260103-b  run  interrupted  45 min       4      12  2.9 MiB',
    '20260101-a  run  finished        2 d       4      12  2.9 MiB',
    'old         –    unreadable        –       4      12  2.9 MiB',
    '',
    'go on with it: --resume=20260103-b; look at it: report --run=20260103-b',
    '',
  ]);
});

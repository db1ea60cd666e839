import { expect, test } from 'vitest';
import { exampleRun } from '../../fixtures/example-run.ts';
import { startupStages } from './startup.ts';

const [trial] = exampleRun(1).trials;

function started(milestones: Readonly<Record<string, number>>, kind: 'cold' | 'restart' = 'cold') {
  if (trial?.startup === undefined) throw new Error('the example has no trial');
  const list = Object.entries(milestones).map(([name, atMs]) => ({ name, atMs }));
  return { ...trial, startup: { ...trial.startup, kind, milestones: list } };
}

test('each stage goes from the median of the milestone before to its own', () => {
  const stages = startupStages([
    started({ process: 4, listening: 100 }),
    started({ process: 6, listening: 120 }),
    started({ process: 5, listening: 90 }),
  ]);
  expect(stages.map(({ name, fromMs, toMs }) => [name, fromMs, toMs])).toEqual([
    ['process', 0, 5],
    ['listening', 5, 100],
  ]);
  expect(stages[1]).toMatchObject({ fastestMs: 90, slowestMs: 120, n: 3 });
});

test('restarts and milestones of few starts are left out', () => {
  const cold = [started({ ready: 10 }), started({ ready: 11 }), started({ ready: 12, odd: 3 })];
  expect(startupStages([...cold, started({ power: 1 }, 'restart')]).map(({ name }) => name)).toEqual([
    'ready',
  ]);
});

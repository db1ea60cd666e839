import { expect, test } from 'vitest';
import { exampleRun } from '../../fixtures/example-run.ts';
import { guardLines } from './guard-words.ts';

test('repeats are counted by guard, and what still violates one is a warning', () => {
  expect(guardLines(exampleRun())).toEqual([
    {
      level: 'info',
      text: '1 round was repeated whole, in 2 repeats: 1 for other programs on the CPU and 1 for a failed trial.',
    },
    {
      level: 'warning',
      text: '1 of 120 trials still violates a guard, of docker: other programs on the CPU (1 ×).',
    },
  ]);
});

test('a reason without the key of a guard is told without its name', () => {
  const run = exampleRun();
  const repeats = run.repeats.map((repeat) => ({ ...repeat, cause: 'guard' as const, reason: 'too loud' }));
  expect(guardLines({ ...run, repeats })[0]?.text).toMatch(/: 2 for a guard\.$/);
});

test('a clean run says so', () => {
  const run = exampleRun(1);
  expect(guardLines({ ...run, repeats: [] })).toEqual([
    { level: 'info', text: 'No round was repeated, and no trial violates a guard.' },
  ]);
});

test('a host that does not tell is not called quiet', () => {
  const run = exampleRun(1);
  const trials = run.trials.map((trial) => ({ ...trial, host: { ...trial.host, foreignCpus: null } }));
  expect(guardLines({ ...run, trials }).at(-1)?.text).toBe(
    'What other programs used is not known of any trial: the host does not tell.',
  );
  const [first] = trials;
  const known = run.trials.slice(1);
  if (first === undefined) throw new Error('The example has no trial.');
  expect(guardLines({ ...run, trials: [first, ...known] }).at(-1)?.text).toMatch(
    /not known of 1 of 10 trials:/,
  );
});

test('what only an emulated environment violates is no warning', () => {
  const run = exampleRun(1);
  const violations = exampleRun().trials.flatMap((trial) => trial.violations);
  const trials = run.trials.map((trial) =>
    trial.environment === 'vagrant' ? { ...trial, violations: [...violations, ...violations] } : trial,
  );
  expect(guardLines({ ...run, trials })).toEqual([
    {
      level: 'info',
      text: '2 of 10 trials violate a guard, of vagrant: other programs on the CPU (2 ×); nothing is judged there.',
    },
  ]);
});

import { expect, test } from 'vitest';
import { exampleRun } from '../../../fixtures/example-run.ts';
import { pageSubjects } from './page-subject.ts';

test('the baseline comes first, emulated environments last, the twin not at all', () => {
  const [primes] = pageSubjects(exampleRun(2));
  expect(primes?.subjects.map(({ title }) => title)).toEqual([
    'native',
    'namespace',
    'docker',
    'vagrant (emulated)',
  ]);
});

test('an environment keeps its colour when another one is emulated', () => {
  const run = exampleRun(2);
  const [before] = pageSubjects(run);
  const environments = run.environments.map((each) =>
    each.name === 'namespace' ? { ...each, facts: { emulated: true } } : each,
  );
  const [after] = pageSubjects({ ...run, environments });
  const colour = (subjects: typeof before, name: string) =>
    subjects?.subjects.find((each) => each.name === name)?.colourIndex;
  expect(after?.subjects.map(({ name }) => name)).toEqual(['native', 'docker', 'namespace', 'vagrant']);
  expect(colour(after, 'docker')).toBe(colour(before, 'docker'));
});

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { combinationsOf, covering } from './combinations.ts';
import { faults, phases } from './fault-list.ts';
import { merged, readResults, withTable } from './results.ts';
import type { EnvironmentTraits } from './view.ts';

const root = join(import.meta.dirname, '../../..');
const all = { faults: [], phases: [] };
const traits = { engine: undefined, isEngineOwn: false, hasMachine: false, isOnLoopback: true };
const environments = new Map<string, EnvironmentTraits>([
  ['native', traits],
  ['docker', { ...traits, engine: 'docker', isEngineOwn: true, isOnLoopback: false }],
  ['vagrant', { ...traits, hasMachine: true }],
]);

it('docs/reliability.md has a line for every fault, as the file of results says', async () => {
  const outcomes = await readResults(join(root, 'reports/faults/results.json'));
  const page = await readFile(join(root, 'docs/reliability.md'), 'utf8');
  expect(page).toBe(withTable(page, faults, outcomes));
});

it('an engine and a machine are killed only where there is one, and what is the same everywhere is tried once', () => {
  const found = combinationsOf(environments, all);
  const inEnvironments = (name: string) => [
    ...new Set(found.filter(({ fault }) => fault.name === name).map(({ environment }) => environment)),
  ];
  expect(inEnvironments('engine killed')).toEqual(['docker']);
  expect(inEnvironments('machine killed')).toEqual(['vagrant']);
  expect([
    ...new Set(found.filter(({ phase }) => phase.name === 'gate').map((each) => each.environment)),
  ]).toEqual(['native']);
});

it('few combinations show every fault, phase and environment; the seed decides which', () => {
  const found = combinationsOf(environments, all);
  const some = covering(found, 1, 0);
  expect(new Set(some.map(({ fault }) => fault))).toEqual(new Set(faults));
  expect(new Set(some.map(({ phase }) => phase))).toEqual(new Set(phases));
  expect(new Set(some.map(({ environment }) => environment)).size).toBe(environments.size);
  expect(some.length).toBeLessThanOrEqual(faults.length + 1);
  expect(covering(found, 1, 0)).toEqual(some);
  expect(covering(found, 2, 0)).not.toEqual(some);
  expect(covering(found, 1, found.length)).toHaveLength(found.length);
});

it('a combination that is tried again has its last outcome', () => {
  const outcome = {
    fault: 'SIGTERM',
    phase: 'boot',
    environment: 'native',
    at: '',
    problems: ['left'],
    says: '',
    endedAfterMs: 1,
    cleanAfterMs: 1,
    left: [],
  };
  expect(
    merged(
      [outcome],
      [
        { ...outcome, problems: [] },
        { ...outcome, phase: 'probe' },
      ],
    ),
  ).toEqual([
    { ...outcome, problems: [] },
    { ...outcome, phase: 'probe' },
  ]);
});

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { lastWords, neutral } from './attempt.ts';
import { combinationsOf, covering } from './combinations.ts';
import { faults } from './fault-list.ts';
import { phases } from './phases.ts';
import { merged, readResults, withTable } from './results.ts';
import type { EnvironmentTraits } from './view.ts';

const root = join(import.meta.dirname, '../../..');
const all = { faults: [], phases: [] };
const traits = {
  engine: undefined,
  isEngineOwn: false,
  hasMachine: false,
  showsApps: true,
  isOnLoopback: true,
};
const environments = new Map<string, EnvironmentTraits>([
  ['native', traits],
  ['docker', { ...traits, engine: 'docker', isEngineOwn: true, isOnLoopback: false }],
  ['vagrant', { ...traits, hasMachine: true, showsApps: false }],
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
  for (const name of ['machine killed', 'ssh cut', 'guest disk full', 'guest clock off'])
    expect(inEnvironments(name)).toEqual(['vagrant']);
  expect(inEnvironments('app crashes')).toEqual(['native', 'docker']);
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

it('what a run says is kept without what is of this run and host alone', () => {
  const place = {
    workspace: '/w',
    temporary: '/tmp/tf-a/t',
    lock: '',
    out: '/tmp/tf-a/out',
    engine: undefined,
  };
  const said = (text: string) => neutral(text, place);
  expect(said('docker rm -f tare-3c9cdb09-8f83-4760-8b9c-e834151c8e5b at /tmp/tf-a/engine/docker.sock')).toBe(
    'docker rm -f tare-… at /tmp/engine/docker.sock',
  );
  expect(said('/tmp/tf-a/out/runs/20261130-010203-abcdef/journal.jsonl, /w/dist, 127.0.0.1:8080')).toBe(
    'reports/runs/…/journal.jsonl, dist, 127.0.0.1:…',
  );
  expect(said('1 trial in 0:05')).toBe('… trials in …');
  const output = 'no environment can be measured: native: it ended; its last log lines:\nFATAL\n 1: 0xb0a\n';
  expect(lastWords(output, place)).toBe(
    'no environment can be measured: native: it ended; its last log lines: FATAL',
  );
});

it('the table has lines as a user sees them, alike ones once, and long ones up to where a part of them ends', () => {
  const line = (environment: string, says: string) => ({
    ...{ fault: 'SIGTERM', phase: 'boot', environment, at: '', problems: [] },
    ...{ says, endedAfterMs: 1, cleanAfterMs: 1, left: [] },
  });
  const long = `docker: ${'it does not answer, '.repeat(10)}`;
  const page = '<!-- written by nx run bench:faults --write -->\n<!-- end -->';
  const table = withTable(page, faults, [
    line('native', 'native: 3 requests | `lost`'),
    line('namespace', 'namespace: 12 requests | `lost`'),
    line('docker', long),
  ]);
  const row = table.split('\n').find((each) => each.startsWith('| SIGTERM:'));
  expect(row).toMatch(
    /\| `native: 3 requests \\\| 'lost'`; `docker: (it does not answer, )*it does not answer, …` \|$/,
  );
  expect(row).not.toContain('namespace');
});

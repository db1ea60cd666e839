import { expect, test } from 'vitest';
import { exampleRun } from '../../fixtures/example-run.ts';
import { repeatCommand } from './repeat-command.ts';

test('a run is repeated with its options, and with as many rounds as a pilot decided', () => {
  const command = repeatCommand(exampleRun());
  expect(command).toMatch(/^npx nx run bench:compare --seed=42 --environments=native,namespace,/);
  expect(command).toContain(' --control=true --retries=3 --connections=8 --warmup=1 --duration=10 ');
  expect(command).toContain(' --rounds=12');
  expect(command).not.toContain('--budget');
});

test('a name that a shell would read is quoted', () => {
  const run = exampleRun();
  const command = repeatCommand({ ...run, config: { ...run.config, baseline: "a'b;c" } });
  expect(command).toContain(` '--baseline=a'\\''b;c' `);
});

test('a rate is repeated when all trials had the same', () => {
  const run = exampleRun();
  expect(repeatCommand(run)).not.toContain('--rate');
  const trials = run.trials.filter((t) => t.workload === 'primes' && t.environment !== 'vagrant');
  expect(repeatCommand({ ...run, trials })).toMatch(/ --rate=3300$/);
});

test('of a file of an earlier version the seed, what was measured and the rounds are repeated', () => {
  const { config, ...run } = exampleRun();
  const { options, ...earlier } = config;
  expect(repeatCommand({ ...run, config: earlier })).toMatch(/ --baseline=native --rounds=12$/);
});

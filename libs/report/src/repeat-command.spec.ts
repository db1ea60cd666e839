import { expect, test } from 'vitest';
import { exampleRun } from '../fixtures/example-run.ts';
import { repeatCommand } from './repeat-command.ts';

test('a window of requests is repeated as requests', () => {
  const run = exampleRun();
  const load = { ...run.config.load, durationMs: null, requests: 1000 };
  const command = repeatCommand({ ...run, config: { ...run.config, load } });
  expect(command).toContain(' --requests=1000');
  expect(command).not.toContain('--duration');
});

test('a name that a shell would read is quoted', () => {
  const run = exampleRun();
  const command = repeatCommand({ ...run, config: { ...run.config, baseline: "a'b;c" } });
  expect(command).toContain(` '--baseline=a'\\''b;c' `);
});

test('a run of which a pilot decided the rounds is repeated with as many', () => {
  const command = repeatCommand(exampleRun());
  expect(command).toContain(' --rounds=12 --twin=true --retries=3 ');
  expect(command).toContain(' --openDuration=5 ');
});

test('a rate is repeated when all trials had the same', () => {
  const run = exampleRun();
  expect(repeatCommand(run)).not.toContain('--rate');
  const trials = run.trials.filter((t) => t.workload === 'primes' && t.environment !== 'vagrant');
  expect(repeatCommand({ ...run, trials })).toContain(' --rate=3300 ');
});

test('a run without an open loop and a twin is repeated without', () => {
  const run = exampleRun(1);
  const load = { ...run.config.load, openDurationMs: null };
  const trials = run.trials.map((trial) => ({ ...trial, open: null }));
  const command = repeatCommand({ ...run, trials, config: { ...run.config, twin: null, load } });
  expect(command).toMatch(/ --twin=false .* --openDuration=0 /);
  expect(command).not.toContain('--rate');
});

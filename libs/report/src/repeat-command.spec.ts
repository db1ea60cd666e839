import { expect, test } from 'vitest';
import { exampleRun } from './example-run.ts';
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

import { expect, test } from 'vitest';
import { exampleRun } from '../../fixtures/example-run.ts';
import { fairFacts, repeatCommand } from './record.ts';

const measured = (name: string, facts: Record<string, string | number | boolean>) =>
  ({ name, kind: name, status: 'measured', facts }) as const;

test('facts are equal when every environment states the same, different when several do not', () => {
  const facts = fairFacts([
    measured('native', { nodeVersion: 'v24', network: 'loopback' }),
    measured('docker', { nodeVersion: 'v24', network: 'bridge', engine: '27' }),
  ]);
  expect(facts.equal).toEqual([{ fact: 'nodeVersion', value: 'v24' }]);
  expect(facts.different).toEqual([{ fact: 'network', values: ['loopback', 'bridge'] }]);
});

test('an accelerator and a kernel of its own count as different even when one alone states them', () => {
  const facts = fairFacts([
    measured('native', {}),
    measured('vagrant', { guestKernel: '6.1', notEqual: 'a virtual network card' }),
  ]);
  expect(facts.different).toEqual([{ fact: 'guestKernel', values: [undefined, '6.1'] }]);
  expect(facts.confessed).toEqual([{ environment: 'vagrant', text: 'a virtual network card' }]);
});

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

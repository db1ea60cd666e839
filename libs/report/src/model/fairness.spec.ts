import { expect, test } from 'vitest';
import { fairFacts } from './fairness.ts';

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

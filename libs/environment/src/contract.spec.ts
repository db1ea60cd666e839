import { expect, it } from 'vitest';
import { requiredKinds } from './contract.ts';

it('reads a list of kinds', () => {
  expect([...requiredKinds({ TARE_REQUIRE: 'docker, vagrant,' })]).toEqual(['docker', 'vagrant']);
});

it('requires nothing by default', () => {
  expect(requiredKinds({}).size).toBe(0);
});

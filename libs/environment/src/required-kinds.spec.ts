import { expect, it } from 'vitest';
import { requiredKinds } from './required-kinds.ts';

it('reads a list of kinds', () => {
  expect([...requiredKinds({ TARE_REQUIRE: 'docker, vagrant,' })]).toEqual(['docker', 'vagrant']);
});

it('requires nothing by default', () => {
  expect(requiredKinds({}).size).toBe(0);
});

import { native } from '@tare/environment';
import { expect, it } from 'vitest';
import { inGroups } from './perform-round.ts';

const named = (names: readonly string[]) => names.map((name) => ({ ...native(), name }));

it.each([
  ['b a@base c a', [['b'], ['a@base', 'a'], ['c']]],
  ['a c b a@base', [['a', 'a@base'], ['c'], ['b']]],
])('brings together those that take turns, in the order of %s', (order, expected) => {
  const groups = inGroups(named(order.split(' ')), { groups: [['a', 'a@base']], turnMs: 25 });
  expect(groups.map((group) => group.map(({ name }) => name))).toEqual(expected);
});

it('leaves each alone without turns', () => {
  expect(inGroups(named(['b', 'a']), undefined).map(({ length }) => length)).toEqual([1, 1]);
});

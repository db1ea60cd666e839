import { seededRandom } from './seeded-random.ts';

/**
 * The order of the environments in every round, each order equally likely (Fisher–Yates in Durstenfeld's form, Knuth,
 * TAOCP 2, algorithm 3.4.2P). The same names and seed give the same orders; more rounds leave the earlier ones as they are.
 * @param rounds how many rounds, at least 1.
 * @param seed whole number from 0 to 2⁵³ − 1.
 * @returns one list of all names per round.
 * @throws RangeError for no or repeated names, for rounds that are not a positive whole number, and for a bad seed.
 */
export function roundOrders(environmentNames: readonly string[], rounds: number, seed: number): string[][] {
  if (environmentNames.length === 0)
    throw new RangeError('roundOrders: needs at least 1 environment, got none');
  const repeated = environmentNames.find((name, place) => environmentNames.indexOf(name) !== place);
  if (repeated !== undefined) throw new RangeError(`roundOrders: environment "${repeated}" is named twice`);
  if (!Number.isSafeInteger(rounds) || rounds < 1) {
    throw new RangeError(`roundOrders: rounds is ${rounds}, expected a whole number of at least 1`);
  }
  const random = seededRandom(seed);
  return Array.from({ length: rounds }, () => shuffled(environmentNames, random.below));
}

function shuffled(names: readonly string[], below: (bound: number) => number): string[] {
  const left = [...names];
  return names.flatMap(() => left.splice(below(left.length), 1));
}

import { expect, test } from 'vitest';
import { seededRandom } from './seeded-random.ts';

// From a second implementation, in Python; a changed stream would give old seeds new orders.
test.each([
  { seed: 0, stream: [286525340, 3685309190, 2389448968, 2969953065] },
  { seed: 1, stream: [1829429091, 556179926, 735946062, 2174431935] },
  { seed: 2 ** 32, stream: [1059541604, 3919126449, 1747887113, 1772132744] },
  { seed: Number.MAX_SAFE_INTEGER, stream: [657626813, 871524795, 3794014251, 3448920407] },
])('keeps the stream of seed $seed', ({ seed, stream }) => {
  const random = seededRandom(seed);
  expect(stream.map(() => random.uint32())).toEqual(stream);
});

test('two generators do not disturb each other', () => {
  const alone = seededRandom(42);
  const expected = [alone.uint32(), alone.uint32()];
  const one = seededRandom(42);
  const other = seededRandom(43);
  const first = one.uint32();
  other.uint32();
  expect([first, one.uint32()]).toEqual(expected);
});

test('draws every number below the bound about as often', () => {
  const random = seededRandom(2026);
  const bound = 7;
  const draws = 70_000;
  const counts = Array.from({ length: bound }, () => 0);
  for (let draw = 0; draw < draws; draw += 1) {
    const number = random.below(bound);
    counts[number] = (counts[number] ?? NaN) + 1;
  }
  const chiSquare = counts.reduce((sum, count) => sum + (count - draws / bound) ** 2 / (draws / bound), 0);
  // 99.9 % quantile of chi-square with 6 degrees of freedom.
  expect(chiSquare).toBeLessThan(22.46);
});

test.each([-1, 0.5, NaN, 2 ** 53])('refuses the seed %s', (seed) => {
  expect(() => seededRandom(seed)).toThrow(
    /^seededRandom: seed is .*, expected a whole number from 0 to 9007199254740991$/,
  );
});

test.each([0, 1.5, 2 ** 32 + 1])('refuses the bound %s', (bound) => {
  expect(() => seededRandom(1).below(bound)).toThrow(RangeError);
});

import type { SeededRandom } from '../schedule/seeded-random.ts';

/** Puts values[start … end) into random order, in place, every order equally likely (Durstenfeld 1964, Algorithm 235). */
export function shuffle(values: Float64Array, start: number, end: number, random: SeededRandom): void {
  for (let last = end - 1; last > start; last -= 1) {
    const other = start + random.below(last - start + 1);
    const moved = values[last] ?? NaN;
    values[last] = values[other] ?? NaN;
    values[other] = moved;
  }
}

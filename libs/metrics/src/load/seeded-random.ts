/** A small seeded generator of numbers in [0, 1): mulberry32 (Tommy Ettinger, public domain). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** @returns the values in a random order (Fisher and Yates). @param random numbers in [0, 1). */
export function shuffled<T>(values: readonly T[], random: () => number): readonly T[] {
  const rest = [...values];
  return values.flatMap(() => {
    const at = Math.floor(random() * rest.length);
    const drawn = rest.slice(at, at + 1);
    const last = rest.pop();
    // the last one takes the place of the drawn one, unless it was drawn itself
    if (at < rest.length && last !== undefined) rest[at] = last;
    return drawn;
  });
}

import { seededNormal } from '../fixtures/seeded-normal.ts';
import { seededRandom } from '../src/seeded-random.ts';

/** What the log-ratio of a round deviates by: mean 0, standard deviation 1. */
export type RoundNoise = (seed: number) => () => number;

/** Uniform between 0 and 1, never either. */
export function seededUniform(seed: number): () => number {
  const { uint32 } = seededRandom(seed);
  return () => (uint32() + 0.5) / 2 ** 32;
}

/** Three rounds of four are fine, one is disturbed five times as much. */
const heavyTailed: RoundNoise = (seed) => {
  const normal = seededNormal(seed);
  const uniform = seededUniform(seed + 0.5e15);
  const stdev = Math.sqrt(0.75 + 0.25 * 25);
  return () => ((uniform() < 0.25 ? 5 : 1) * normal()) / stdev;
};

/** A candidate that is now and then slow, a baseline that is so half as much: skewness 1.25. */
const skewed: RoundNoise = (seed) => {
  const uniform = seededUniform(seed);
  const wait = () => -Math.log(uniform()) - 1;
  return () => (wait() - wait() / 2) / Math.sqrt(1.25);
};

/** Only the candidate is now and then slow: skewness 2, the worst case. */
const exponential: RoundNoise = (seed) => {
  const uniform = seededUniform(seed);
  return () => -Math.log(uniform()) - 1;
};

export const roundNoises = { normal: seededNormal, heavyTailed, skewed, exponential } as const;

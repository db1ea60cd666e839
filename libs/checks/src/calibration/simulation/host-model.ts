import type { SeededRandom } from '@tare/statistics';

/** A host whose speed drifts, and launches that differ; on the scale of logarithms, so 0.04 is 4 %. */
export type HostModel = {
  /** Of the host's drift, a first-order autoregression over the trials. */
  readonly driftStdev: number;
  /** Correlation of the drift at one trial with that at the next. */
  readonly driftMemory: number;
  /** Of a single trial, beside the drift. */
  readonly trialStdev: number;
};

/** What hosts are like that the design was made for: see the false positives by design in the statistics of the house. */
export const driftingHost: HostModel = { driftStdev: 0.04, driftMemory: 0.9, trialStdev: 0.03 };

/**
 * Trials of such a host, one after the other, without end: the logarithm of how much each deviates.
 * @param random a stream of its own.
 */
export function* trialDeviations(model: HostModel, random: SeededRandom): Generator<number, never> {
  const { driftStdev, driftMemory, trialStdev } = model;
  const normal = normalStream(random);
  const innovation = Math.sqrt(1 - driftMemory ** 2);
  let drift = normal();
  for (;;) {
    yield driftStdev * drift + trialStdev * normal();
    drift = driftMemory * drift + innovation * normal();
  }
}

/** Standard normal numbers, by Box & Muller 1958. */
function normalStream({ uint32 }: SeededRandom): () => number {
  const uniform = (): number => (uint32() + 0.5) / 2 ** 32;
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}

const bucketMs = 100;

/** Counts completions in steps of 100 ms. */
export type CompletionCounter = {
  /** Counts one, now. */
  readonly note: () => void;
  /** @returns the counts of the whole steps from the start to the given time; the last, partial one is left out. */
  readonly until: (endMs: number) => readonly number[];
};

/** @param startMs where the first step begins, by the clock of `now`, in milliseconds. */
export function completionCounter(
  startMs: number,
  now: () => number = () => performance.now(),
): CompletionCounter {
  const counts: number[] = [];
  return {
    note: () => {
      const step = Math.floor((now() - startMs) / bucketMs);
      counts[step] = (counts[step] ?? 0) + 1;
    },
    until: (endMs) =>
      Array.from({ length: Math.floor((endMs - startMs) / bucketMs) }, (_, step) => counts[step] ?? 0),
  };
}

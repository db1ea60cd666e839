export type StoreBudget = {
  readonly usedBytes: number;
  /** Takes some bytes if there is room for them, and says whether there was. */
  reserve(bytes: number): boolean;
  /** Gives bytes back. */
  release(bytes: number): void;
};

/** An account of the bytes on disk, those of uploads under way included, so that uploads side by side cannot overfill it. */
export function createStoreBudget(maxBytes: number): StoreBudget {
  let usedBytes = 0;
  return {
    get usedBytes() {
      return usedBytes;
    },
    reserve(bytes) {
      if (usedBytes + bytes > maxBytes) return false;
      usedBytes += bytes;
      return true;
    },
    release(bytes) {
      usedBytes -= bytes;
    },
  };
}

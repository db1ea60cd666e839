export type DeadlineQueue = {
  /** @returns to be called when there is a reply: the deadline is off. */
  readonly add: (deadlineMs: number, onExpiry: () => void) => () => void;
  /** Calls those whose deadline has passed. */
  readonly expire: (nowMs: number) => void;
};

/** Deadlines that are added in their order, so that only the first need be looked at. Times are on one clock. */
export function deadlineQueue(): DeadlineQueue {
  type Entry = { readonly deadlineMs: number; onExpiry: (() => void) | undefined };
  let entries: Entry[] = [];
  return {
    add: (deadlineMs, onExpiry) => {
      const entry: Entry = { deadlineMs, onExpiry };
      entries.push(entry);
      return () => {
        entry.onExpiry = undefined;
      };
    },
    expire: (nowMs) => {
      const later = entries.findIndex((entry) => entry.onExpiry !== undefined && entry.deadlineMs > nowMs);
      if (later === 0) return;
      const due = later === -1 ? entries : entries.slice(0, later);
      entries = later === -1 ? [] : entries.slice(later);
      for (const entry of due) entry.onExpiry?.();
    },
  };
}

// the kernel tells of a parent's end by nothing but another parent; a look costs less than a microsecond
const parentIntervalMs = 250;

/**
 * Runs `work` with a signal that aborts when this process is told to end (SIGINT, SIGTERM, SIGHUP) or the one that started
 * it has ended, so that the work can clean up first. Told again while it cleans up, it goes on cleaning up.
 */
export async function abortOnSignals<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const abort = (name: NodeJS.Signals): void => {
    controller.abort(new Error(`interrupted by ${name}`));
  };
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const name of names) process.on(name, abort);
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    controller.abort(new Error(`ended, for process ${parent}, which had started this, has ended`));
  }, parentIntervalMs);
  watch.unref();
  // nobody may read any more: that must not end the clean-up
  for (const stream of [process.stdout, process.stderr]) stream.on('error', ignore);
  try {
    return await work(controller.signal);
  } finally {
    clearInterval(watch);
    for (const name of names) process.off(name, abort);
    for (const stream of [process.stdout, process.stderr]) stream.off('error', ignore);
  }
}

function ignore(): void {
  // on purpose
}

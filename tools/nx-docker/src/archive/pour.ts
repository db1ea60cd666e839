/** A streamx stream that can be written to, as tar-stream has them. */
export type Basin = {
  write(chunk: Buffer): boolean;
  end(last: null): unknown;
  destroy(error?: Error): unknown;
  once(event: 'drain' | 'close', listener: () => void): unknown;
  off(event: 'drain' | 'close', listener: () => void): unknown;
};

/** Writes chunks into a stream no faster than it takes them, and ends it; destroys it when their source fails. */
export async function pour(chunks: AsyncIterable<unknown>, into: Basin): Promise<void> {
  try {
    for await (const chunk of chunks) {
      if (!Buffer.isBuffer(chunk)) throw new Error('expected bytes');
      if (!into.write(chunk)) await drained(into);
    }
  } catch (error) {
    into.destroy(error instanceof Error ? error : new Error(String(error)));
    throw error;
  }
  into.end(null);
}

function drained(basin: Basin): Promise<void> {
  return new Promise((resolve) => {
    const go = (): void => {
      basin.off('drain', go);
      basin.off('close', go);
      resolve();
    };
    basin.once('drain', go);
    // nobody reads any more: the next write fails and says why
    basin.once('close', go);
  });
}

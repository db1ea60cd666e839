import { connect, createServer, type Socket } from 'node:net';

/** Who holds the lock. */
export type LockHolder = {
  readonly pid: number;
  readonly runId: string;
  readonly startedAt: string;
  readonly folder: string;
};

/** Held until it is released or its process ends, however that ends. */
export interface HostLock {
  release(): Promise<void>;
}

// In the abstract name space: no file, freed by the kernel when its owner dies. Linux only.
const defaultSocketName = '\0tare-run';
const answerDeadlineMs = 2000;

/**
 * Makes sure that only one run measures on this host: two at a time would measure each other.
 * @throws Error with one line that says who holds the lock.
 */
export async function lockHost(holder: LockHolder, socketName = defaultSocketName): Promise<HostLock> {
  if (process.platform !== 'linux') return { release: () => Promise.resolve() };
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.end(JSON.stringify(holder));
  });
  server.unref();
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(socketName, resolve);
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new Error(
      `another run is measuring on this host (${await askHolder(socketName)}): wait for its end`,
      {
        cause: error,
      },
    );
  }
  return {
    release: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
      }),
  };
}

async function askHolder(socketName: string): Promise<string> {
  const text = await new Promise<string>((resolve) => {
    let reply = '';
    const socket: Socket = connect(socketName);
    socket.setTimeout(answerDeadlineMs, () => socket.destroy());
    socket.on('data', (chunk: Buffer) => (reply += chunk.toString()));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      resolve(reply);
    });
  });
  try {
    const { pid, runId, startedAt, folder } = JSON.parse(text) as LockHolder;
    return `pid ${pid}, run ${runId}, since ${startedAt}, in ${folder}`;
  } catch {
    return 'its process does not answer';
  }
}

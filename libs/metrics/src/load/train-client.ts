import { createServer, type AddressInfo } from 'node:net';
import { openConnections } from './open-connections.ts';

const trainingRequests = 2000;
const concurrentRequests = 4;
const longestTrainingMs = 1000;
const reply = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';

/**
 * Lets the JIT compiler see the client before it measures: sends requests to a server within this process. Without it,
 * the first thousand requests would seem up to half a millisecond slower than they are, and a window at a low rate has
 * no more than that. Takes some tenths of a second, at most one.
 */
export async function trainClient(): Promise<void> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', () => socket.write(reply));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // of a server that listens on a port, this is not text
  const { port } = server.address() as AddressInfo;
  const connections = openConnections(`http://127.0.0.1:${port}`, () => undefined);
  const request = { path: '/', method: 'GET', headers: {}, body: null } as const;
  const untilMs = performance.now() + longestTrainingMs;
  let sent = 0;
  const sendOneAfterAnother = (): Promise<void> =>
    new Promise((resolve) => {
      const next = (): void => {
        if (sent >= trainingRequests || performance.now() > untilMs) {
          resolve();
          return;
        }
        sent += 1;
        connections.send(request, next);
      };
      next();
    });
  await Promise.all(Array.from({ length: concurrentRequests }, sendOneAfterAnother));
  await connections.close();
  await new Promise<void>((resolve) => server.close(() => resolve()));
}

import { createServer, type Server } from 'node:http';
import { afterEach, expect, it } from 'vitest';
import { settleServer } from './search-instance.ts';

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function listen(delayMs: () => number): Promise<URL> {
  const created = createServer((_, reply) => setTimeout(() => reply.end(), delayMs()));
  server = created;
  await new Promise<void>((resolve) => created.listen(0, '127.0.0.1', resolve));
  const address = created.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return new URL(`http://127.0.0.1:${address.port}/health`);
}
const { signal } = new AbortController();

it('waits until replies are quick again', async () => {
  let replies = 0;
  const url = await listen(() => (replies++ < 2 ? 500 : 0));
  const begunAt = performance.now();
  expect(await settleServer(url, 250, 10_000, signal)).toBe(true);
  expect(performance.now() - begunAt).toBeGreaterThan(950);
  expect(replies).toBeGreaterThanOrEqual(5);
});

it('gives up at the deadline', async () => {
  const url = await listen(() => 100);
  expect(await settleServer(url, 10, 500, signal)).toBe(false);
});

it('ends when it is aborted', async () => {
  const url = await listen(() => 100);
  await expect(settleServer(url, 10, 60_000, AbortSignal.timeout(300))).rejects.toThrow();
});

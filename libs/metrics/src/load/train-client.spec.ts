import { expect, it } from 'vitest';
import { trainClient } from './train-client.ts';

const openSockets = (): number =>
  process.getActiveResourcesInfo().filter((name) => name.startsWith('TCP')).length;

it('ends within its limit and leaves no connection behind', async () => {
  const before = openSockets();
  const startedAt = performance.now();
  await trainClient();
  expect(performance.now() - startedAt).toBeLessThan(5000);
  // the handles of closed sockets go in the next turns of the event loop
  await expect.poll(openSockets).toBeLessThanOrEqual(before);
});

import { expect, it } from 'vitest';
import { startInstantServer } from './prove-generator.ts';

it('answers 200 to any request, and is gone after its stop', async () => {
  const server = await startInstantServer(undefined, AbortSignal.timeout(15_000));
  try {
    const reply = await fetch(`${server.origin}/any`, { method: 'POST', body: 'x'.repeat(100_000) });
    expect([reply.status, await reply.text()]).toEqual([200, 'ok']);
  } finally {
    await server.stop();
  }
  await expect(fetch(server.origin)).rejects.toThrow();
  await server.stop();
});

it('does not start when it is aborted', async () => {
  const signal = AbortSignal.abort(new Error('aborted by a test'));
  await expect(startInstantServer(undefined, signal)).rejects.toThrow('aborted by a test');
});

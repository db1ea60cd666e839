import { type AddressInfo, createServer } from 'node:net';
import { expect, it } from 'vitest';
import { guestAnswers } from './tunnel.ts';

it('a port that refuses is an answer, and so is one that accepts', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await guestAnswers('127.0.0.1', port, AbortSignal.timeout(5000));
  await new Promise((resolve) => server.close(resolve));
  await guestAnswers('127.0.0.1', port, AbortSignal.timeout(5000));
});

it('a wait that is given up ends with the reason', async () => {
  const given = guestAnswers('127.0.0.1', 1, AbortSignal.abort(new Error('ended by SIGINT')));
  await expect(given).rejects.toThrow('ended by SIGINT');
});

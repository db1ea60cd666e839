import { type AddressInfo, createServer } from 'node:net';
import { expect, test } from 'vitest';
import { portOwner } from './free-port.ts';

test('the process that listens on a port is found', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  expect(portOwner(port)?.pid).toBe(process.pid);
  expect(portOwner(port)?.command).toContain('node');
  await new Promise((resolve) => server.close(resolve));
  expect(portOwner(port)).toBeUndefined();
});

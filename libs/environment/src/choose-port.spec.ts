import { createServer, type AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { choosePort } from './choose-port.ts';

it('finds a free port', async () => {
  const port = await choosePort();
  expect(port).toBeGreaterThan(1023);
  expect(await choosePort(port)).toBe(port);
});

it('says that a wanted port is taken', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await expect(choosePort(port)).rejects.toThrow(
    `port ${port} on 127.0.0.1 is in use by another process; end that process or choose another port`,
  );
  server.close();
});

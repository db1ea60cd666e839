import { type AddressInfo, createServer } from 'node:net';
import { expect, test } from 'vitest';
import { listeningInodes, portOwner } from './free-port.ts';

const table = [
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode',
  '   0: 0100007F:1F41 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 181437 1 0 100 0 0 10 0',
  '   1: 0100007F:1F41 0100007F:D3C4 01 00000000:00000000 00:00000000 00000000     0        0 181500 1 0 20 4 30 10 -1',
  '   2: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 17 1 0 100 0 0 10 0',
].join('\n');

test('a listening socket is not confused with a connection to the same port', () => {
  expect(listeningInodes(table, 8001)).toEqual(['181437']);
  expect(listeningInodes(table, 8002)).toEqual([]);
});

test('the process that listens on a port is found', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  expect(portOwner(port)?.pid).toBe(process.pid);
  expect(portOwner(port)?.command).toContain('node');
  await new Promise((resolve) => server.close(resolve));
  expect(portOwner(port)).toBeUndefined();
});

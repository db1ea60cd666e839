import { createServer, type AddressInfo, type Server } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { parseListening, whyUnreachable } from './wrong-port.ts';

let server: Server | undefined;
afterEach(() => server?.close());

async function listen(host: string): Promise<number> {
  const made = createServer();
  server = made;
  await new Promise<void>((resolve) => made.listen(0, host, resolve));
  return (made.address() as AddressInfo).port;
}

const wanted = { isFixed: false, address: '127.0.0.1' };

it('reads the sockets that accept connections', () => {
  const head =
    '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode';
  const rest = '00000000:00000000 00:00000000 00000000     0        0';
  const found = parseListening(
    `${head}
   0: 0100007F:0BB8 00000000:0000 0A ${rest} 4711 1 0000000000000000 100 0 0 10 0
   1: 0100007F:0BB9 0100007F:E000 01 ${rest} 4712 1 0000000000000000 100 0 0 10 0
   2: 00000000000000000000000000000000:1F90 00000000000000000000000000000000:0000 0A ${rest} 4713 1
   3: 00000000000000000000000001000000:1F91 00000000000000000000000000000000:0000 0A ${rest} 4714 1
   4: 0000000000000000FFFF00000100007F:1F92 00000000000000000000000000000000:0000 0A ${rest} 4715 1
`,
  );
  expect(found.map(({ address, port, inode }) => `${address} ${port} ${inode}`)).toEqual([
    '127.0.0.1 3000 4711',
    ':: 8080 4713',
    '::1 8081 4714',
    '::ffff:127.0.0.1 8082 4715',
  ]);
});

it.skipIf(process.platform !== 'linux')('says on which port an app listens instead', async () => {
  const port = await listen('127.0.0.1');
  expect(whyUnreachable([process.pid], { ...wanted, port: 9 })).toMatch(
    new RegExp(
      `^it listens on (\\d+, )*${port}(, \\d+)*, expected \\$PORT \\(9\\): let it read PORT, write \\$PORT into its command, or say port: `,
    ),
  );
  expect(whyUnreachable([process.pid], { ...wanted, port })).toBeUndefined();
});

it.skipIf(process.platform !== 'linux')('says that an app listens at another address', async () => {
  const port = await listen('127.0.0.2');
  expect(whyUnreachable([process.pid], { ...wanted, port })).toBe(
    `it listens on ${port} at 127.0.0.2 only, expected $HOST (127.0.0.1): let it read HOST`,
  );
});

it('says nothing of processes that are gone', () => {
  expect(whyUnreachable([2 ** 30], { ...wanted, port: 9 })).toBeUndefined();
});

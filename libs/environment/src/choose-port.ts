import { createServer, type AddressInfo } from 'node:net';

const noneFree =
  'no port of 127.0.0.1 is free: end what holds them (ss -tan), wait a minute for those of ended connections, or allow more: sysctl -w net.ipv4.ip_local_port_range="1024 65535"';

/**
 * @param wanted a fixed port, or undefined for any free one.
 * @returns a port that nobody listens on at 127.0.0.1 at this moment.
 * @throws Error with one clear line when the wanted port is taken or not allowed.
 */
export async function choosePort(wanted?: number): Promise<number> {
  const server = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host: '127.0.0.1', port: wanted ?? 0, exclusive: true }, resolve);
    });
    return (server.address() as AddressInfo).port;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (wanted === undefined && code === 'EADDRINUSE') throw new Error(noneFree, { cause: error });
    const why =
      code === 'EADDRINUSE' ? 'is in use by another process' : `cannot be used (${code ?? String(error)})`;
    const which = wanted === undefined ? 'a free port' : `port ${wanted}`;
    throw new Error(`${which} on 127.0.0.1 ${why}; end that process or choose another port`, {
      cause: error,
    });
  } finally {
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }
}

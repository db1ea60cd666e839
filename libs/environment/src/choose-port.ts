import { createServer, type AddressInfo } from 'node:net';

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
    const why =
      code === 'EADDRINUSE' ? 'is in use by another process' : `cannot be used (${code ?? String(error)})`;
    throw new Error(`port ${wanted ?? 0} on 127.0.0.1 ${why}; end that process or choose another port`, {
      cause: error,
    });
  } finally {
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }
}

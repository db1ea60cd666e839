import { execFile } from 'node:child_process';
import { createServer, type AddressInfo } from 'node:net';
import { promisify } from 'node:util';
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

const canLimitPorts = process.platform === 'linux' && process.getuid?.() === 0;

it.skipIf(!canLimitPorts)('says that there is no port left, and what to do', async () => {
  const script = `
    import { execFileSync } from 'node:child_process';
    import { writeFileSync } from 'node:fs';
    import { createServer } from 'node:net';
    import { choosePort } from '${new URL('choose-port.ts', import.meta.url).href}';
    execFileSync('ip', ['link', 'set', 'lo', 'up']);
    writeFileSync('/proc/sys/net/ipv4/ip_local_port_range', '40000 40001');
    for (const port of [40000, 40001]) {
      await new Promise((resolve) => createServer().unref().listen(port, '127.0.0.1', resolve));
    }
    await choosePort().catch(({ message }) => console.log(message));`;
  const own = ['--net', process.execPath, '--input-type=module', '-e', script];
  const { stdout } = await promisify(execFile)('unshare', own, { timeout: 20_000 });
  expect(stdout).toMatch(/^no port of 127\.0\.0\.1 is free: .*ip_local_port_range/);
});

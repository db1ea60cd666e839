/** The process that forwards ports of 127.0.0.1 to a guest, for as long as the process of its hypervisor is there. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';

const [file = '', step, ...words] = process.argv.slice(1);
if (step === 'launch') await launch();
else await forward();

/** Starts the other, which is then nobody's descendant: Nx ends all descendants of a task. */
async function launch(): Promise<void> {
  const child = spawn(process.execPath, [file, 'forward', ...words], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    detached: true,
  });
  const [said] = (await Promise.race([once(child, 'message'), once(child, 'exit')])) as unknown[];
  process.exit(said === 'listening' ? 0 : 1);
}

async function forward(): Promise<void> {
  const [, hypervisor = '', host = '', ...pairs] = words;
  for (const pair of pairs) {
    const [port, guestPort] = pair.split(':').map(Number);
    const server = createServer({ allowHalfOpen: true }, (client) => {
      join(client, connect({ host, port: guestPort ?? 0, allowHalfOpen: true }));
    });
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  }
  process.send?.('listening');
  process.disconnect();
  setInterval(() => {
    if (!isThere(hypervisor)) process.exit();
  }, 1000);
}

function join(client: Socket, guest: Socket): void {
  for (const [one, other] of [
    [client, guest],
    [guest, client],
  ] as const) {
    one.setNoDelay();
    // a guest that is switched off says nothing
    one.setKeepAlive(true, 10_000);
    one.on('error', () => other.destroy());
    one.pipe(other);
  }
}

/** Whether a process is there and no zombie, which nobody may ever reap. */
function isThere(pid: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`).length > 0;
  } catch {
    return false;
  }
}

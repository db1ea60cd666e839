import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { setInterval } from 'node:timers';

const { DATA, HOST, PORT } = process.env;
try {
  if (DATA !== undefined) writeFileSync(join(DATA, 'kept'), 'kept');
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}
createServer((request, reply) => reply.end('{"status":"ok"}')).listen(Number(PORT), HOST);
process.on('SIGTERM', () => process.exit(0));

// it forks, as badly as it can: they do not end with it
process.on('SIGUSR2', () => {
  for (let child = 0; child < 4; child++)
    spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)'], {
      detached: true,
      stdio: 'ignore',
    }).unref();
});
// it leaks until its heap is full
process.on('SIGPWR', () => {
  const kept = [];
  setInterval(() => {
    kept.push(new Array(4_000_000).fill(0));
  });
});

/**
 * A server that does a given amount of work per request: WORK times SLOWDOWN iterations of a key derivation. A slowdown of
 * 5 % takes 5 % more iterations on any host. It needs only Node. OpenSSL does the work, because the speed of a JavaScript
 * loop varies by a factor of six with the compilation that the engine has just chosen.
 */
import { pbkdf2Sync } from 'node:crypto';
import { createServer } from 'node:http';

const { PORT, HOST, WORK = '12000', SLOWDOWN = '1' } = process.env;
const iterations = Math.round(Number(WORK) * Number(SLOWDOWN));
const keyBytes = 32;

// a constant, because a key would depend on the iterations, and a run rejects an environment whose replies differ from
// the baseline's
const answer = JSON.stringify({ done: true });

const server = createServer((request, reply) => {
  if (request.url === '/health') {
    reply.end('{"status":"ok"}');
    return;
  }
  reply.setHeader('content-type', 'application/json');
  pbkdf2Sync('tare', 'calibration', iterations, keyBytes, 'sha256');
  reply.end(answer);
});
server.listen(Number(PORT), HOST, () => {
  process.stdout.write(`listening on ${HOST ?? ''}:${PORT ?? ''}\n`);
});
process.on('SIGTERM', () => process.exit(0));

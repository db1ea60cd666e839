/**
 * A server that does a given amount of work per request, WORK times SLOWDOWN iterations of a key derivation: what is slowed
 * down by 5 % takes 5 % more of them, whatever the host. Needs nothing but Node. The work is OpenSSL's: that of a loop in
 * JavaScript would hang on which of its compilations the engine has just chosen, by a factor of six.
 */
import { pbkdf2Sync } from 'node:crypto';
import { createServer } from 'node:http';

const { PORT, HOST, WORK = '12000', SLOWDOWN = '1' } = process.env;
const iterations = Math.round(Number(WORK) * Number(SLOWDOWN));
const keyBytes = 32;

// the same for everybody: a key would differ with the iterations, and a run takes an environment that answers otherwise
// than the baseline for a wrong one
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

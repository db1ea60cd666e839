/**
 * A server that does a given amount of integer work per request, WORK times SLOWDOWN steps: what is slowed down by 5 % takes
 * 5 % more steps, whatever the host. Needs nothing but Node.
 */
import { createServer } from 'node:http';

const { PORT, HOST, WORK = '1000000', SLOWDOWN = '1' } = process.env;
const steps = Math.round(Number(WORK) * Number(SLOWDOWN));

/** A chain of dependent multiplications, which no optimiser can shorten. */
function work(): number {
  let state = 1;
  for (let step = 0; step < steps; step += 1) state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
  return state;
}

const server = createServer((request, reply) => {
  if (request.url === '/health') {
    reply.end('{"status":"ok"}');
    return;
  }
  reply.setHeader('content-type', 'application/json');
  reply.end(JSON.stringify({ steps, state: work() }));
});
server.listen(Number(PORT), HOST, () => {
  process.stdout.write(`listening on ${HOST ?? ''}:${PORT ?? ''}\n`);
});
process.on('SIGTERM', () => process.exit(0));

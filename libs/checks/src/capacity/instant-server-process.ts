/** The process of the instant server: answers every request with 200 at once, until its parent ends. */
import { createServer } from 'node:http';

const server = createServer((request, reply) => {
  request.resume();
  reply.end('ok');
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address !== null && typeof address === 'object') process.send?.(address.port);
});

process.on('disconnect', () => process.exit(0));

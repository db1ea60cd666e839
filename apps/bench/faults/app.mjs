import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';

const { DATA, HOST, PORT } = process.env;
try {
  if (DATA !== undefined) writeFileSync(join(DATA, 'kept'), 'kept');
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}
createServer((request, reply) => reply.end('{"status":"ok"}')).listen(Number(PORT), HOST);
process.on('SIGTERM', () => process.exit(0));

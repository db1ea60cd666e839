/**
 * Listens only after a known delay, and reports that moment on the parent's monotonic clock. The first reply of a process
 * takes some milliseconds that are no part of the delay: so it first lets its own start come to rest and answers itself once on a
 * separate port, and it writes its replies by hand.
 */
import { connect, createServer, type AddressInfo, type Server } from 'node:net';

const [delayMs = 0, port = 0] = process.argv.slice(2).map(Number);
const spawnedAt = BigInt(process.env.SPAWNED_AT ?? '0');
const reply = 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n';
let listeningMs = 0;

process.on('disconnect', () => process.exit(0));
process.on('message', () => {
  process.send?.({ listeningMs });
});

function answering(): Server {
  return createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.end(reply));
  });
}

function listenAfterDelay(): void {
  setTimeout(() => {
    answering().listen(port, '127.0.0.1', () => {
      listeningMs = Number(process.hrtime.bigint() - spawnedAt) / 1e6;
    });
  }, delayMs);
}

// Node compiles in the background for a while after the start; most where it runs TypeScript
const restMs = 250;

setTimeout(() => {
  const rehearsal = answering();
  rehearsal.listen(0, '127.0.0.1', () => {
    const { port: own } = rehearsal.address() as AddressInfo;
    const socket = connect(own, '127.0.0.1', () => socket.write('GET / HTTP/1.1\r\n\r\n'));
    socket.resume();
    socket.once('close', () => rehearsal.close(listenAfterDelay));
  });
}, restMs);

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { native, type Environment } from '@tare/environment';
import type { BenchConfig } from '../config/bench-config.ts';

const app = `
import { createServer } from 'node:http';
let answered = 0;
let asked = 0;
if (process.env.NEVER_HEALTHY) console.log('\\u001b[2J::error::boo ##[group]x\\rwaiting for a database that is not there');
const server = createServer((request, reply) => {
  if (request.url === '/health') { reply.statusCode = process.env.NEVER_HEALTHY ? 503 : 200; return reply.end('{"status":"ok"}'); }
  if (request.url === '/bad') { reply.statusCode = 400; return reply.end(); }
  const after = (name) => process.env[name] && answered > Number(process.env[name]);
  answered += 1;
  if (after('DIES_AT')) process.exit(3);
  if (after('SILENT_AT')) return;
  if (after('WRONG_AT')) return reply.end('{"answer":41}');
  if (after('FAILS_AT')) { console.error('Error: the disk is full'); reply.statusCode = 500; return reply.end(); }
  const isCold = ++asked <= Number(process.env.COLD_ANSWERS ?? 0);
  spin(process.env.SLOWER || isCold ? 4 : 2);
  reply.end('{"answer":42}');
});
const spin = (ms) => { const until = performance.now() + ms; while (performance.now() < until); };
if (process.env.BURNS) setInterval(() => spin(10), 50);
server.listen(Number(process.env.PORT), process.env.HOST, () => console.log('listening on ' + process.env.HOST));
process.on('SIGTERM', () => process.exit(0));
`;

/** Writes an app that spins 2 ms for an answer, and can be told to misbehave by its environment variables. */
export function writeAnsweringApp(folder: string): Promise<void> {
  return writeFile(join(folder, 'main.mjs'), app);
}

/** The workload of the app in a folder. */
export const answering = (folder: string): BenchConfig['workloads'][number] => ({
  name: 'answer',
  artifact: pathToFileURL(join(folder, 'main.mjs')),
  healthPath: '/health',
  request: () => ({ path: '/answer' }),
  conformance: [
    { request: { path: '/answer' }, status: 200, json: { answer: 42 } },
    { request: { path: '/bad' }, status: 400 },
  ],
});

/** The machine of a test is a busy one. */
export const lenient = {
  foreignCpus: 1000,
  stealPercent: 100,
  throttledMs: 1e9,
  clockDriftPercent: 1e9,
  generatorCpuPercent: 1e9,
  lateSendsPercent: 100,
  errorsPercent: 100,
};

/** A native environment whose app misbehaves as its variables say. */
export const faulty = (name: string, variables: Readonly<Record<string, string>>): Environment =>
  other(name, {
    start: (launch, signal) =>
      native().start({ ...launch, variables: { ...launch.variables, ...variables } }, signal),
  });

/** A second native environment under another name, changed where a test wants it. */
export const other = (name: string, change: Partial<Environment> = {}): Environment => ({
  ...native(),
  name,
  ...change,
});

import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findProgram, waitForHttp } from '@tare/metrics';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FilesArtifact } from './app.ts';
import type { Launch } from './contract.ts';
import { bubblewrap } from './bubblewrap.ts';
import { namespace } from './namespace.ts';
import { native } from './native.ts';
import { nspawn } from './nspawn.ts';

/** Answers every connection with its arguments and the folder that it runs in; without a port of its own it listens on 3999. */
const program = `
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
int main(int count, char **words) {
  struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(count > 1 ? atoi(words[1]) : 3999) };
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int server = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
  setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (bind(server, (void *)&at, sizeof at) || listen(server, 64)) return 3;
  char folder[999], reply[2000], request[4000];
  getcwd(folder, sizeof folder);
  for (;;) {
    int peer = accept(server, 0, 0);
    read(peer, request, sizeof request);
    sprintf(reply, "HTTP/1.0 200 OK\\r\\nContent-Length: %zu\\r\\n\\r\\n%s", strlen(folder), folder);
    write(peer, reply, strlen(reply));
    close(peer);
  }
}`;

const compiler = findProgram('gcc');
const signal = AbortSignal.timeout(60_000);
const folder = mkdtempSync(join(tmpdir(), 'tare-files-'));
const runId = `test-files-${process.pid}`;

beforeAll(() => {
  mkdirSync(join(folder, 'bin'));
  writeFileSync(join(folder, 'plain'), '');
  writeFileSync(join(folder, 'main.c'), program);
  // of a machine that no host of this test is
  const foreign = Buffer.alloc(64);
  foreign.write('\x7fELF\x02\x01\x01', 'latin1');
  foreign.writeUInt16LE(22, 18);
  writeFileSync(join(folder, 'foreign'), foreign);
  chmodSync(join(folder, 'foreign'), 0o755);
  writeFileSync(
    join(folder, 'server.js'),
    `const { createServer } = require('node:http');
     createServer((_, reply) => reply.end(JSON.stringify([process.execPath, process.execArgv, process.cwd(), process.env.PATH !== undefined])))
       .listen(process.env.PORT, process.env.HOST);`,
  );
  if (compiler !== undefined)
    execFileSync(compiler, ['-o', join(folder, 'bin/serve'), join(folder, 'main.c')]);
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const artifactOf = (...command: readonly string[]): FilesArtifact => ({
  kind: 'files',
  workload: 'test',
  path: folder,
  command,
  sha256: '0',
  bytes: 1,
});

const launchOf = (...command: readonly string[]): Launch => ({
  artifact: artifactOf(...command),
  context: {
    runId,
    nodeBinary: process.execPath,
    nodeVersion: process.version,
    resources: { cpus: 1, memoryMiB: 256, serverCpus: [0], nodeArguments: ['--max-heap-size=100'] },
  },
  variables: {},
  healthPath: '/',
  port: undefined,
  round: undefined,
  cold: false,
});

const environments = [native(), namespace(), bubblewrap(), nspawn()];
const usable = await Promise.all(environments.map(async (each) => (await each.probe(signal)).usable));

describe.each(environments.filter((_, index) => usable[index]))('$name', (environment) => {
  const answerOf = async (launch: Launch, path = '/'): Promise<string> => {
    const instance = await environment.start(launch, signal);
    try {
      const { url, spawnedAt: since } = instance;
      await waitForHttp({ url, since, intervalMs: 5, deadlineMs: 20_000, signal });
      return await (await fetch(new URL(path, url))).text();
    } catch (error) {
      throw new Error(`${String(error)}: ${await instance.lastLog()}`, { cause: error });
    } finally {
      await instance.stop();
    }
  };

  it.skipIf(compiler === undefined)(
    'runs a binary in its folder, with the port in its arguments',
    async () => {
      expect(await answerOf(launchOf('./bin/serve', '$PORT'))).toBe(folder);
    },
  );

  it.skipIf(findProgram('python3') === undefined)('runs a program that is found on PATH', async () => {
    const launch = launchOf('python3', '-m', 'http.server', '${PORT}', '--bind=127.0.0.1');
    expect(await answerOf(launch, '/main.c')).toBe(program);
  });

  it('runs node as the locked one, with the flags of the run, in a folder of CommonJS', async () => {
    const answer: unknown = JSON.parse(await answerOf(launchOf('node', '--no-warnings', 'server.js')));
    expect(answer).toEqual([process.execPath, ['--max-heap-size=100', '--no-warnings'], folder, true]);
  });

  it.skipIf(compiler === undefined)(
    'tells which port an app listens on that does not heed PORT',
    async () => {
      const instance = await environment.start(launchOf('./bin/serve'), signal);
      try {
        const url = new URL('http://127.0.0.1:3999/');
        await waitForHttp({ url, since: instance.spawnedAt, intervalMs: 5, deadlineMs: 20_000, signal });
        expect(await instance.whyUnreachable?.()).toBe(
          `it listens on 3999, expected $PORT (${instance.url.port}): let it read PORT, write $PORT into its command, or say port: 3999 in the workload`,
        );
      } finally {
        await instance.stop();
      }
      expect(await answerOf({ ...launchOf('./bin/serve'), port: 3999 })).toBe(folder);
    },
  );

  it.each([
    [['gunicornx', 'app:app'], 'gunicornx is not on PATH', 'install it here'],
    [['./none'], `./none is not in ${folder}`, 'build it, or correct the command'],
    [['./plain'], `${folder}/plain may not be executed`, `chmod +x ${folder}/plain`],
    [
      ['./foreign'],
      `${folder}/foreign is built for s390x, this host is ${process.arch}`,
      'build it for linux',
    ],
  ])('cannot run %j, and says why', (command, reason, remedy) => {
    const obstacle = environment.runs?.(artifactOf(...command));
    expect(obstacle?.reason).toBe(reason);
    expect(obstacle?.remedy).toContain(remedy);
  });

  it('runs what is there, and any file of Node', () => {
    expect(environment.runs?.(artifactOf('node', 'server.js'))).toBeUndefined();
    expect(
      environment.runs?.({ kind: 'node', workload: 'test', path: '/none.mjs', sha256: '0', bytes: 1 }),
    ).toBeUndefined();
  });
});

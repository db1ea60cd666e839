import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { namespace, native } from '@tare/environment';
import { findProgram } from '@tare/metrics';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { files, node } from '../config/apps.ts';
import type { BenchConfig } from '../config/bench-config.ts';
import type { AskedApp } from '../config/workload.ts';
import { leftovers, other, shortRun } from '../../fixtures/real-run.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tare-any-app-'));
  await mkdir(join(folder, 'site'));
  await writeFile(join(folder, 'site/tea.txt'), 'tea');
  await writeFile(join(folder, 'silent.cjs'), 'setInterval(() => {}, 1000);');
  const listens = (port: string) => `const { createServer } = require('node:http');
    createServer((asked, reply) => { reply.statusCode = asked.url === '/' ? 200 : 404; reply.end('x'); }).listen(${port}, '127.0.0.1');`;
  await writeFile(join(folder, 'fixed.cjs'), listens('39871'));
  await writeFile(
    join(folder, 'tires.cjs'),
    // the first instance, which is checked, answers right; those of the trials do not
    `const { existsSync, writeFileSync } = require('node:fs');
     const seen = __filename + '.seen', isLater = existsSync(seen);
     writeFileSync(seen, '');
     require('node:http').createServer((request, reply) => {
       reply.statusCode = isLater && request.url !== '/health' ? 500 : 200;
       reply.end('x');
     }).listen(process.env.PORT, '127.0.0.1');`,
  );
  await writeFile(join(folder, 'heeds.js'), listens('process.env.PORT'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const run = (
  workloads: Readonly<Record<string, AskedApp>>,
  environments = [native()],
  change: Partial<BenchConfig> = {},
) => shortRun(folder, { workloads, environments, rounds: 1, retries: 0, ...change });
const bundle = (name: string) => pathToFileURL(join(folder, name));

it.skipIf(findProgram('python3') === undefined)(
  'measures a folder with a command, and CommonJS, with no word on health and conformance',
  async () => {
    const python = 'python3 -m http.server $PORT --bind 127.0.0.1';
    const { run: file } = await run(
      {
        '@shop/site': files(pathToFileURL(join(folder, 'site/')), python, { get: '/tea.txt' }),
        '@shop/api:root': node(bundle('heeds.js'), { get: '/' }),
      },
      [native(), namespace()],
    );
    const measured = file.trials.filter(({ load: { requests, errors } }) => requests > 0 && errors === 0);
    expect(measured.map(({ workload, environment }) => `${workload} in ${environment}`).toSorted()).toEqual([
      '@shop/api:root in namespace',
      '@shop/api:root in native',
      '@shop/site in namespace',
      '@shop/site in native',
    ]);
    expect(file.config.workloads).toMatchObject([{ healthPath: '/tea.txt' }, { healthPath: '/' }]);
    expect(leftovers()).toEqual([]);
  },
);

it.each<[string, AskedApp | (() => AskedApp), RegExp]>([
  [
    'listens on a port of its own',
    () => node(bundle('fixed.cjs'), { get: '/' }),
    /native: app: http:\S+ did not answer 2xx within 3 s \(last: connect ECONNREFUSED \S+\): it listens on 39871, expected \$PORT \(\d+\): let it read PORT/,
  ],
  [
    'listens on no port',
    () => node(bundle('silent.cjs'), { get: '/' }),
    /did not answer 2xx within 3 s \(last: connect ECONNREFUSED \S+\): it listens on no port, expected \$PORT/,
  ],
  [
    'does not know its health path',
    () => node(bundle('heeds.js'), { get: '/', health: '/healthz' }),
    /\/healthz did not answer 2xx within 3 s \(last: status 404\); name a path that answers 2xx: health: '\/…', or 'tcp'/,
  ],
  [
    'does not know what it is asked',
    () => node(bundle('heeds.js'), { get: '/none', health: 'tcp' }),
    /app answers wrongly: GET \/none: status 404, expected 2xx/,
  ],
  [
    'has a program that is not here',
    () => files(bundle('site/'), 'gunicornx app:app', { get: '/' }),
    /native: it cannot run app: gunicornx is not on PATH\. Remedy: install it here/,
  ],
])('says of an app that %s what to do', async (_, app, message) => {
  await expect(run({ app: typeof app === 'function' ? app() : app })).rejects.toThrow(message);
  expect(leftovers()).toEqual([]);
});

it('has no figures of a load of which no request succeeded', async () => {
  const app = node(bundle('tires.cjs'), { get: '/', health: '/health' });
  const load = { connections: 2, warmupMs: 0, durationMs: 300, open: false as const };
  await expect(run({ app }, [native()], { load })).rejects.toThrow(
    /^no environment can be measured: native: round 1: (\d+) of \1 requests failed in the window: status 500 × \1/,
  );
  expect(leftovers()).toEqual([]);
});

it('goes on with the workloads that an environment can run', async () => {
  const picky = other('picky', {
    runs: ({ workload }) =>
      workload === 'two' ? { reason: 'it is too big', remedy: 'shrink it' } : undefined,
  });
  const app = node(bundle('heeds.js'), { get: '/' });
  const { run: file } = await run({ one: app, two: app }, [native(), picky]);
  expect(file.trials.map(({ workload, environment }) => `${workload} in ${environment}`).toSorted()).toEqual([
    'one in native',
    'one in picky',
    'two in native',
  ]);
  expect(file.diagnostics).toContainEqual({
    level: 'warning',
    code: 'app-not-run',
    message: 'picky does not run two: it is too big. Remedy: shrink it',
  });
});

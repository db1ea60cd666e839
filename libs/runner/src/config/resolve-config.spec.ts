import { namespace, native } from '@tare/environment';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readOrRefused, spoiltObject, tries } from '../../../../properties.shared.ts';
import type { BenchConfig } from './bench-config.ts';
import { files, node } from './apps.ts';
import { resolveConfig } from './resolve-config.ts';
import { appOf, healthPathOf, requestsOf, type WorkloadInput } from './workload.ts';

const primes: WorkloadInput = {
  name: 'primes',
  ...node(new URL('file:///app/main.mjs'), {
    health: '/health',
    parameters: { n: 10 },
    request: ({ n }) => ({ path: `/primecount?n=${n}` }),
    conformance: [{ request: { path: '/health' }, status: 200 }],
  }),
};
const config: BenchConfig = { workloads: [primes], environments: [native(), namespace()] };

it('takes workloads by name, scoped ones too, and makes a function of what is asked', () => {
  const file = new URL('file:///app/main.mjs');
  const { workloads } = resolveConfig(
    {
      workloads: {
        '@shop/api': node(file, { get: '/products/7' }),
        '@shop/api:order': node(file, { request: { path: '/orders', method: 'POST', body: '{}' } }),
        notes: files(new URL('file:///notes/'), 'node server.js', { data: 'DATA_DIR', get: '/thumb' }),
      },
      environments: [native()],
    },
    'bench.config.ts',
  );
  const asked = workloads.map((workload) => {
    const requests = requestsOf(workload, 1);
    return [workload.name, requests.map(({ path }) => path), healthPathOf(workload, requests)];
  });
  expect(asked).toEqual([
    ['@shop/api', ['/products/7'], '/products/7'],
    ['@shop/api:order', ['/orders'], undefined],
    ['notes', ['/thumb'], '/thumb'],
  ]);
  expect(workloads.map(({ name }) => appOf(name))).toEqual(['@shop/api', '@shop/api', 'notes']);
  expect(workloads[2]?.app).toMatchObject({ kind: 'files', command: ['node', 'server.js'] });
});

it('takes an accepted connection for ready before there is data to ask for', () => {
  const setUp = () => Promise.resolve();
  expect(healthPathOf({ setUp }, [{ path: '/thumb' }])).toBeUndefined();
  expect(healthPathOf({ setUp, health: '/' }, [{ path: '/thumb' }])).toBe('/');
  expect(healthPathOf({ health: 'tcp' }, [{ path: '/thumb' }])).toBeUndefined();
});

it('gives what all replies must hold to the requests that say nothing else', () => {
  const request = [{ path: '/a' }, { path: '/b', reply: {} }];
  const { workloads } = resolveConfig(
    { ...config, workloads: [{ name: 'a', app: primes.app, request, reply: { status: 200 } }] },
    'bench.config.ts',
  );
  expect(workloads.flatMap((each) => requestsOf(each, 1))).toEqual([
    { path: '/a', reply: { status: 200 } },
    { path: '/b', reply: {} },
  ]);
});

it('refuses a command that wants a shell', () => {
  expect(() => files(new URL('file:///notes/'), 'FLASK="a b" gunicorn app')).toThrow(
    'command: "FLASK=\\"a b\\" gunicorn app": no shell reads it: give a list',
  );
});

it('makes fewer rounds on a calm host only where the verdicts end the run', () => {
  const rounds = { max: 16, calm: 10 };
  const of = (until?: 'rounds' | 'budget') => resolveConfig({ ...config, rounds, until }, 'a.ts').rounds;
  expect(of()).toMatchObject({ max: 16, calm: 10 });
  expect([of('rounds'), of('budget')].map((each) => 'calm' in each)).toEqual([false, false]);
});

it('fills in the defaults', () => {
  const resolved = resolveConfig(config, 'bench.config.ts');
  expect(resolved).toMatchObject({
    baseline: 'native',
    rounds: { kind: 'looks', looks: undefined, max: 30, until: 'decided' },
    load: {
      connections: 8,
      warmupMs: undefined,
      window: { kind: 'duration', durationMs: 1500 },
      open: { rateRps: undefined, arrivals: 'poisson', durationMs: 4000 },
      sliceMs: 25,
    },
    starts: 3,
    chosen: { duration: true, openDuration: true, starts: true },
    resources: { cpus: 1, memoryMiB: 512 },
    seed: undefined,
  });
});

it.each<[string, unknown, string]>([
  ['no configuration at all', undefined, 'bench.config.ts: the configuration: '],
  ['no workloads', { ...config, workloads: [] }, 'bench.config.ts: workloads: '],
  [
    'a health path that is none',
    { ...config, workloads: [{ ...primes, health: 'health' }] },
    'bench.config.ts: workloads.0.health: "health": expected a path that begins with /, or "tcp"',
  ],
  [
    'a request that is a text',
    { ...config, workloads: [{ ...primes, request: '/x' }] },
    'workloads.0.request: "/x": expected a request, a list of some, or a function from the parameters to them',
  ],
  [
    'two loads',
    { ...config, workloads: { primes: { ...primes, get: '/x' } } },
    'workloads.primes.get: "/x": expected either get: "/path" or a request',
  ],
  [
    'no load',
    { ...config, workloads: { '@shop/api': node(new URL('file:///app/main.mjs')) } },
    'workloads.@shop/api.get: expected either get: "/path" or a request',
  ],
  [
    'a name that no file can have',
    { ...config, workloads: { '../api': primes } },
    'workloads.../api.name: "../api": expected a name like that of a project, "api" or "@shop/api"',
  ],
  [
    'a name without an end',
    { ...config, workloads: { ['a'.repeat(60_000)]: primes } },
    `workloads.${'a'.repeat(80)}… (60000 characters).name: "${'a'.repeat(79)}… (60002 characters): expected at most 214 characters`,
  ],
  [
    'an environment whose name has no end',
    { ...config, environments: [{ ...native(), name: 'a'.repeat(60_000) }] },
    'environments.0: expected an environment: name of at most 214 characters',
  ],
  [
    'a variable for data that is none',
    { ...config, workloads: [{ ...primes, data: 'DATA DIR' }] },
    'workloads.0.data: "DATA DIR": expected the name of an environment variable',
  ],
  [
    'an app that is none',
    { ...config, workloads: [{ ...primes, app: 'main.mjs' }] },
    'workloads.0.app: "main.mjs": expected an app: node(…), files(…), project(…) or image(…)',
  ],
  [
    'an environment that is none',
    { ...config, environments: [{ name: 'moon' }] },
    'environments.0: expected an environment: name of at most 214 characters, kind, probe',
  ],
  [
    'slices of no length',
    { ...config, load: { sliceMs: -1 } },
    'bench.config.ts: load.sliceMs: -1: expected a number of milliseconds from 0 to 60000',
  ],
  [
    'the former name of a member',
    { ...config, load: { turnMs: 5 } },
    'bench.config.ts: load.turnMs is now called load.sliceMs',
  ],
  [
    'the former name of a member at the top',
    { ...config, twin: true },
    'bench.config.ts: twin is now called control',
  ],
  [
    'zero rounds',
    { ...config, rounds: 0 },
    'bench.config.ts: rounds: 0: expected a whole number from 1 to 1000',
  ],
  [
    'a margin below 0',
    { ...config, margins: { throughputRps: -0.1 } },
    'margins.throughputRps: -0.1: expected a number from 0 to 10',
  ],
  ['a margin of no metric', { ...config, margins: { speed: 0.1 } }, 'bench.config.ts: margins'],
  [
    'an arrival rate of 0',
    { ...config, load: { open: { rateRps: 0 } } },
    'load.open.rateRps: 0: expected a number of requests per second from 0.1 to 1000000',
  ],
  [
    'negative warm-up',
    { ...config, load: { warmupMs: -1 } },
    'bench.config.ts: load.warmupMs: -1: expected a number of milliseconds from 0 to 600000',
  ],
  [
    'a misspelt member',
    { ...config, load: { conections: 8 } },
    'bench.config.ts: load.conections: unknown member',
  ],
  ['a wrong kind of rounds', { ...config, rounds: 'many' }, 'bench.config.ts: rounds: "many": expected'],
  [
    'a look after the last round',
    { ...config, rounds: { looks: [6, 12], max: 10 } },
    'bench.config.ts: rounds.looks.1: 12: expected at most 10, the most rounds',
  ],
  [
    'more rounds on a calm host than on any other',
    { ...config, rounds: { max: 10, calm: 12 } },
    'bench.config.ts: rounds.calm: 12: expected at most 10, the most rounds',
  ],
  [
    'too few rounds for a verdict on a calm host',
    { ...config, rounds: { max: 10, calm: 3 } },
    'bench.config.ts: rounds.calm: 3: expected',
  ],
  [
    'looks that do not rise',
    { ...config, rounds: { looks: [8, 8] } },
    'bench.config.ts: rounds.looks.1: 8: expected more than the look before',
  ],
  [
    'a look before a verdict is possible',
    { ...config, rounds: { looks: [3] } },
    'bench.config.ts: rounds.looks.0: 3: expected',
  ],
  [
    'a member of the open loop that is none',
    { ...config, load: { open: { arrivals: 'even' } } },
    'bench.config.ts: load.open.arrivals: "even": expected one of ',
  ],
  [
    'a base that is none',
    {
      ...config,
      workloads: [
        {
          ...primes,
          app: { kind: 'files', folder: new URL('file:///a/'), command: ['a'], base: { image: 5 } },
        },
      ],
    },
    'bench.config.ts: workloads.0.app.base.image: 5: Invalid input: expected string',
  ],
  ['a wrong kind of open loop', { ...config, load: { open: 5 } }, 'bench.config.ts: load.open: 5: expected'],
  [
    'both ends of the window',
    { ...config, load: { durationMs: 1000, requests: 10 } },
    'load has durationMs and requests, expected one of them',
  ],
  [
    'an environment named twice',
    { ...config, environments: [native(), native()] },
    'environments has the name "native" twice',
  ],
])('refuses %s in one line', (_, bad, message) => {
  const refuse = () => resolveConfig(bad, 'bench.config.ts');
  expect(refuse).toThrow(message);
  expect(refuse).not.toThrow(/\n/);
});

it('takes or refuses whatever a configuration exports, in one short line that says where it is and what was expected', () => {
  const whole = () => ({
    workloads: {
      '@shop/api': node(new URL('file:///app/main.mjs'), { health: '/health', get: '/a', variables: { A: 'b' } }),
      mix: files(new URL('file:///notes/'), 'node server.js', {
        ...{ data: 'DATA_DIR', port: 3000, parameters: { n: 1 }, reply: { status: 200, json: { a: 1 } } },
        request: [{ path: '/a', weight: 2, headers: { a: 'b' } }, { path: '/b', method: 'POST', bodies: ['a'] }],
        conformance: [{ request: { path: '/a' }, status: 200, json: { a: 1 } }],
      }),
    },
    ...{ environments: [native(), namespace()], ladder: [{ ...native(), name: 'third' }], baseline: 'native' },
    ...{ rounds: { looks: [6, 8], max: 10 }, until: 'decided', budgetMinutes: 5, control: true, starts: 3, seed: 7 },
    load: { connections: 8, warmupMs: 100, durationMs: 500, open: { rateRps: 5, arrivals: 'constant' }, sliceMs: 25 },
    ...{ margins: { throughputRps: 0.1 }, guards: { foreignCpus: 1 }, resources: { cpus: 1, memoryMiB: 512 } },
  });
  expect(() => resolveConfig(whole(), 'a.ts')).not.toThrow();
  const startedAt = performance.now();
  fc.assert(
    fc.property(spoiltObject(whole), (config) => {
      const result = readOrRefused(() => resolveConfig(config, 'a.ts'));
      if ('read' in result) {
        expect(JSON.parse(JSON.stringify(result.read.options))).toEqual(result.read.options);
        for (const workload of result.read.workloads) readOrRefused(() => requestsOf(workload, 1));
        return;
      }
      expect(result.refused).toMatch(/^a\.ts: [^\n\r\p{Cc}]*$/u);
      expect(result.refused).toMatch(/expected|: unknown member$| is now called /);
      expect(result.refused.length).toBeLessThan(1000);
    }),
    tries(),
  );
  expect(performance.now() - startedAt).toBeLessThan(tries(20).numRuns * 500);
}); // prettier-ignore

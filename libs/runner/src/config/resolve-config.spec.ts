import { namespace, native } from '@tare/environment';
import { expect, it } from 'vitest';
import type { BenchConfig } from './bench-config.ts';
import { resolveConfig } from './resolve-config.ts';

const config: BenchConfig = {
  workloads: [
    {
      name: 'primes',
      app: { kind: 'node', file: new URL('file:///app/main.mjs') },
      health: '/health',
      parameters: { n: 10 },
      request: ({ n }) => ({ path: `/primecount?n=${n}` }),
      conformance: [{ request: { path: '/health' }, status: 200 }],
    },
  ],
  environments: [native(), namespace()],
};
const [primes] = config.workloads;

it('fills in the defaults', () => {
  const { baseline, rounds, load, resources, seed } = resolveConfig(config, 'bench.config.ts');
  expect({ baseline, rounds, load, resources, seed }).toMatchObject({
    baseline: 'native',
    rounds: { kind: 'looks', looks: undefined, max: 30, until: 'decided' },
    load: {
      connections: 8,
      warmupMs: undefined,
      window: { kind: 'duration', durationMs: 1500, isChosen: true },
      open: { rateRps: undefined, arrivals: 'poisson', durationMs: 4000 },
      sliceMs: 25,
    },
    resources: { cpus: 1, memoryMiB: 512 },
    seed: undefined,
  });
});

it.each<[string, unknown, string]>([
  ['no configuration at all', undefined, 'bench.config.ts: the configuration: '],
  ['no workloads', { ...config, workloads: [] }, 'bench.config.ts: workloads: '],
  [
    'a workload without a health path',
    { ...config, workloads: [{ ...primes, health: undefined }] },
    'bench.config.ts: workloads.0.health: ',
  ],
  [
    'a request that is no function',
    { ...config, workloads: [{ ...primes, request: '/x' }] },
    'workloads.0.request: "/x": expected a function from the parameters to a request',
  ],
  [
    'an app that is none',
    { ...config, workloads: [{ ...primes, app: 'main.mjs' }] },
    'workloads.0.app: "main.mjs": expected an app',
  ],
  [
    'an environment that is none',
    { ...config, environments: [{ name: 'moon' }] },
    'environments.0: expected an environment: name, kind, probe',
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
    'looks that do not rise',
    { ...config, rounds: { looks: [8, 8] } },
    'bench.config.ts: rounds.looks.1: 8: expected more than the look before',
  ],
  [
    'a look before a verdict is possible',
    { ...config, rounds: { looks: [3] } },
    'bench.config.ts: rounds.looks.0: 3: expected',
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

import { namespace, native, url } from '@tare/environment';
import { expect, it } from 'vitest';
import { parseConfig, resolveSettings } from './resolve-config.ts';
import { applyOverrides, type Overrides } from './overrides.ts';

const config = parseConfig(
  {
    workloads: [
      {
        name: 'primes',
        app: { kind: 'node', file: new URL('file:///app/main.mjs') },
        health: '/health',
        parameters: { n: 10 },
        request: ({ n }: Record<string, number>) => ({ path: `/primecount?n=${n}` }),
        conformance: [{ request: { path: '/health' }, status: 200 }],
      },
    ],
    environments: [native(), namespace()],
  },
  'bench.config.ts',
);

it('gives the options that lead to the same configuration again', () => {
  const { options, ...changed } = applyOverrides(config, {
    environments: 'namespace,native',
    rounds: 3,
    warmup: 0.5,
    duration: '1.5',
    openDuration: 0,
    control: false,
    sliceMs: 0,
    n: 7,
    seed: 9,
  });
  expect(options).toMatchObject({ environments: 'namespace,native', baseline: 'native', warmup: 0.5, n: 7 });
  const { budget, ...given } = options;
  expect(applyOverrides(config, given)).toMatchObject(changed);
});

it('leaves the configuration alone without options', () => {
  expect(applyOverrides(config, {})).toEqual(resolveSettings(config));
});

it('measures what is on the ladder alone only when it is named, or with all', () => {
  const { workloads, environments } = config;
  const laddered = parseConfig(
    {
      workloads: workloads.map((each) => ({ ...each })),
      environments,
      ladder: [{ ...native(), name: 'jail' }],
    },
    'bench.config.ts',
  );
  const names = (given?: string) =>
    applyOverrides(laddered, { environments: given }).environments.map(({ name }) => name);
  expect([names(), names('jail,native'), names('all')]).toEqual([
    ['native', 'namespace'],
    ['jail', 'native'],
    ['native', 'namespace', 'jail'],
  ]);
  expect(() => names('moon')).toThrow('"moon" is unknown, expected some of native, namespace, jail');
  expect(() => parseConfig({ ...laddered, ladder: [native()] }, 'bench.config.ts')).toThrow(
    'bench.config.ts: environments has the name "native" twice, expected unique names',
  );
});

it('takes numbers and their texts, durations in seconds', () => {
  const changed = applyOverrides(config, {
    rounds: '3',
    duration: '1.5',
    warmup: 0,
    connections: 2,
    seed: 7,
    n: '300000',
  });
  expect(changed.rounds).toEqual({ kind: 'fixed', rounds: 3 });
  expect(changed.load).toMatchObject({
    connections: 2,
    warmupMs: 0,
    window: { kind: 'duration', durationMs: 1500 },
    open: { rateRps: undefined, arrivals: 'poisson', durationMs: 4000 },
    sliceMs: 25,
  });
  expect(changed.seed).toBe(7);
  expect(changed.workloads[0]?.parameters).toEqual({ n: 300_000 });
});

it('takes the name of an app for all that is asked of it, and leaves out what must be named', () => {
  const [primes] = config.workloads;
  if (primes === undefined) throw new Error('no workload');
  const asked = ['grocery:browse', 'grocery:view'].map((name) => ({ ...primes, name, byDefault: false }));
  const both = { ...config, workloads: [primes, ...asked] };
  const names = (workloads?: string) =>
    applyOverrides(both, workloads === undefined ? {} : { workloads }).workloads.map(({ name }) => name);
  expect(names()).toEqual(['primes']);
  expect(names('primes,grocery')).toEqual(['primes', 'grocery:browse', 'grocery:view']);
  expect(names('grocery:view')).toEqual(['grocery:view']);
});

it('ends the window after a number of requests', () => {
  expect(applyOverrides(config, { requests: 200 }).load.window).toEqual({ kind: 'requests', requests: 200 });
});

it('picks environments in the given order and moves the baseline when it was left out', () => {
  const changed = applyOverrides(config, { environments: 'namespace' });
  expect(changed.environments.map(({ name }) => name)).toEqual(['namespace']);
  expect(changed.baseline).toBe('namespace');
});

it('sets the open loop, or leaves it out', () => {
  const flags = { rate: '80', arrivals: 'constant', openDuration: 2 };
  expect(applyOverrides(config, flags).load.open).toEqual({
    rateRps: 80,
    arrivals: 'constant',
    durationMs: 2000,
  });
  expect(applyOverrides(config, { openDuration: 0 }).load.open).toBeUndefined();
});

it('sets the length of slices, or has one environment up at a time', () => {
  expect(applyOverrides(config, { sliceMs: '100' }).load.sliceMs).toBe(100);
  expect(applyOverrides(config, { sliceMs: 0 }).load.sliceMs).toBeUndefined();
});

it('sets how often each is started in a round', () => {
  expect(applyOverrides(config, {}).starts).toBe(3);
  expect(applyOverrides(config, { starts: '0' })).toMatchObject({ starts: 0, options: { starts: 0 } });
});

it('sets the time budget, the control and the retries', () => {
  const changed = applyOverrides(config, { budget: '1.5', control: 'false', retries: 0 });
  expect(changed).toMatchObject({ budgetMs: 90_000, control: false, retries: 0 });
});

it('says what ends the rounds', () => {
  const rounds = (until?: string) => applyOverrides(config, { until }).rounds;
  expect(rounds()).toEqual({ kind: 'looks', looks: undefined, max: 30, until: 'decided' });
  expect(rounds('rounds')).toMatchObject({ max: 30, until: 'rounds' });
  expect(rounds('budget')).toMatchObject({ max: 1000, until: 'budget' });
  expect(applyOverrides(config, { until: 'rounds', rounds: 3 }).rounds).toEqual({ kind: 'fixed', rounds: 3 });
  expect(applyOverrides(config, { until: 'budget' }).options).toMatchObject({ until: 'budget' });
});

it.each<[Overrides, string]>([
  [{ until: 'noon' }, '--until=noon: expected one of decided, rounds, budget'],
  [
    { until: 'budget', rounds: 3 },
    '--until=budget: the number of rounds is fixed at 3, expected one of --rounds and --until',
  ],
  [{ rate: 0 }, '--rate=0: expected a number of requests per second from 0.1 to 1000000'],
  [{ arrivals: 'uniform' }, '--arrivals=uniform: expected one of poisson, constant'],
  [{ rate: 10, openDuration: 0 }, '--rate=10: there is no open-loop window with --openDuration=0'],
  [
    { rounds: 3, budget: 5 },
    '--budget=5: the number of rounds is fixed at 3, expected one of --rounds and --budget',
  ],
  [{ starts: 2.5 }, '--starts=2.5: expected a whole number from 0 to 100'],
  [{ sliceMs: -1 }, '--sliceMs=-1: expected a number of milliseconds from 0 to 60000'],
  [{ control: 'maybe' }, '--control=maybe: expected true or false'],
  [{ rounds: 0 }, '--rounds=0: expected a whole number from 1 to 1000'],
  [{ rounds: 'ten' }, '--rounds=ten: expected a whole number from 1 to 1000'],
  [{ rounds: 2.5 }, '--rounds=2.5: expected a whole number'],
  [{ duration: -1 }, '--duration=-1: expected a number of seconds from 0.001 to 3600'],
  [{ warmup: '2s' }, '--warmup=2s: expected a number of seconds from 0 to 600'],
  [{ connections: '1e3' }, '--connections=1e3: expected a whole number from 1 to 10000'],
  [{ duration: 1, requests: 5 }, '--duration and --requests are both given, expected one of them'],
  [
    { environments: 'native,moon' },
    '--environments=native,moon: "moon" is unknown, expected some of native, namespace',
  ],
  [{ environments: '' }, '--environments=: expected names, separated by commas'],
  [{ workloads: 'grocery' }, '--workloads=grocery: "grocery" is unknown, expected some of primes'],
  [
    { baseline: 'docker' },
    '--baseline=docker: expected one of the environments of this run: native, namespace',
  ],
])('refuses %j', (overrides, message) => {
  expect(() => applyOverrides(config, overrides)).toThrow(message);
});

const remote = {
  ...config,
  environments: [
    native(),
    url('https://Shop.example.com', { name: 'prod' }),
    url('http://localhost:3000', { name: 'dev' }),
  ],
};

it('loads another host only where the command line names it too', () => {
  expect(() => applyOverrides(remote, {})).toThrow(
    /^prod would load shop\.example\.com, which is not this host: expected --allow-remote=shop\.example\.com from whoever may do so$/,
  );
  expect(() => applyOverrides(remote, { allowRemote: 'example.com, shop.example.org' })).toThrow(
    /--allow-remote=shop\.example\.com from whoever may do so; allowed is example\.com, shop\.example\.org$/,
  );
  expect(() => resolveSettings(remote)).toThrow(/^prod would load/);
  const allowed = applyOverrides(remote, { allowRemote: 'other.example, SHOP.example.com' });
  expect(allowed.environments).toHaveLength(3);
  // the run that is repeated may do what this one did
  expect(applyOverrides(remote, { allowRemote: String(allowed.options.allowRemote) }).allowRemote).toEqual(
    allowed.allowRemote,
  );
});

it('needs no allowance for what it does not load, nor for this host', () => {
  const { environments, options } = applyOverrides(remote, { environments: 'native,dev' });
  expect(environments).toHaveLength(2);
  expect(options).not.toHaveProperty('allowRemote');
});

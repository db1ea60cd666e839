import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { namespace, native, url } from '@tare/environment';
import { parseConfig } from '@tare/runner';
import { afterAll, describe, expect, it } from 'vitest';
import { pairWorkloads, planGate, requireTwoDeployments } from './gate-plan.ts';

const workload = {
  app: { kind: 'node', file: new URL('file:///nowhere.mjs') },
  health: '/health',
  request: () => ({ path: '/' }),
  conformance: [{ request: { path: '/health' }, status: 200 }],
};
const config = parseConfig(
  {
    workloads: [
      { ...workload, name: 'primes' },
      { ...workload, name: 'grocery:view', byDefault: false },
    ],
    environments: [native(), namespace()],
  },
  'bench.config.ts',
);

it('measures all workloads in the baseline, at most 20 rounds in 3 minutes, without control and open loop', () => {
  const { config: planned, threshold, force } = planGate(config, {});
  expect(planned.workloads.map(({ name }) => name)).toEqual(['primes', 'grocery:view']);
  expect(planned.environments.map(({ name }) => name)).toEqual(['native']);
  expect(planned).toMatchObject({
    control: false,
    rounds: { kind: 'looks', max: 20 },
    budgetMs: 180_000,
    starts: 3,
    load: { warmupMs: 1000, window: { kind: 'duration', durationMs: 1500 }, open: undefined },
  });
  expect({ threshold, force }).toEqual({ threshold: 0.05, force: false });
});

it('ends when it is decided, whatever ends the runs of its configuration', () => {
  expect(planGate({ ...config, until: 'budget' }, {}).config.rounds).toMatchObject({ until: 'decided' });
});

it('takes options as Nx hands them over', () => {
  const plan = planGate(config, {
    environments: 'native,namespace',
    threshold: '7.5',
    force: 'true',
    rounds: '8',
  });
  expect(plan).toMatchObject({ threshold: 0.075, force: true, config: { rounds: { rounds: 8 } } });
  expect(plan.config.environments).toHaveLength(2);
});

it.each([
  [{ threshold: 'much' }, '--threshold=much: expected a percentage from 0.1 to 1000'],
  [{ threshold: 0 }, '--threshold=0: expected a percentage from 0.1 to 1000'],
  [{ force: 'perhaps' }, '--force=perhaps: expected true or false'],
  [{ environments: 'moon' }, '--environments=moon: "moon" is unknown, expected some of native, namespace'],
])('refuses %j in one line', (options, message) => {
  expect(() => planGate(config, options)).toThrow(message);
});

describe('a workload', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tare-gate-plan-'));
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  /** A side whose app has these bytes, in an environment of this identity. */
  const side = (bytes: string, identity: string | undefined) => {
    const path = join(folder, `${bytes}.mjs`);
    writeFileSync(path, bytes);
    const { workloads } = config;
    return {
      workloads: workloads
        .slice(0, 1)
        .map((each) => ({ ...each, app: { kind: 'node' as const, file: pathToFileURL(path) } })),
      environments: [native(), { ...native(), name: 'baked', identity: () => Promise.resolve(identity) }],
    };
  };
  const statusOf = async (...[head, base, force]: Parameters<typeof pairWorkloads>) =>
    (await pairWorkloads(head, base, force)).listed.map(({ status }) => status);

  it('is the same when its bytes and the identity of every environment are', async () => {
    expect(await statusOf(side('one', 'image 1'), side('one', 'image 1'), false)).toEqual(['same-bytes']);
    expect(await statusOf(side('one', 'image 1'), side('one', 'image 1'), true)).toEqual(['measured']);
  });

  it('is measured when its bytes or an image differ, or nobody knows', async () => {
    expect(await statusOf(side('one', 'image 1'), side('two', 'image 1'), false)).toEqual(['measured']);
    expect(await statusOf(side('one', 'image 1'), side('one', 'image 2'), false)).toEqual(['measured']);
    expect(await statusOf(side('one', undefined), side('one', undefined), false)).toEqual(['measured']);
  });

  it('is not held back by an environment that the base does not have', async () => {
    const base = { ...side('one', 'image 1'), environments: [native()] };
    expect(await statusOf(side('one', 'image 2'), base, false)).toEqual(['same-bytes']);
  });
});

it('refuses a deployment that is the same on both sides, and a base that would load another host', () => {
  const at = (host: string) => [native(), url(`https://${host}`, { name: 'prod' })];
  const require = (head: string, base: string) => () => {
    requireTwoDeployments(at(head), at(base), ['new.example', 'old.example']);
  };
  expect(require('new.example', 'old.example')).not.toThrow();
  expect(require('new.example', 'new.example')).toThrow(
    'prod asks https://new.example on both sides, whatever the commit: leave it out, or give each commit an address of its own',
  );
  expect(require('new.example', 'else.example')).toThrow(/^prod@base would load else\.example, /);
});

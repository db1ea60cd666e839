import { namespace, native } from '@tare/environment';
import { parseConfig } from '@tare/runner';
import { expect, it } from 'vitest';
import { planGate } from './gate-plan.ts';

const workload = {
  artifact: new URL('file:///nowhere.mjs'),
  healthPath: '/health',
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

it('measures all workloads in the baseline, 20 rounds, without control and open loop', () => {
  const { config: planned, threshold, force } = planGate(config, {});
  expect(planned.workloads.map(({ name }) => name)).toEqual(['primes', 'grocery:view']);
  expect(planned.environments.map(({ name }) => name)).toEqual(['native']);
  expect(planned).toMatchObject({
    control: false,
    rounds: { kind: 'fixed', rounds: 20 },
    load: { warmupMs: 1000, window: { kind: 'duration', durationMs: 1500 }, open: undefined },
  });
  expect({ threshold, force }).toEqual({ threshold: 0.1, force: false });
});

it('takes options as Nx hands them over', () => {
  const plan = planGate(config, {
    environments: 'native,namespace',
    threshold: '5',
    force: 'true',
    rounds: '8',
  });
  expect(plan).toMatchObject({ threshold: 0.05, force: true, config: { rounds: { rounds: 8 } } });
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

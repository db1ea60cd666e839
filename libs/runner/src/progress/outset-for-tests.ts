import { native } from '@tare/environment';
import { defaultGuards } from '../guards/default-guards.ts';
import { exampleTrial } from '../run/trial-for-tests.ts';
import type { RunEvent, TrialPlace } from './run-event.ts';
import type { RunOutset } from './run-so-far.ts';

/** What is known before a made-up run of one workload. */
export function exampleOutset(...names: readonly string[]): RunOutset {
  return {
    header: {
      schema: 1,
      id: '20260101-000000-example',
      startedAt: '2026-01-01T00:00:00.000Z',
      seed: 7,
      host: {
        cpuModel: 'Example CPU',
        cores: 2,
        memoryMiB: 4096,
        kernel: '6.12.0',
        os: 'Debian GNU/Linux 13',
        virtualised: 'none',
        node: 'v24.0.0',
      },
      config: {
        workloads: [
          { name: 'primes', healthPath: '/health', requestPath: '/primecount?n=1000', parameters: {} },
        ],
        environments: [...names],
        baseline: names[0] ?? '',
        twin: null,
        rounds: 30,
        budgetMs: null,
        retries: 3,
        load: { connections: 8, warmupMs: 0, durationMs: 3000, requests: null, openDurationMs: null },
        guards: defaultGuards,
        resources: {
          cpus: 1,
          memoryMiB: 512,
          serverCpus: null,
          generatorCpus: null,
          nodeArguments: [],
        },
      },
      artifacts: { primes: { sha256: 'a'.repeat(64), bytes: 1000 } },
    },
    margins: {},
    unjudged: [],
    measured: names.map((name) => ({ environment: { ...native(), name }, facts: {} })),
    unusable: [],
    warmUps: undefined,
    diagnostics: [],
    configuredOrder: names,
  };
}

/** A trial's place in a run of two environments and so many rounds. */
export function examplePlace(environment: string, round: number, trial: number, rounds = 2): TrialPlace {
  const trials = 2 * rounds;
  return { round, rounds, trial, trials, environment, workload: 'primes', leftMs: (trials - trial) * 10_000 };
}

/** Begin and end of a trial. */
export function trialEvents(place: TrialPlace, throughputRps?: number): readonly [RunEvent, RunEvent] {
  const { environment, round } = place;
  return [
    { kind: 'trial-started', place },
    {
      kind: 'trial-finished',
      place,
      trial: exampleTrial({
        environment,
        round,
        ...(throughputRps === undefined ? {} : { throughputRps }),
      }),
    },
  ];
}

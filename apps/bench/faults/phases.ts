import { plainRun, type RunOrder } from './start-run.ts';
import type { View } from './view.ts';

/** What a run does when a fault comes. */
export type Phase = RunOrder & {
  readonly name: string;
  /** Whether it has come to that, by what the run says, writes and has started. */
  readonly reached: (view: View) => boolean;
  /** Whether it is another one in each environment. */
  readonly isOfEnvironment: boolean;
  /** Whether the run has the host then, and a janitor. */
  readonly holdsHost: boolean;
  /** Whether there is a load generator then. */
  readonly hasLoad: boolean;
};

const short = plainRun.options;
const base = { command: 'measure', isOfEnvironment: true, holdsHost: true, hasLoad: false } as const;

/** Of the closed loop there is one connection, so that those of the open loop tell it apart. */
const openConnections = 4;

export const phases: readonly Phase[] = [
  { ...base, name: 'probe', options: short, reached: ({ runner }) => runner() !== undefined },
  {
    ...base,
    name: 'prepare',
    options: short,
    reached: ({ said, environment }) => said(`${environment}: preparing`),
  },
  {
    ...base,
    name: 'boot',
    options: short,
    reached: ({ said, environment }) => said(`${environment}: checking the answers`),
  },
  {
    ...base,
    name: 'warm-up',
    options: ['--workloads=keeping', '--duration=1', '--openDuration=0'],
    hasLoad: true,
    reached: ({ said, environment }) => said(`${environment}: watching how`),
  },
  {
    ...base,
    name: 'slices',
    options: ['--workloads=plain', '--warmup=0', '--duration=4', '--openDuration=0'],
    hasLoad: true,
    reached: ({ said, loadConnections }) => said(', seed ') && loadConnections() > 0,
  },
  {
    ...base,
    name: 'open loop',
    options: [
      '--workloads=keeping',
      '--warmup=0',
      '--duration=1',
      '--openDuration=4',
      `--rate=${openConnections * 10}`,
    ],
    hasLoad: true,
    reached: ({ said, loadConnections }) => said(', seed ') && loadConnections() >= openConnections,
  },
  {
    ...base,
    name: 'report',
    command: 'compare',
    options: short,
    isOfEnvironment: false,
    holdsHost: false,
    reached: ({ hasRunFile }) => hasRunFile(),
  },
  {
    ...base,
    name: 'gate',
    command: 'gate',
    options: ['--workloads=plain', '--rounds=6'],
    isOfEnvironment: false,
    holdsHost: false,
    reached: ({ said }) => said('; head: '),
  },
];

import { existsSync } from 'node:fs';
import { findProgram } from '@tare/metrics';
import type { Phase } from './phases.ts';
import { sendAll } from './processes.ts';
import { plainRun, startRun } from './start-run.ts';
import {
  cutsPath,
  cutsSsh,
  fill,
  fillsGuest,
  inGuest,
  janitorOf,
  loadsHost,
  machinesOf,
  makeReadOnly,
  nxDaemonsOf,
  onDisk,
  runnerOf,
  signals,
  startedOf,
  stealsPort,
  type Strike,
  terminalOf,
  toContainers,
} from './strikes.ts';
import type { EnvironmentTraits, Place } from './view.ts';

/** What is done to a run. */
export type Fault = {
  readonly name: string;
  /** In a line, for the table. */
  readonly does: string;
  /** Makes ready what it takes, before the run starts. */
  readonly arrange?: (place: Place) => Promise<void>;
  /** Options of the run in the place of those of the phase. */
  readonly options?: readonly string[];
  /** How many rounds the run has, for what shows only in a later one; 1 by default. */
  readonly rounds?: number;
  /** Variables of the run. */
  readonly variables?: Readonly<Record<string, string>>;
  readonly strike: Strike;
  /** Takes it back, once the run has ended. */
  readonly mend?: (place: Place) => Promise<void>;
  /** Started by Nx and not by the command line. */
  readonly throughNx?: boolean;
  readonly isPossible: (phase: Phase, environment: EnvironmentTraits) => boolean;
  /** Nobody, or nothing, is left that could clean up: the next start does. */
  readonly leavesToNextStart?: boolean;
  /** The run says why it ends; nobody can after SIGKILL. */
  readonly saysWhy: boolean;
  /** The run goes through all the same. */
  readonly goesOn?: boolean;
};

const always = (): boolean => true;
const onHost = ({ holdsHost }: Phase): boolean => holdsHost;
const underLoad = ({ hasLoad }: Phase): boolean => hasLoad;
const appsUnderLoad = (phase: Phase, { showsApps }: EnvironmentTraits): boolean =>
  underLoad(phase) && showsApps;
const underLoadInMachine = (phase: Phase, { hasMachine }: EnvironmentTraits): boolean =>
  underLoad(phase) && hasMachine;
const isRoot = process.getuid?.() === 0;

export const faults: readonly Fault[] = [
  {
    name: 'runner killed',
    does: 'SIGKILL to the process that measures',
    strike: signals(runnerOf, 'SIGKILL'),
    isPossible: always,
    saysWhy: false,
  },
  {
    name: 'janitor killed',
    does: 'SIGKILL to the process that waits to clean up',
    strike: signals(janitorOf, 'SIGKILL'),
    isPossible: onHost,
    saysWhy: false,
    goesOn: true,
  },
  {
    name: 'both killed',
    does: 'SIGKILL to the process that measures and to the janitor',
    strike: signals((view) => {
      const janitor = janitorOf(view);
      return janitor.length > 0 ? [...janitor, ...runnerOf(view)] : [];
    }, 'SIGKILL'),
    isPossible: onHost,
    leavesToNextStart: true,
    saysWhy: false,
  },
  {
    name: 'Nx killed',
    does: 'SIGKILL to the process of Nx that runs the task',
    strike: signals(startedOf, 'SIGKILL'),
    throughNx: true,
    isPossible: always,
    saysWhy: false,
  },
  {
    name: 'load generator killed',
    does: 'SIGKILL to the process that sends the requests',
    strike: signals(({ generators }) => generators(), 'SIGKILL'),
    isPossible: underLoad,
    saysWhy: true,
  },
  {
    name: 'engine killed',
    does: 'SIGKILL to the daemon or service that runs the containers; it is started again before the next start',
    strike: signals(({ engine }) => engine(), 'SIGKILL'),
    mend: async ({ engine }) => engine?.start(),
    isPossible: ({ holdsHost }, { engine }) => holdsHost && engine !== undefined,
    leavesToNextStart: true,
    saysWhy: true,
  },
  {
    name: 'engine stopped',
    does: 'SIGTERM to it; it is started again before the next start',
    strike: signals(({ engine }) => engine(), 'SIGTERM'),
    mend: async ({ engine }) => engine?.start(),
    isPossible: ({ holdsHost }, { engine }) => holdsHost && engine !== undefined,
    leavesToNextStart: true,
    saysWhy: true,
  },
  {
    name: 'machine killed',
    does: 'SIGKILL to the process of the virtual machine',
    strike: signals(machinesOf, 'SIGKILL'),
    isPossible: ({ holdsHost, name }, { hasMachine }) => hasMachine && holdsHost && name !== 'probe',
    saysWhy: true,
  },
  {
    name: 'ssh cut',
    does: 'the connections of ssh to the virtual machine are ended, and it takes no others',
    strike: cutsSsh,
    isPossible: underLoadInMachine,
    saysWhy: true,
  },
  {
    name: 'guest disk full',
    does: 'no byte is left on the disk of the virtual machine, where the app keeps data, and there is another round',
    options: ['--workloads=keeping', '--warmup=0', '--duration=4', '--openDuration=0'],
    rounds: 2,
    strike: fillsGuest,
    isPossible: underLoadInMachine,
    saysWhy: true,
  },
  {
    name: 'guest clock off',
    does: 'the clock of the virtual machine goes back by an hour, and there is another round; the run goes on',
    rounds: 2,
    strike: inGuest('date --set="1 hour ago"'),
    isPossible: underLoadInMachine,
    saysWhy: true,
    goesOn: true,
  },
  {
    name: 'Ctrl-C',
    does: 'SIGINT to all processes in the foreground of the terminal',
    strike: signals(terminalOf, 'SIGINT'),
    isPossible: always,
    saysWhy: true,
  },
  {
    name: 'Ctrl-C twice',
    does: 'the same, again at once',
    strike: signals(terminalOf, 'SIGINT', 2),
    isPossible: always,
    saysWhy: true,
  },
  {
    name: 'SIGTERM',
    does: 'to the command line',
    strike: signals(startedOf, 'SIGTERM'),
    isPossible: always,
    saysWhy: true,
  },
  {
    name: 'SIGTERM to Nx',
    does: 'to the process of Nx that runs the task',
    strike: signals(startedOf, 'SIGTERM'),
    throughNx: true,
    isPossible: always,
    saysWhy: false,
  },
  {
    name: 'SIGHUP',
    does: 'to all processes in the terminal, which is closed',
    strike: signals(terminalOf, 'SIGHUP'),
    isPossible: always,
    saysWhy: true,
  },
  {
    name: 'app crashes',
    does: 'SIGKILL to the app under load',
    strike: signals(({ apps }) => apps(), 'SIGKILL'),
    isPossible: appsUnderLoad,
    saysWhy: true,
  },
  {
    name: 'app hangs',
    does: 'SIGSTOP to the app under load',
    strike: signals(({ apps }) => apps(), 'SIGSTOP'),
    isPossible: appsUnderLoad,
    saysWhy: true,
  },
  {
    name: 'app forks',
    does: 'the app starts four processes that do not end with it; the run goes on',
    strike: signals(({ apps }) => apps(), 'SIGUSR2'),
    isPossible: appsUnderLoad,
    saysWhy: true,
    goesOn: true,
  },
  {
    name: 'app leaks',
    does: 'the app fills its heap up to the limit',
    strike: signals(({ apps }) => apps(), 'SIGPWR'),
    isPossible: appsUnderLoad,
    saysWhy: true,
  },
  {
    name: 'port stolen',
    does: 'another program listens on the port that the app is to have',
    options: ['--workloads=fixed', ...plainRun.options.slice(1)],
    ...stealsPort(),
    isPossible: ({ name }, { isOnLoopback }) => name === 'probe' && isOnLoopback,
    saysWhy: true,
  },
  {
    name: 'host loaded',
    does: 'twice as many busy processes as there are CPUs; the run goes on',
    ...loadsHost(),
    isPossible: underLoad,
    saysWhy: true,
    goesOn: true,
  },
  {
    name: 'clock stepped',
    does: 'the clock of the process that measures goes back by an hour (not that of the host); the run goes on',
    variables: { NODE_OPTIONS: `--import=${import.meta.resolve('./stepped-clock.mjs')}` },
    strike: signals(runnerOf, 'SIGPWR'),
    isPossible: (phase) => onHost(phase) && underLoad(phase),
    saysWhy: true,
    goesOn: true,
  },
  {
    name: 'Nx daemon killed',
    does: 'SIGKILL to it, while a task that it knows of runs; the run goes on',
    variables: { NX_DAEMON: 'true' },
    strike: signals(({ place }) => nxDaemonsOf(place), 'SIGKILL'),
    // whatever it was replaced by
    mend: (place) => {
      sendAll(nxDaemonsOf(place), 'SIGKILL');
      return Promise.resolve();
    },
    throughNx: true,
    isPossible: underLoad,
    saysWhy: true,
    goesOn: true,
  },
  {
    name: 'container paused',
    does: 'by the command line of the engine',
    strike: toContainers('pause'),
    isPossible: (phase, { engine }) => underLoad(phase) && engine !== undefined,
    saysWhy: true,
  },
  {
    name: 'container removed',
    does: 'by the command line of the engine, with force',
    strike: toContainers('rm', '--force'),
    isPossible: (phase, { engine }) => underLoad(phase) && engine !== undefined,
    saysWhy: true,
  },
  {
    name: 'a second run',
    does: 'started while one has the host; the first goes on',
    strike: async ({ place, environment, started }) => {
      const second = startRun({ ...place, out: `${place.out}-second` }, plainRun, environment);
      const code = await second.ended;
      if (code !== 0) return second.output();
      // it may have come when the first had just ended
      if (!existsSync(`/proc/${started}`)) return false;
      throw new Error('two runs measured this host at once');
    },
    isPossible: underLoad,
    saysWhy: true,
    goesOn: true,
  },
  {
    name: 'path cut',
    does: 'all packets to the containers, or to the machine, are lost (tc, qdisc blackhole)',
    ...cutsPath(),
    isPossible: (phase, { isEngineOwn, hasMachine }) =>
      underLoad(phase) && (isEngineOwn || hasMachine) && findProgram('tc') !== undefined,
    saysWhy: true,
  },
  {
    name: 'disk of the reports full',
    does: 'no byte is left where the run file and the journal go',
    ...onDisk('out', fill),
    isPossible: ({ name, holdsHost }) => isRoot && (holdsHost || name === 'report'),
    saysWhy: true,
  },
  {
    name: 'disk of the reports read-only',
    does: 'it is mounted anew under the run',
    ...onDisk('out', makeReadOnly),
    isPossible: ({ name, holdsHost }) => isRoot && (holdsHost || name === 'report'),
    saysWhy: true,
  },
  {
    name: 'disk for temporary files full',
    does: 'no byte is left in TMPDIR',
    ...onDisk('temporary', fill),
    isPossible: () => isRoot,
    leavesToNextStart: true,
    saysWhy: true,
  },
  {
    name: 'disk for temporary files read-only',
    does: 'TMPDIR is mounted anew under the run',
    ...onDisk('temporary', makeReadOnly),
    isPossible: () => isRoot,
    leavesToNextStart: true,
    saysWhy: true,
  },
  {
    name: 'browser missing',
    does: 'PUPPETEER_EXECUTABLE_PATH names none',
    variables: { PUPPETEER_EXECUTABLE_PATH: '/nonexistent/chromium' },
    strike: always,
    isPossible: ({ command, holdsHost }) => command === 'compare' && !holdsHost,
    saysWhy: true,
  },
  {
    name: 'browser killed',
    does: 'SIGKILL to the Chromium that makes pictures',
    strike: signals(({ like }) => like(/chrom[^\0]*\0.*--headless/), 'SIGKILL'),
    isPossible: ({ command, holdsHost }) => command === 'compare' && !holdsHost,
    saysWhy: true,
  },
];

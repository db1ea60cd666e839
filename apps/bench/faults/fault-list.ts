import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { awaitProgram, findProgram, runProgram } from '@tare/metrics';
import { commandLine, processesThat } from './processes.ts';
import { fixedPort, plainRun, type RunOrder, startRun } from './start-run.ts';
import type { EnvironmentTraits, Place, View } from './view.ts';

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

/** What is done to a run. */
export type Fault = {
  readonly name: string;
  /** In a line, for the table. */
  readonly does: string;
  /** Makes ready what it takes, before the run starts. */
  readonly arrange?: (place: Place) => Promise<void>;
  /** Options of the run in the place of those of the phase. */
  readonly options?: readonly string[];
  /** Variables of the run. */
  readonly variables?: Readonly<Record<string, string>>;
  /**
   * Does it.
   * @returns true when it is done, false while there is nothing to do it to; a text when it is done and another run than the one
   *   that was struck says why: what that one has printed.
   */
  readonly strike: (view: View) => boolean | string | Promise<boolean | string>;
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
const runnerOf = ({ runner, like, started }: View): readonly number[] => [
  runner() ?? like(/run-executor\.js\0/)[0] ?? started,
];
const janitorOf = ({ like }: View): readonly number[] => like(/janitor-process\.[jt]s\0wait\0/);
const startedOf = ({ started }: View): readonly number[] => [started];
const terminalOf = ({ started }: View): readonly number[] => [-started];
const betweenSignalsMs = 150;

/** Sends a signal to all of these, once there are any. */
function signals(
  victims: (view: View) => readonly number[],
  signal: NodeJS.Signals,
  times = 1,
): Fault['strike'] {
  return async (view) => {
    const pids = victims(view);
    if (pids.length === 0) return false;
    for (let time = 0; time < times; time++) {
      if (time > 0) await sleep(betweenSignalsMs);
      sendAll(pids, signal);
    }
    return true;
  };
}

export function sendAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      // ended since it was looked at
    }
  }
}

const run = async (program: string, ...words: readonly string[]): Promise<string> => {
  const options = { signal: new AbortController().signal, deadlineMs: 30_000 };
  return runProgram(program, words, options);
};

/** Does something to the containers of a run. */
function toContainers(...words: readonly string[]): Fault['strike'] {
  return async ({ place, traits, runs }) => {
    const [id] = runs();
    if (traits.engine === undefined || id === undefined) return false;
    const { engine } = traits;
    const first = traits.isEngineOwn ? ['--host', place.engine?.host ?? ''] : [];
    const listed = await run(engine, ...first, 'ps', '--quiet', '--filter', `label=tare.run=${id}`);
    const containers = listed.split('\n').filter(Boolean);
    if (containers.length === 0) return false;
    await run(engine, ...first, ...words, ...containers);
    return true;
  };
}

/** A disk of its own for a folder of a run, on which something happens. */
function onDisk(
  folder: 'out' | 'temporary',
  strike: (path: string) => Promise<void>,
): Pick<Fault, 'arrange' | 'strike' | 'mend'> {
  return {
    arrange: async (place) => {
      await run('mount', '-t', 'tmpfs', '-o', 'size=192m,mode=1777', 'tare-faults', place[folder]);
    },
    strike: async ({ place }) => {
      await strike(place[folder]);
      return true;
    },
    mend: async (place) => {
      await run('umount', '--lazy', place[folder]);
    },
  };
}

async function fill(path: string): Promise<void> {
  await awaitProgram('dd', ['if=/dev/zero', `of=${path}/filled`, 'bs=64k'], {
    signal: new AbortController().signal,
    deadlineMs: 30_000,
  });
}

async function makeReadOnly(path: string): Promise<void> {
  await run('mount', '-o', 'remount,ro', path);
}

/** Something of another program listens where the app is to. */
function stealsPort(): Pick<Fault, 'strike' | 'mend'> {
  let thief: Server | undefined;
  return {
    strike: async () => {
      thief = createServer().listen(fixedPort, '127.0.0.1');
      await once(thief, 'listening');
      return true;
    },
    mend: async () => {
      if (thief?.listening !== true) return;
      const closed = once(thief, 'close');
      thief.close();
      await closed;
    },
  };
}

function loadsHost(): Pick<Fault, 'strike' | 'mend'> {
  let busy: readonly ChildProcess[] = [];
  return {
    strike: () => {
      busy = Array.from({ length: 2 * availableParallelism() }, () =>
        spawn('setpriv', ['--pdeathsig', 'KILL', process.execPath, '-e', 'for (;;);'], { stdio: 'ignore' }),
      );
      return true;
    },
    mend: () => {
      for (const each of busy) each.kill('SIGKILL');
      return Promise.resolve();
    },
  };
}

/** It has not the variables of who started it, and serves whoever works in this workspace: they get another. */
const nxDaemonsOf = ({ workspace }: Place): readonly number[] =>
  processesThat((pid) =>
    commandLine(pid).includes(`\0${workspace}/node_modules/nx/dist/src/daemon/server/start.js\0`),
  );

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
    strike: signals(({ machines }) => machines(), 'SIGKILL'),
    isPossible: ({ holdsHost, name }, { hasMachine }) => hasMachine && holdsHost && name !== 'probe',
    saysWhy: true,
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
    isPossible: (phase, { hasMachine }) => underLoad(phase) && !hasMachine,
    saysWhy: true,
  },
  {
    name: 'app hangs',
    does: 'SIGSTOP to the app under load',
    strike: signals(({ apps }) => apps(), 'SIGSTOP'),
    isPossible: (phase, { hasMachine }) => underLoad(phase) && !hasMachine,
    saysWhy: true,
  },
  {
    name: 'app forks',
    does: 'the app starts four processes that do not end with it; the run goes on',
    strike: signals(({ apps }) => apps(), 'SIGUSR2'),
    isPossible: (phase, { hasMachine }) => underLoad(phase) && !hasMachine,
    saysWhy: true,
    goesOn: true,
  },
  {
    name: 'app leaks',
    does: 'the app fills its heap up to the limit',
    strike: signals(({ apps }) => apps(), 'SIGPWR'),
    isPossible: (phase, { hasMachine }) => underLoad(phase) && !hasMachine,
    saysWhy: true,
  },
  {
    name: 'port stolen',
    does: 'another program listens on the port that the app is to have',
    options: ['--workloads=fixed', ...short.slice(1)],
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
    does: 'all packets to the containers are lost (tc, qdisc blackhole)',
    strike: async ({ place: { engine } }) => {
      if (engine === undefined) return false;
      await run('tc', 'qdisc', 'add', 'dev', engine.bridge, 'root', 'blackhole');
      return true;
    },
    mend: async ({ engine }) => {
      // nothing is cut where the run was over before
      await run('tc', 'qdisc', 'del', 'dev', engine?.bridge ?? '', 'root').catch(() => undefined);
    },
    isPossible: (phase, { isEngineOwn }) =>
      underLoad(phase) && isEngineOwn && findProgram('tc') !== undefined,
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

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { choosePort, type Environment, type Launch, namespace, native } from '@tare/environment';
import { startMsOf } from '@tare/results';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { BenchConfig } from '../config/bench-config.ts';
import type { RunEvent } from '../run/run-events.ts';
import { burstSeed, startOrder } from './starts.ts';
import { answering, leftovers, other, shortRun, writeAnsweringApp } from '../../fixtures/real-run.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tare-starts-'));
  await writeAnsweringApp(folder);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const run = (config: Partial<BenchConfig>, told?: Parameters<typeof shortRun>[2]) =>
  shortRun(
    folder,
    {
      rounds: 1,
      retries: 0,
      starts: 5,
      load: { connections: 2, warmupMs: 0, durationMs: 200, open: false },
      ...config,
    },
    told,
  );

type Step = { readonly name: string; readonly round: number; readonly beside: number };

/** An environment that notes its starts in the rounds, and how many processes were up before each. */
const noted = (environment: Environment, steps: Step[]): Environment => ({
  ...environment,
  start: (launch, signal) => {
    const { round } = launch;
    if (round !== undefined) steps.push({ name: environment.name, round, beside: leftovers().length });
    return environment.start(launch, signal);
  },
});

it('starts each five times in every round, in turn and alone, in the order of the seed', async () => {
  const steps: Step[] = [];
  const events: RunEvent[] = [];
  const environments = [native(), namespace(), other('second')].map((each) => noted(each, steps));
  const seed = 5;
  const { run: file } = await run({ environments, rounds: 2, seed, control: true }, { events });
  expect(file.config.options?.starts).toBe(5);
  const measured = file.environments.filter(({ status }) => status === 'measured').map(({ name }) => name);
  expect(measured).toContain('native:control');
  for (const round of [1, 2]) {
    const trials = file.trials.filter((trial) => trial.round === round);
    const names = trials.toSorted((one, next) => one.order - next.order).map((each) => each.environment);
    expect(names.toSorted()).toEqual(measured.toSorted());
    const order = startOrder(names, 5, burstSeed(seed, { round, attempt: 1, workload: 'answer' }));
    const burst = steps.filter((step) => step.round === round).slice(0, order.length);
    // the control is the baseline under another name
    expect(burst.map(({ name }) => name)).toEqual(order.map((name) => name.replace(':control', '')));
    expect(burst.every(({ beside }) => beside === 0)).toBe(true);
    for (const trial of trials) {
      const { starts = [], readyMs = NaN } = trial.startup ?? {};
      expect(starts).toHaveLength(5);
      for (const ms of starts) expect(ms).toBeGreaterThan(10);
      expect(starts).not.toContain(readyMs);
      expect(startMsOf(trial)).toBeGreaterThanOrEqual(Math.min(...starts, readyMs));
      expect(startMsOf(trial)).toBeLessThanOrEqual(Math.max(...starts, readyMs));
    }
  }
  // five in a burst, and the trial's own
  expect(steps).toHaveLength(2 * measured.length * 6);
  const bursts = events.filter((event) => event.kind === 'starting');
  expect(bursts.map(({ place }) => [place.round, place.starts, place.environments.length])).toEqual([
    [1, 5, measured.length],
    [2, 5, measured.length],
  ]);
  expect(leftovers()).toEqual([]);
});

it('has a fresh data folder for every start, and frees a fixed port', async () => {
  const port = await choosePort(undefined);
  const workload = { ...answering(folder), port, data: 'FRESH_FOLDER' };
  const { run: file } = await run({ workloads: [workload], starts: 3 });
  expect(file.trials.map(({ startup }) => startup?.starts?.length)).toEqual([3, 3]);
  expect(leftovers()).toEqual([]);
});

it('starts once what restarts the app alone, as a machine does', async () => {
  const steps: Step[] = [];
  const machine = other('machine', {
    sideBySide: false,
    start: async (launch, signal) => ({
      ...(await native().start(launch, signal)),
      startKind: launch.cold ? 'cold' : 'restart',
    }),
  });
  const environments = [native(), noted(machine, steps)];
  const { run: file } = await run({ environments, rounds: 2, coldBoots: 1 });
  const ofMachine = file.trials.filter(({ environment }) => environment === 'machine');
  expect(ofMachine.map(({ startup }) => [startup?.kind, startup?.starts])).toEqual([
    ['cold', undefined],
    ['restart', undefined],
  ]);
  expect(steps).toHaveLength(2);
});

it('takes the start of the trial where no others are wanted', async () => {
  const events: RunEvent[] = [];
  const { run: file } = await run({ starts: 0 }, { events });
  expect(events.some(({ kind }) => kind === 'starting')).toBe(false);
  for (const trial of file.trials) {
    expect(trial.startup).not.toHaveProperty('starts');
    expect(startMsOf(trial)).toBe(trial.startup?.readyMs);
  }
});

/** A native environment that does something else at some start in a round. */
function changing(name: string, nth: number, change: (launch: Launch) => Launch): Environment {
  let starts = 0;
  return other(name, {
    start: (launch, signal) => {
      const isNow = launch.round !== undefined && ++starts === nth;
      return native().start(isNow ? change(launch) : launch, signal);
    },
  });
}

const sick = (launch: Launch): Launch => ({
  ...launch,
  variables: { ...launch.variables, NEVER_HEALTHY: '1' },
});

it('repeats a round in which a start fails whole, its starts included', async () => {
  const environments = [native(), changing('sick', 3, sick)];
  const { run: file } = await run({ environments, retries: 1 });
  expect(file.repeats).toMatchObject([{ round: 1, attempt: 1, environment: 'sick', cause: 'failure' }]);
  expect(file.repeats[0]?.reason).toMatch(
    /^sick: answer: .* did not answer 2xx within 3 s \(last: status 503\); its last log lines:\n.*waiting for a database/,
  );
  expect(file.trials.map(({ attempt, startup }) => [attempt, startup?.starts?.length])).toEqual([
    [2, 5],
    [2, 5],
  ]);
  expect(leftovers()).toEqual([]);
});

it('goes on without an environment whose start fails for good', async () => {
  const environments = [native(), other('second'), changing('sick', 2, sick)];
  const { run: file } = await run({ environments });
  expect(file.environments.map(({ status }) => status)).toEqual(['measured', 'measured', 'failed']);
  expect(file.trials.map(({ environment }) => environment).sort()).toEqual(['native', 'second']);
  expect(leftovers()).toEqual([]);
});

it.each(['while an app starts', 'between two starts'])(
  'leaves nothing running when it ends %s',
  async (when) => {
    const controller = new AbortController();
    const interrupt = () => {
      controller.abort(new Error('interrupted by a test'));
    };
    let starts = 0;
    const watched = other('native', {
      start: async (launch, signal) => {
        const instance = await native().start(launch, signal);
        if (launch.round === undefined || ++starts !== 3) return instance;
        if (when === 'while an app starts') setTimeout(interrupt, 5);
        return {
          ...instance,
          stop: async () => {
            await instance.stop();
            interrupt();
          },
        };
      },
    });
    const running = run({ environments: [watched] }, { signal: controller.signal });
    await expect(running).rejects.toThrow('interrupted by a test');
    expect(starts).toBe(3);
    expect(leftovers()).toEqual([]);
  },
);

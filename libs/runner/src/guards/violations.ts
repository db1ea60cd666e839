import { requestsForP99, type Guard, type Guards, type Trial, type Violation } from '@tare/results';
import { counted } from '@tare/statistics';

/**
 * Limits of a trial that counts. They are fixed before a run and blind to its outcome: a trial is judged by what
 * disturbed it, never by its figures.
 */
export const defaultGuards: Guards = {
  // Other work began to show between 0.10 and 0.15 CPUs: leaving such trials out took one series from a coefficient of
  // variation of 7.0 % to 4.1 %. Below 0.10 the account of /proc/stat is itself no more exact.
  foreignCpus: 0.15,
  // Two percent is the margin of throughput: a hypervisor that takes more can make a difference that is not there.
  stealPercent: 2,
  // Throttling stops every thread of an instance for the rest of its quota's period, up to 100 ms: one such pause is the p99.
  throttledMs: 0,
  // Speed follows the clock: five percent is the margin of latency and of CPU time.
  clockDriftPercent: 5,
  // From about here on a generator's own queue adds to the latencies, and its speed limits the throughput.
  generatorCpuPercent: 80,
  // The p95 looks at the slowest twentieth: with half as many late sends it may be the generator's own.
  lateSendsPercent: 2.5,
  // An error comes faster or slower than a reply and does other work: with more than one in a thousand two trials no
  // longer did the same.
  errorsPercent: 0.1,
};

/** What the guards look at. */
export type GuardedTrial = Pick<Trial, 'load' | 'open' | 'host'>;

/**
 * Which limits a trial breaks: strictly above them. What is not known (null) breaks none. Pure.
 *
 * A machine whose CPU is emulated is held to the same limits. Its replies are slow, so that the generator idles and late
 * sends are rare; but its windows hold few requests, and one error among fewer than 1,000 is above 0.1 %. Nothing is
 * concluded from its figures, so the code that repeats rounds may ignore its violations.
 *
 * @param generatorCpus how many CPUs the closed loop's generator can fill: 1 as long as it works in one
 *   thread, however many it may run on. The open loop's generator is one thread in any case.
 * @returns one for each broken limit, in the order of the run file's guards; empty for a clean trial.
 */
export function violationsOf(
  trial: GuardedTrial,
  guards: Guards,
  generatorCpus: number,
): readonly Violation[] {
  return [
    ...foreignCpu(trial, guards),
    ...steal(trial, guards),
    ...throttled(trial, guards),
    ...clock(trial, guards),
    ...generatorCpu(trial, guards, generatorCpus),
    ...lateSends(trial, guards),
    ...errors(trial, guards),
  ];
}

type Broken = readonly Violation[];

function broken(guard: Guard, value: number, limit: number, message: string): Broken {
  return value > limit ? [{ guard, value, limit, message }] : [];
}

function foreignCpu({ host: { foreignCpus: value } }: GuardedTrial, { foreignCpus: limit }: Guards): Broken {
  if (value === null) return [];
  const message = `other processes used ${above(value, limit)} CPUs, at most ${limit} is allowed`;
  return broken('foreign-cpu', value, limit, message);
}

function steal({ host: { stealPercent: value } }: GuardedTrial, { stealPercent: limit }: Guards): Broken {
  if (value === null) return [];
  const message = `the hypervisor took ${above(value, limit)} % of the CPUs’ time, at most ${limit} % is allowed`;
  return broken('steal', value, limit, message);
}

function throttled({ host: { throttledMs: value } }: GuardedTrial, { throttledMs: limit }: Guards): Broken {
  if (value === null) return [];
  const message = `a CPU quota stopped the instance for ${above(value, limit)} ms, at most ${limit} ms is allowed`;
  return broken('throttled', value, limit, message);
}

function clock({ host: { clockMHz } }: GuardedTrial, { clockDriftPercent: limit }: Guards): Broken {
  if (clockMHz === null) return [];
  const [begin, end] = clockMHz;
  if (begin === 0) return [];
  const value = (Math.abs(end - begin) / begin) * 100;
  const message =
    `the server’s CPUs went from ${begin.toFixed(0)} to ${end.toFixed(0)} MHz, a change of ${above(value, limit)} %, ` +
    `at most ${limit} % is allowed`;
  return broken('clock', value, limit, message);
}

function generatorCpu(
  { load, open }: GuardedTrial,
  { generatorCpuPercent: limitPercent }: Guards,
  generatorCpus: number,
): Broken {
  const loops = [
    { loop: 'closed', value: load.generator.cpuPercent, limit: limitPercent * generatorCpus },
    // spinning until the next planned time is not in this figure
    ...(open === null ? [] : [{ loop: 'open', value: open.generator.cpuPercent, limit: limitPercent }]),
  ];
  return loops.flatMap(({ loop, value, limit }) =>
    broken(
      'generator-cpu',
      value,
      limit,
      `the load generator used ${above(value, limit)} % of a CPU in the ${loop} loop, at most ${limit} % is allowed`,
    ),
  );
}

/** How many standard deviations above its limit a count may lie by chance (Poisson). */
const chanceDeviations = 2;

/** The limit where the p99 is judged: it looks at the slowest hundredth. */
const lateSendsPercentOfP99 = 1;

function lateSendsLimit(planned: number, { lateSendsPercent }: Guards): number {
  return planned < requestsForP99 ? lateSendsPercent : Math.min(lateSendsPercent, lateSendsPercentOfP99);
}

/**
 * @returns how many of the planned requests may be sent late. A window of a few hundred has a handful of late sends by chance: it
 *   breaks the limit only beyond that.
 */
export function mostLateSends(planned: number, guards: Guards): number {
  const atLimit = (planned * lateSendsLimit(planned, guards)) / 100;
  return Math.floor(atLimit + chanceDeviations * Math.sqrt(atLimit));
}

function lateSends({ open }: GuardedTrial, guards: Guards): Broken {
  if (open === null || open.planned === 0) return [];
  if (open.lateSends <= mostLateSends(open.planned, guards)) return [];
  const limit = lateSendsLimit(open.planned, guards);
  const value = (open.lateSends / open.planned) * 100;
  const message =
    `${open.lateSends} of ${counted(open.planned, 'request')} (${above(value, limit)} %) were sent more than 1 ms late, ` +
    `at most ${limit} % is allowed`;
  return broken('late-sends', value, limit, message);
}

function errors({ load, open }: GuardedTrial, { errorsPercent: limit }: Guards): Broken {
  const windows = open === null ? [load] : [load, open];
  const failed = windows.reduce((sum, window) => sum + window.errors + window.timeouts, 0);
  const sent = windows.reduce((sum, window) => sum + window.requests, failed);
  // a window in which nothing at all came back is the worst there is
  const value = sent === 0 ? 100 : (failed / sent) * 100;
  const seen =
    sent === 0
      ? 'no request came to an end'
      : `${failed} of ${counted(sent, 'request')} (${above(value, limit)} %) failed or timed out`;
  return broken('errors', value, limit, `${seen}, at most ${limit} % is allowed`);
}

/** @returns three significant digits, or as many as show that the value is above its limit. */
function above(value: number, limit: number): string {
  for (let digits = 3; digits <= 17; digits++) {
    const rounded = Number(value.toPrecision(digits));
    if (rounded > limit) return String(rounded);
  }
  return String(value);
}

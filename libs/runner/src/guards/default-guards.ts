import type { Guards } from '@tare/results';

/**
 * Limits of a trial that counts. They are fixed before a run and blind to its outcome: a trial is judged by what
 * disturbed it, never by its figures.
 */
export const defaultGuards: Guards = {
  // Between 0.10 and 0.15 CPUs of other work began to show: leaving such trials out took one series from a coefficient of
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
  // The p99 looks at the slowest hundredth: with more late sends than that it may be the generator's own.
  lateSendsPercent: 1,
  // An error comes faster or slower than a reply and does other work: with more than one in a thousand two trials no
  // longer did the same.
  errorsPercent: 0.1,
};

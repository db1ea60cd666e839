import { z } from 'zod';

const count = z.int().nonnegative();
const finite = z.number();
const notNegative = z.number().nonnegative();

const milestone = z.strictObject({ name: z.string(), atMs: finite });

const startup = z.strictObject({
  kind: z
    .enum(['cold', 'restart'])
    .describe(
      'cold: from nothing (process, container, booted machine). restart: the app alone, in what was up already.',
    ),
  readyMs: notNegative.describe('Spawn of the start command to the first 200 on the health path.'),
  pollErrorMs: notNegative.describe(
    'The app may have been ready this much earlier: time since the last failed poll began.',
  ),
  polls: count,
  milestones: z.array(milestone),
  starts: z
    .array(z.number().positive())
    .min(1)
    .optional()
    .describe(
      'Milliseconds to the first 200 of each start of the burst before the trials of this round, in order of time, when nothing else was up; the start of the trial itself is not among them. Absent without a burst and in older files.',
    ),
});

const latencyMs = z.strictObject({
  mean: notNegative,
  p50: notNegative,
  p90: notNegative,
  p95: notNegative,
  p99: notNegative,
  max: notNegative,
});

/** Counts of errors by name. */
export const failuresSchema = z
  .record(z.string(), z.int().positive())
  .optional()
  .describe('Number of errors of each kind: "status 500", "ECONNRESET". Absent in older files.');

const load = z.strictObject({
  mode: z
    .literal('closed')
    .describe('closed: each connection sends its next request when the reply has come.'),
  connections: z.int().positive(),
  durationMs: z.number().positive(),
  requests: count.describe('2xx replies inside the window.'),
  errors: count.describe('Replies that are not 2xx, refused or broken connections.'),
  timeouts: count,
  failures: failuresSchema,
  throughputRps: notNegative,
  latencyMs,
  histogram: z
    .string()
    .describe('HDR histogram of latencies in microseconds, V2 compressed, base64. Mergeable.'),
  slices: z
    .int()
    .positive()
    .optional()
    .describe(
      'Number of interleaved slices that make up the window; durationMs is their sum. Between them the environments that were up side by side had their own. Absent without slices.',
    ),
  sliceSeries: z
    .array(z.tuple([count, z.number().positive()]))
    .optional()
    .describe(
      'Of each slice in their order: 2xx replies, and its length in milliseconds. Absent without slices and in older files.',
    ),
  generator: z.strictObject({ name: z.string(), cpuPercent: notNegative }),
});

const openLoad = z.strictObject({
  mode: z
    .literal('open')
    .describe('open: requests are sent at planned times, whether or not earlier replies have come.'),
  rateRps: z.number().positive().describe('Planned arrivals per second.'),
  arrivals: z
    .enum(['poisson', 'constant'])
    .optional()
    .describe(
      'poisson: at random, independent of each other; constant: on a constant beat. Absent in older files, whose beat was constant.',
    ),
  durationMs: z.number().positive(),
  slices: z
    .int()
    .positive()
    .optional()
    .describe(
      'Number of interleaved slices that make up the window; durationMs is their sum. Absent of a whole window.',
    ),
  slicesAgain: count
    .optional()
    .describe(
      'How many slices were sent again because the generator was late; what they came to at first is in no figure.',
    ),
  series: z
    .strictObject({
      every: z.int().positive(),
      latencyMs: z.array(notNegative.nullable()),
    })
    .optional()
    .describe(
      'Latencies of single requests: the first of every `every` planned ones, in their order; null for one without a good reply. The windows of a round have the same requests at the same places. Absent in older files.',
    ),
  planned: count.describe('Requests whose planned time lies in the window.'),
  requests: count.describe('2xx replies to them.'),
  errors: count,
  timeouts: count,
  failures: failuresSchema,
  lateSends: count.describe('Planned requests that the generator sent more than 1 ms late.'),
  maxLateMs: notNegative,
  latencyMs: latencyMs.describe('From the planned time of sending to the end of the reply.'),
  histogram: z
    .string()
    .describe('HDR histogram of latencies in microseconds, V2 compressed, base64. Mergeable.'),
  generator: z.strictObject({ name: z.string(), cpuPercent: notNegative }),
});

export const guardSchema = z.enum([
  'foreign-cpu',
  'steal',
  'throttled',
  'clock',
  'generator-cpu',
  'late-sends',
  'errors',
]);

/** What a trial's host did beside the trial, over its load windows. */
const hostActivity = z.strictObject({
  foreignCpus: notNegative
    .nullable()
    .describe(
      'CPUs that neither the environment nor the generator nor the runner used, on average; null where that is unknown.',
    ),
  stealPercent: notNegative.nullable().describe('Share of the time of all CPUs that the hypervisor took.'),
  throttledMs: notNegative.nullable().describe('Time that a CPU quota kept the instance from running.'),
  clockMHz: z
    .tuple([notNegative, notNegative])
    .nullable()
    .describe(
      'Frequency of the server’s CPUs at the beginning and at the end; null where the host does not report it.',
    ),
});

const violation = z.strictObject({
  guard: guardSchema,
  value: finite,
  limit: finite,
  message: z.string().describe('The value that was seen and the limit, with units.'),
});

const cpuUse = z.strictObject({
  percent: notNegative.describe('CPU time over the window ÷ its duration; 100 is one CPU.'),
  msPerRequest: notNegative
    .nullable()
    .describe('CPU time over the window ÷ requests; null without a request.'),
  kernelMsPerRequest: notNegative
    .nullable()
    .optional()
    .describe(
      'Of that, the time in the kernel: system calls and page faults; the rest is user time. null where it is not known, absent in older files.',
    ),
});
const memoryUse = z.strictObject({ meanMiB: notNegative, peakMiB: notNegative });

const disk = z.strictObject({
  netWrittenMiB: notNegative.nullable().describe('Bytes that the app caused to be written to storage.'),
  grossWrittenMiB: notNegative
    .nullable()
    .describe('Bytes written by everything that the environment costs the host.'),
  netWrittenKiBPerRequest: notNegative
    .nullable()
    .describe('Written per reply of the window; null without a reply.'),
  writeLatencyMs: notNegative
    .nullable()
    .describe(
      'Mean time of a write of the disks that the app sees, including the wait in the queue; null when the app wrote nothing.',
    ),
});

const sample = z.strictObject({
  atMs: finite.describe('Time since the load window began.'),
  netCpuMs: notNegative.optional(),
  grossCpuMs: notNegative.optional(),
  netMiB: notNegative.optional(),
  grossMiB: notNegative.optional(),
});

export const trialSchema = z.strictObject({
  workload: z.string(),
  round: z.int().positive(),
  attempt: z.int().positive().describe('1, plus one for each repetition of its round.'),
  order: z.int().positive().describe('Place within the round, from 1.'),
  environment: z.string(),
  startedAt: z.iso.datetime(),
  startup: startup.optional().describe('Absent of what ran before the run.'),
  load,
  open: openLoad
    .nullable()
    .describe(
      'The window at a fixed arrival rate, which latencies are taken from; null when there was none.',
    ),
  openLeftOut: z
    .literal(true)
    .optional()
    .describe(
      'There was no open-loop window, because the latencies of the environment were decided: the trial has none to compare.',
    ),
  cpu: z.strictObject({ net: cpuUse.optional(), gross: cpuUse.optional() }),
  memory: z.strictObject({ net: memoryUse.optional(), gross: memoryUse.optional() }),
  notMetered: z
    .string()
    .optional()
    .describe('Why net, gross or both are absent; absent itself where both are there.'),
  disk: disk.describe('Writes over the closed-loop window; null where the kernel does not report them.'),
  host: hostActivity,
  violations: z.array(violation).describe('Guards that the trial violates; empty in a clean one.'),
  samples: z.array(sample),
});

export type Trial = z.infer<typeof trialSchema>;
export type OpenLoad = NonNullable<Trial['open']>;
export type HostActivity = Trial['host'];
export type Violation = Trial['violations'][number];
export type Guard = z.infer<typeof guardSchema>;
export type TrialSample = z.infer<typeof sample>;

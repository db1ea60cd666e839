import { fileURLToPath, pathToFileURL } from 'node:url';
import { native, type Environment } from '@tare/environment';
import { metricCatalogue, type Comparison, type RunFile } from '@tare/results';
import { performRun, resolveConfig, type BenchConfig, type RunEvent } from '@tare/runner';

type RealRunsOptions = {
  /** Only A/A runs, only runs with slowdowns (which have an A/A control too), or both in turn. */
  readonly parts: { readonly aa: boolean; readonly ab: boolean };
  readonly sizes: ComparisonSizes;
  readonly slowdownPercents: readonly number[];
  readonly seed: number;
  readonly runsFolder: string;
  /** A run starts only if it is expected to end before this time of performance.now(). */
  readonly endsAt: number;
  readonly minutes: number;
  /** Keeps a finished run; the next run waits for it. */
  readonly keep: (run: RealRun) => Promise<void>;
  readonly onProgress: (line: string) => void;
  readonly signal: AbortSignal;
};

/** Why the runs ended: the budget is used up, or one failed. */
export type RealEnd =
  | { readonly kind: 'budget'; readonly minutes: number }
  | { readonly kind: 'failed'; readonly message: string };

type RealRuns = { readonly runs: readonly RealRun[]; readonly end: RealEnd };

type Kind = 'control' | 'slower';

// start of process and generator, stop
const trialOverheadMs = 700;
// preflight and conformance
const runOverheadMs = 5000;

/**
 * Makes as many real runs as the budget allows: runs with slowdowns, which have an A/A control too, and runs with only an
 * A/A control. Both kinds get about the same time.
 * @throws the signal's reason when aborted; any other failure ends the runs and is in `end`.
 */
export async function realRuns(options: RealRunsOptions): Promise<RealRuns> {
  const { parts, sizes, slowdownPercents, endsAt, minutes, signal, onProgress } = options;
  const runs: RealRun[] = [];
  const spentMs: Record<Kind, number[]> = { control: [], slower: [] };
  const trialMs = sizes.warmupMs + sizes.windowMs + trialOverheadMs;
  const expectedMs = (kind: Kind): number => {
    const environments = kind === 'control' ? 2 : 2 + slowdownPercents.length;
    return spentMs[kind].length > 0
      ? sum(spentMs[kind]) / spentMs[kind].length
      : sizes.rounds * environments * trialMs + runOverheadMs;
  };
  const kinds: readonly Kind[] = [
    ...(parts.ab ? ['slower' as const] : []),
    ...(parts.aa ? ['control' as const] : []),
  ];
  for (;;) {
    const leftMs = endsAt - performance.now();
    const [kind] = kinds
      .filter((each) => expectedMs(each) <= leftMs)
      .toSorted((one, other) => sum(spentMs[one]) - sum(spentMs[other]));
    if (kind === undefined) return { runs, end: { kind: 'budget', minutes } };
    const slowdowns = kind === 'slower' ? slowdownPercents : [];
    const name = kind === 'slower' ? `control and slowdowns of ${slowdowns.join(', ')} %` : 'control';
    onProgress(
      `real run ${runs.length + 1}: ${name}, about ${(expectedMs(kind) / 1000).toFixed(0)} s of ${(leftMs / 1000).toFixed(0)} s left`,
    );
    try {
      const run = await realRun({
        sizes,
        slowdownPercents: slowdowns,
        seed: options.seed + runs.length,
        runsFolder: options.runsFolder,
        listener: (event) => {
          tellRepeats(event, onProgress);
        },
        signal,
      });
      spentMs[kind].push(run.elapsedMs);
      runs.push(run);
      await options.keep(run);
    } catch (error) {
      signal.throwIfAborted();
      return {
        runs,
        end: { kind: 'failed', message: error instanceof Error ? error.message : String(error) },
      };
    }
  }
}

function tellRepeats(event: RunEvent, onProgress: (line: string) => void): void {
  if (event.kind === 'round-repeated') {
    onProgress(`  round ${event.repeat.round} is repeated: ${event.repeat.reason}`);
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** A metric of a real comparison. */
export type MetricOutcome = Pick<Comparison, 'metric' | 'ratio' | 'p' | 'verdict' | 'logRatioStdev'>;

/** One candidate against the baseline, over all rounds of a run. */
export type RealComparison = {
  /** How much slower the candidate was; 0 for the A/A control. */
  readonly slowdownPercent: number;
  readonly metrics: readonly MetricOutcome[];
};

/** The result of a real run. */
export type RealRun = {
  readonly runId: string;
  readonly seed: number;
  readonly startedAt: string;
  readonly elapsedMs: number;
  readonly rounds: number;
  /** Number of rounds repeated because a trial failed or violated a guard. */
  readonly repeats: number;
  readonly comparisons: readonly RealComparison[];
};

type RealRunOptions = {
  readonly sizes: ComparisonSizes;
  readonly slowdownPercents: readonly number[];
  readonly seed: number;
  /** Parent of the folder with the run's journal. */
  readonly runsFolder: string;
  readonly listener: (event: RunEvent) => void;
  readonly signal: AbortSignal;
};

/** What cleans up after a killed calibration loads its environments from here. */
export const janitorConfig = fileURLToPath(import.meta.url).replace(
  /real-runs\.([jt]s)$/,
  'janitor.config.$1',
);

/**
 * Runs the calibration's own app through the pipeline of every run: rounds in random order, fresh processes, guards,
 * comparison, verdicts.
 * @throws Error with one line when it fails; it leaves nothing running.
 */
async function realRun(options: RealRunOptions): Promise<RealRun> {
  const { sizes, slowdownPercents, seed, runsFolder, listener, signal } = options;
  const startedAt = performance.now();
  const { run } = await performRun({
    asks: 'calibration',
    config: resolveConfig(comparisonConfig(sizes, slowdownPercents, seed), 'the calibration'),
    configPath: janitorConfig,
    runsFolder,
    listener,
    signal,
  });
  const lost = run.environments.find(({ status }) => status === 'failed');
  if (lost?.status === 'failed') throw new Error(lost.reason);
  return {
    runId: run.id,
    seed: run.seed,
    startedAt: run.startedAt,
    elapsedMs: performance.now() - startedAt,
    rounds: sizes.rounds,
    repeats: run.repeats.length,
    comparisons: [0, ...slowdownPercents].map((slowdownPercent) => ({
      slowdownPercent,
      metrics: outcomesOf(run, slowdownPercent === 0 ? run.config.control : slowerName(slowdownPercent)),
    })),
  };
}

/** The judged metrics except the gross ones, which equal the net ones for a plain process. */
function outcomesOf({ comparisons }: RunFile, candidate: string | null): readonly MetricOutcome[] {
  const counted = metricCatalogue.filter(({ judged, key }) => judged && !key.includes('Gross'));
  return comparisons
    .filter((each) => each.candidate === candidate && counted.some(({ key }) => key === each.metric))
    .map(({ metric, ratio, p, verdict, logRatioStdev }) => ({
      metric,
      ratio,
      p,
      verdict,
      logRatioStdev,
    }));
}

/** Windows and rounds of a real comparison; smaller than those of a default run, so that many fit into the budget. */
export type ComparisonSizes = {
  readonly rounds: number;
  readonly warmupMs: number;
  readonly windowMs: number;
};

const app = fileURLToPath(import.meta.url).replace(/real-runs\.([jt]s)$/, 'calibration-app.$1');
// about 2 ms: HTTP is then only a few percent of a request, and a slowdown of the work is one of the request
const workIterations = 12_000;
const connections = 2;

/**
 * The configuration for a run of the calibration's own app: a native environment, its A/A control, and native environments
 * with the given percentages of extra work per request.
 */
export function comparisonConfig(
  { rounds, warmupMs, windowMs }: ComparisonSizes,
  slowdownPercents: readonly number[],
  seed: number,
): BenchConfig {
  return {
    workloads: [
      {
        name: 'calibration',
        app: { kind: 'node', file: pathToFileURL(app) },
        health: '/health',
        request: () => ({ path: '/' }),
        conformance: [{ request: { path: '/health' }, status: 200, json: { status: 'ok' } }],
        variables: { WORK: String(workIterations) },
      },
    ],
    environments: [native(), ...slowdownPercents.map(slowerBy)],
    control: true,
    rounds,
    // what is calibrated is the load
    starts: 0,
    load: { connections, warmupMs, durationMs: windowMs, open: false },
    seed,
  };
}

/** @returns the name of the environment with that slowdown. */
function slowerName(percent: number): string {
  return `slower-${percent}`;
}

function slowerBy(percent: number): Environment {
  const environment = native();
  return {
    ...environment,
    name: slowerName(percent),
    start: (launch, signal) =>
      environment.start(
        { ...launch, variables: { ...launch.variables, SLOWDOWN: String(1 + percent / 100) } },
        signal,
      ),
  };
}

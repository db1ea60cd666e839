import { fileURLToPath } from 'node:url';
import { metricCatalogue, type Comparison, type RunFile } from '@tare/results';
import { performRun, resolveConfig, type RunEvent } from '@tare/runner';
import { comparisonConfig, slowerName, type ComparisonSizes } from './comparison-config.ts';

/** A metric of a real comparison. */
export type MetricOutcome = Pick<
  Comparison,
  'metric' | 'ratio' | 'p' | 'pAdjusted' | 'verdict' | 'logRatioStdev'
>;

/** One candidate against the baseline, over all rounds of a run. */
export type RealComparison = {
  /** How much slower the candidate was; 0 for the twin. */
  readonly slowdownPercent: number;
  readonly metrics: readonly MetricOutcome[];
};

/** What a real run came to. */
export type RealRun = {
  readonly runId: string;
  readonly seed: number;
  readonly startedAt: string;
  readonly elapsedMs: number;
  readonly rounds: number;
  /** Rounds that were repeated, because a trial failed or violated a guard. */
  readonly repeats: number;
  readonly comparisons: readonly RealComparison[];
};

export type RealRunOptions = {
  readonly sizes: ComparisonSizes;
  readonly slowdownPercents: readonly number[];
  readonly seed: number;
  /** The journal of the run goes to a folder of its own in here. */
  readonly runsFolder: string;
  readonly listener: (event: RunEvent) => void;
  readonly signal: AbortSignal;
};

const janitorConfig = fileURLToPath(import.meta.url).replace(
  /real-comparison\.([jt]s)$/,
  'janitor.config.$1',
);

/**
 * A run of the calibration's own app through the pipeline of every run: rounds in random order, fresh processes, guards,
 * comparison, verdicts.
 * @throws Error with one line when it fails; nothing is left running.
 */
export async function realRun(options: RealRunOptions): Promise<RealRun> {
  const { sizes, slowdownPercents, seed, runsFolder, listener, signal } = options;
  const startedAt = performance.now();
  const { run } = await performRun({
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
      metrics: outcomesOf(run, slowdownPercent === 0 ? run.config.twin : slowerName(slowdownPercent)),
    })),
  };
}

/** Judged metrics without the gross ones: a plain process has the same figures net and gross. */
function outcomesOf({ comparisons }: RunFile, candidate: string | null): readonly MetricOutcome[] {
  const counted = metricCatalogue.filter(({ judged, key }) => judged && !key.includes('Gross'));
  return comparisons
    .filter((each) => each.candidate === candidate && counted.some(({ key }) => key === each.metric))
    .map(({ metric, ratio, p, pAdjusted, verdict, logRatioStdev }) => ({
      metric,
      ratio,
      p,
      pAdjusted,
      verdict,
      logRatioStdev,
    }));
}

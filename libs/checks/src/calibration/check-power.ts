import { setImmediate } from 'node:timers/promises';
import { compare, metricCatalogue } from '@tare/results';
import { performRun, resolveConfig, type BenchConfig } from '@tare/runner';
import { counted, fewestRounds } from '@tare/statistics';
import type { Check, CheckItem, MetricPower, Power } from '@tare/results/calibration';
import { made, notMade, shown } from './check-items.ts';
import { powerOf, recordedRounds, type RecordedRounds } from './power-of-rounds.ts';
import { comparisonConfig, janitorConfig } from './real-runs.ts';

const title = { id: 'power', part: 'power', title: 'Minutes until a run tells', unit: 'min' } as const;

/** What is found by then; the difference that people fear. */
const slowdown = 0.05;

export type PowerSizes = {
  /** Most recorded rounds. */
  readonly rounds: number;
  /** Most rounds of the runs that are made of them: those of a default run. */
  readonly mostRounds: number;
  readonly resamples: number;
  /** What six rounds take at least with their preparation: it must be left of the budget. */
  readonly leastMs: number;
  /** Load and starts; those of a default run unless given. */
  readonly run: Pick<BenchConfig, 'load' | 'starts'>;
};

type PowerCheckOptions = {
  readonly sizes: PowerSizes;
  readonly seed: number;
  readonly runsFolder: string;
  /** Time of performance.now() at which the rounds end. */
  readonly endsAt: number;
  readonly minutes: number;
  readonly onProgress: (line: string) => void;
  readonly signal: AbortSignal;
};

/**
 * Measures native against its copy as a run does, and says from the recorded rounds how many minutes a run takes here until
 * it has found a slowdown of 5 %, and until it has shown that there is none. Nothing is judged: it depends on the host.
 * @throws the signal's reason when aborted; Error with one line when the run fails.
 */
export async function checkPower(
  options: PowerCheckOptions,
): Promise<{ readonly check: Check; readonly power: Power | undefined }> {
  const { sizes, seed, runsFolder, endsAt, minutes, onProgress, signal } = options;
  const leftMs = endsAt - performance.now();
  if (leftMs < sizes.leastMs) {
    const reason = `a budget of ${minutes} minutes left no time for it: give more with --minutes`;
    return { check: notMade(title, reason), power: undefined };
  }
  const { run } = await performRun({
    config: resolveConfig(
      {
        ...comparisonConfig({ rounds: 1, warmupMs: 0, windowMs: 1 }, [], seed),
        starts: sizes.run.starts,
        load: sizes.run.load,
        rounds: { max: sizes.rounds },
        budgetMinutes: leftMs / 60_000,
      },
      'the calibration',
    ),
    configPath: janitorConfig,
    runsFolder,
    // rounds are wanted, not verdicts: all stays open until the budget is spent
    judgeLook: (trials, looks) => {
      const judged = compare(trials, { baseline: 'native', seed, looks }).filter(
        ({ verdict }) => verdict !== null,
      );
      return { judged, open: judged, candidates: [...new Set(judged.map(({ candidate }) => candidate))] };
    },
    listener: (event) => {
      if (event.kind === 'looked') onProgress(`${counted(event.round, 'round')} recorded`);
    },
    signal,
  });
  const lost = run.environments.find(({ status }) => status === 'failed');
  if (lost?.status === 'failed') throw new Error(lost.reason);
  const { plan, trials, config } = run;
  if (plan.kind !== 'looks' || config.control === null || plan.rounds < fewestRounds) {
    throw new Error(`${plan.rounds} rounds were recorded, expected at least ${fewestRounds}`);
  }
  const power: Power = {
    slowdownPercent: slowdown * 100,
    rounds: plan.rounds,
    roundMs: plan.roundMs,
    mostRounds: sizes.mostRounds,
    resamples: sizes.resamples,
    metrics: [],
  };
  for (const recorded of recordedRounds(trials, { baseline: config.baseline, copy: config.control })) {
    // a metric takes a second; an interruption shall not wait for all
    await setImmediate(undefined, { signal });
    power.metrics.push(metricPower(recorded, power, seed));
  }
  return { check: checkOf(power), power };
}

function metricPower(recorded: RecordedRounds, power: Power, seed: number): MetricPower {
  const { mostRounds, roundMs, resamples } = power;
  return powerOf(recorded, { mostRounds, roundMs, resamples, slowdown, seed });
}

/** The check of a power: figures that are shown, with what no run of the most rounds is likely to tell in words. */
export function checkOf(power: Power): Check {
  const { metrics, rounds, roundMs, mostRounds, resamples, slowdownPercent } = power;
  const lines = metrics.flatMap(({ metric, found, same }): CheckItem[] => {
    const label = metricCatalogue.find(({ key }) => key === metric)?.label ?? metric;
    return [
      ...timedItem(`${label}: ${slowdownPercent} % worse is found`, found),
      ...timedItem(`${label}: equal copies are shown to be the same`, same),
    ];
  });
  const never = metrics.flatMap(({ metric, found, same }) => {
    const label = metricCatalogue.find(({ key }) => key === metric)?.label ?? metric;
    return [
      ...(found.minutes === null
        ? [`${label}: ${slowdownPercent} % worse (${found.percent.toFixed(0)} %)`]
        : []),
      ...(same.minutes === null ? [`${label}: the same (${same.percent.toFixed(0)} %)`] : []),
    ];
  });
  return made(title, lines, [
    `Median of ${resamples} runs of at most ${mostRounds} rounds, made of ${rounds} recorded ones of native and its copy, ${(roundMs / 1000).toFixed(1)} s each; more environments make a round longer. What lies within the margin is found when an interval leaves no doubt that there is a difference.`,
    ...(never.length === 0
      ? []
      : [`Half of such runs or more do not tell, with the share that does: ${never.join('; ')}.`]),
  ]);
}

function timedItem(what: string, { minutes, percent }: MetricPower['found']): CheckItem[] {
  if (minutes === null) return [];
  return [shown(`${what}, in ${percent.toFixed(0)} % of runs`, minutes, null, 'min')];
}

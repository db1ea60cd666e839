import { generateOpenLoad, mergeHistograms, type LoadRequest } from '@tare/metrics';
import type { CapacityStep, Slo } from '@tare/results';
import { classifyStep, type StepGuards } from './classify-step.ts';

/** Load before the window of a step, at its rate: the step before ran at another. */
export const stepWarmupMs = 300;
const generatorSlackMs = 30_000;
const leastTimeoutSeconds = 2;
const microsecondsPerMs = 1000;

export type StepLoad = {
  readonly origin: string;
  readonly requests: readonly LoadRequest[];
  readonly seed: number;
  readonly slo: Slo;
  readonly guards: StepGuards;
  readonly windowMs: number;
  readonly generatorCpus: readonly number[] | undefined;
};

/** What a step came to, without where it was made. */
export type StepResult = Omit<CapacityStep, 'workload' | 'environment' | 'pass'>;

/**
 * One step: a window of open load at a rate, and whether it meets the objective.
 * @throws Error when the generator fails or is aborted.
 */
export async function performStep(load: StepLoad, rateRps: number, signal: AbortSignal): Promise<StepResult> {
  const { slo, guards, windowMs } = load;
  const startedAt = new Date().toISOString();
  const timeoutSeconds = Math.max(leastTimeoutSeconds, Math.ceil((2 * slo.limitMs) / 1000));
  const {
    histogram,
    failures: _,
    ...outcome
  } = await generateOpenLoad(
    {
      origin: load.origin,
      requests: load.requests,
      seed: load.seed,
      timeoutSeconds,
      warmupMs: stepWarmupMs,
      open: { rateRps, durationMs: windowMs },
    },
    {
      cpus: load.generatorCpus,
      deadlineMs: stepWarmupMs + windowMs + timeoutSeconds * 1000 + generatorSlackMs,
      signal,
    },
  );
  const figures = { ...outcome, sloLatencyMs: quantileMs(histogram, slo.percentile) };
  return { startedAt, ...figures, histogram, outcome: classifyStep(figures, slo, guards) };
}

/** @returns the quantile of an encoded histogram; 0 of an empty one. */
function quantileMs(encoded: string, percentile: number): number {
  const histogram = mergeHistograms([encoded]);
  return histogram.totalCount === 0 ? 0 : histogram.getValueAtPercentile(percentile) / microsecondsPerMs;
}

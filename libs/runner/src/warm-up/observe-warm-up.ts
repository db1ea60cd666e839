import { generateTurns } from '@tare/metrics';
import type { WarmUp } from '@tare/results';
import { steadyState } from '@tare/statistics';
import type { ResolvedConfig } from '../config/bench-config.ts';
import type { WeightedRequest } from '../config/workload.ts';
import { generatorSlackMs, requestTimeoutSeconds } from '../trial/trial-plan.ts';
import { warmUpCourse } from './warm-up-course.ts';

/** How long a fresh instance is under load to see when it is steady. */
const observedMs = 5000;
const turnMs = 25;
/** Levels that differ by no more are the same: the margin of a throughput; and where the changes of the host show, theirs. */
const tolerances = { besideWarm: 0.02, alone: 0.1 } as const;

export type WarmUpObservation = {
  readonly workload: string;
  readonly environment: string;
  /** Of an instance without a request so far but those for its health. */
  readonly fresh: URL;
  /** Of an instance of the same environment that has been under load for a while, if two can be up. */
  readonly warm: URL | undefined;
  readonly requests: readonly WeightedRequest[];
  readonly load: Pick<ResolvedConfig['load'], 'connections'>;
  readonly seed: number;
  readonly generatorCpus: readonly number[] | undefined;
};

/**
 * Loads a fresh instance in a closed loop from its first request on, in turns with a warm one where there is one, and finds
 * out after how long it has reached its speed: a change point in the course of its throughput.
 * @throws Error when the load generator fails; the signal's reason when aborted.
 */
export async function observeWarmUp(
  { workload, environment, fresh, warm, requests, load, seed, generatorCpus }: WarmUpObservation,
  signal: AbortSignal,
): Promise<WarmUp> {
  const sides = [fresh, ...(warm === undefined ? [] : [warm])].map(({ origin }) => ({ origin, requests }));
  const [ofFresh, ofWarm] = await generateTurns(
    {
      sides,
      seed,
      connections: load.connections,
      warmupMs: 0,
      turnMs,
      durationMs: observedMs,
      timeoutSeconds: requestTimeoutSeconds,
    },
    { cpus: generatorCpus, deadlineMs: sides.length * observedMs + generatorSlackMs, signal },
  );
  const course = warmUpCourse(ofFresh?.course ?? [], ofWarm?.course);
  const steady = steadyState(
    course.map(({ level }) => level),
    { seed, tolerance: warm === undefined ? tolerances.alone : tolerances.besideWarm },
  );
  return {
    workload,
    environment,
    besideWarm: warm !== undefined,
    observedMs: ofFresh?.durationMs ?? observedMs,
    steadyAfterMs: steady === null ? null : (course[steady.start - 1]?.untilMs ?? 0),
    course,
  };
}

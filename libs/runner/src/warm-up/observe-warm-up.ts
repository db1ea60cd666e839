import { generateSlices } from '@tare/metrics';
import type { WarmUp } from '@tare/results';
import { mean, steadyState } from '@tare/statistics';
import type { ResolvedConfig } from '../config/bench-config.ts';
import type { WeightedRequest } from '../config/workload.ts';
import { generatorSlackMs, requestTimeoutSeconds } from '../trial/trial.ts';
import { warmUpCourse } from './warm-up-course.ts';

/** How long a fresh instance is under load to see when it is steady. */
const observedMs = 6000;
const sliceMs = 25;
/** Levels that differ by no more are the same: less does not show in a course; where the changes of the host do, theirs. */
const tolerances = { besideWarm: 0.03, alone: 0.1 } as const;

export type WarmUpObservation = {
  readonly workload: string;
  readonly environment: string;
  /** Of instances without a request so far but those for their health; at least one. */
  readonly fresh: readonly URL[];
  /** Of an instance of the same environment that has been under load for a while, if two can be up. */
  readonly warm: URL | undefined;
  readonly requests: readonly WeightedRequest[];
  readonly load: Pick<ResolvedConfig['load'], 'connections'>;
  readonly seed: number;
  readonly generatorCpus: readonly number[] | undefined;
};

/**
 * Loads fresh instances in a closed loop from their first requests on, in turns with a warm one where there is one, and finds
 * out after how long they have reached their speed: a change point in the course of their throughput.
 * @throws Error when the load generator fails; the signal's reason when aborted.
 */
export async function observeWarmUp(
  { workload, environment, fresh, warm, requests, load, seed, generatorCpus }: WarmUpObservation,
  signal: AbortSignal,
): Promise<WarmUp> {
  const sides = [...fresh, ...(warm === undefined ? [] : [warm])].map(({ origin }) => ({ origin, requests }));
  const outcomes = await generateSlices(
    {
      sides,
      seed,
      connections: load.connections,
      warmupMs: 0,
      window: { kind: 'duration', durationMs: observedMs, sliceMs },
      timeoutSeconds: requestTimeoutSeconds,
    },
    { cpus: generatorCpus, deadlineMs: sides.length * observedMs + generatorSlackMs, signal },
  );
  const ofFresh = outcomes.slice(0, fresh.length);
  const ofWarm = outcomes[fresh.length];
  const course = warmUpCourse(
    ofFresh.map((outcome) => outcome.slices ?? []),
    ofWarm?.slices,
  );
  const steady = steadyState(
    course.map(({ level }) => level),
    { seed, tolerance: warm === undefined ? tolerances.alone : tolerances.besideWarm },
  );
  return {
    workload,
    environment,
    instances: fresh.length,
    besideWarm: warm !== undefined,
    observedMs: mean(ofFresh.map(({ durationMs }) => durationMs)),
    steadyAfterMs: steady === null ? null : (course[steady.start - 1]?.untilMs ?? 0),
    course,
  };
}

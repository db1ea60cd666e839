import type { Artifact, Environment, Launch, Obstacle, RunContext } from '@tare/environment';
import type { ResolvedConfig } from '../config/bench-config.ts';
import { healthPathOf, requestsOf, type WeightedRequest, type Workload } from '../config/workload.ts';

const setUpDeadlineMs = 300_000;

/** What a run knows before it starts anything. */
export type Preparation = {
  readonly workloads: readonly Workload[];
  /** The mix of each workload, by its name: the same in every trial of a run. */
  readonly requests: ReadonlyMap<string, readonly WeightedRequest[]>;
  readonly artifacts: ReadonlyMap<string, Artifact>;
  readonly context: RunContext;
  readonly readyDeadlineMs: number;
  /** In how many rounds, from the first, machines boot from nothing. */
  readonly coldBoots: number;
  readonly load: ResolvedConfig['load'];
  readonly seed: number;
  readonly generatorCpus: readonly number[] | undefined;
  /** Name of the environment that the others are compared with. */
  readonly baseline: string;
  /** Whether replies are compared with those of the baseline, or, where versions of an app differ, with earlier ones of their own. */
  readonly repliesLike: 'baseline' | 'own';
};

/** @returns the mix that a workload is loaded with. */
export function mixOf({ name }: Workload, { requests }: Preparation): readonly WeightedRequest[] {
  return requests.get(name) ?? [];
}

/** The mixes of workloads, by their names. @throws Error of a request that cannot be sent. */
export function requestsOfAll(
  workloads: readonly Workload[],
  seed: number,
): ReadonlyMap<string, readonly WeightedRequest[]> {
  return new Map(workloads.map((workload) => [workload.name, requestsOf(workload, seed)]));
}

/** Puts the data of a workload into an instance, if it has any. @throws Error that says so. */
export async function setUpData(
  workload: Workload,
  origin: URL,
  seed: number,
  signal: AbortSignal,
): Promise<void> {
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(setUpDeadlineMs)]);
  await workload.setUp?.({ origin, parameters: workload.parameters ?? {}, seed, signal: deadline });
}

/** Why an environment cannot run a workload; undefined if it can. */
export function obstacleTo(
  workload: Workload,
  environment: Environment,
  preparation: Preparation,
): Obstacle | undefined {
  return environment.runs?.(launchOf(workload, preparation, undefined).artifact);
}

/** @returns the launch of a workload in a round, or in the check before the first one. */
export function launchOf(workload: Workload, preparation: Preparation, round: number | undefined): Launch {
  const { artifacts, context, coldBoots } = preparation;
  const artifact = artifacts.get(workload.name);
  if (artifact === undefined) throw new Error(`workload ${workload.name} has no artifact`);
  const { variables = {}, port, data } = workload;
  return {
    artifact,
    context,
    variables,
    healthPath: healthPathOf(workload, mixOf(workload, preparation)),
    port,
    dataVariable: data,
    round,
    cold: round !== undefined && round <= coldBoots,
  };
}

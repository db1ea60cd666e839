import type { Artifact, Facts, Launch, RunContext } from '@tare/environment';
import type { Diagnostic, WarmUp } from '@tare/results';
import type { ResolvedConfig } from '../config/bench-config.ts';
import { requestsOf, type WeightedRequest, type Workload } from '../config/workload.ts';
import type { Listener } from '../progress/run-event.ts';
import type { Capacity } from './arrival-rates.ts';
import { checkEnvironment } from './check-environment.ts';
import type { Unusable, Usable } from './usable-environments.ts';

const setUpDeadlineMs = 300_000;

export type Preparation = {
  readonly workloads: readonly Workload[];
  readonly artifacts: ReadonlyMap<string, Artifact>;
  readonly context: RunContext;
  readonly readyDeadlineMs: number;
  /** In how many rounds, from the first, machines boot from nothing. */
  readonly coldBoots: number;
  readonly load: ResolvedConfig['load'];
  readonly seed: number;
  readonly generatorCpus: readonly number[] | undefined;
};

export type Prepared = {
  readonly ready: readonly Usable[];
  readonly failed: readonly Unusable[];
  /** What each served in a closed loop; empty when no arrival rate is to be found. */
  readonly capacities: readonly Capacity[];
  /** How fresh instances warmed up; empty when the warm-up is given. */
  readonly warmUps: readonly WarmUp[];
  readonly diagnostics: readonly Diagnostic[];
};

/** @returns the mix of requests that a workload is loaded with: the same in every trial of a run. */
export function requestsFor(workload: Workload, seed: number): readonly WeightedRequest[] {
  return requestsOf(workload.request(workload.parameters ?? {}, seed));
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

/** @returns the launch of a workload in a round, or in the check before the first one. */
export function launchOf(
  workload: Workload,
  { artifacts, context, coldBoots }: Preparation,
  round: number | undefined,
): Launch {
  const artifact = artifacts.get(workload.name);
  if (artifact === undefined) throw new Error(`workload ${workload.name} has no artifact`);
  const { variables = {}, healthPath, port, dataVariable } = workload;
  return {
    artifact,
    context,
    variables,
    healthPath,
    port,
    dataVariable,
    round,
    cold: round !== undefined && round <= coldBoots,
  };
}

/**
 * Makes every environment ready for every workload and checks that it answers right. One that cannot be prepared, does
 * not get healthy or answers wrongly has failed and is not measured.
 */
export async function prepareEnvironments(
  usable: readonly Usable[],
  preparation: Preparation,
  listener: Listener,
  signal: AbortSignal,
): Promise<Prepared> {
  const ready: Usable[] = [];
  const failed: Unusable[] = [];
  const capacities: Capacity[] = [];
  const warmUps: WarmUp[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const candidate of usable) {
    const { name, kind } = candidate.environment;
    let facts = candidate.facts;
    try {
      listener({ kind: 'preparing', environment: name });
      for (const workload of preparation.workloads) {
        facts = { ...facts, ...(await prepareOne(candidate, workload, preparation, signal)) };
        const checked = await checkEnvironment(
          candidate.environment,
          workload,
          preparation,
          listener,
          signal,
        );
        diagnostics.push(...checked.diagnostics);
        capacities.push(...checked.capacities);
        warmUps.push(...checked.warmUps);
      }
      ready.push({ environment: candidate.environment, facts });
    } catch (error) {
      signal.throwIfAborted();
      const reason = error instanceof Error ? error.message : String(error);
      listener({ kind: 'failed', environment: name, reason });
      failed.push({ name, kind, facts, status: 'failed', reason });
    }
  }
  return { ready, failed, capacities, warmUps, diagnostics };
}

function prepareOne(
  { environment }: Usable,
  workload: Workload,
  preparation: Preparation,
  signal: AbortSignal,
): Promise<Facts> {
  return environment.prepare(
    launchOf(workload, preparation, undefined).artifact,
    preparation.context,
    signal,
  );
}

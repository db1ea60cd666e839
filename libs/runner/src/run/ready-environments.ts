import type { Artifact, Facts, Instance, Launch, RunContext } from '@tare/environment';
import type { Diagnostic } from '@tare/results';
import type { ResolvedConfig } from '../config/bench-config.ts';
import { requestsOf, type WeightedRequest, type Workload } from '../config/workload.ts';
import type { Listener } from '../progress/run-event.ts';
import { checkConformance } from '../trial/conformance.ts';
import { startReady } from '../trial/ready-instance.ts';
import { probeCapacity, type Capacity } from './arrival-rates.ts';
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
  const diagnostics: Diagnostic[] = [];
  for (const candidate of usable) {
    const { name, kind } = candidate.environment;
    let facts = candidate.facts;
    try {
      listener({ kind: 'preparing', environment: name });
      for (const workload of preparation.workloads) {
        facts = { ...facts, ...(await prepareOne(candidate, workload, preparation, signal)) };
        listener({ kind: 'checking', environment: name, workload: workload.name });
        const checked = await checkOne(candidate, workload, preparation, signal);
        diagnostics.push(...checked.diagnostics);
        if (checked.rps !== undefined) {
          capacities.push({ environment: name, workload: workload.name, rps: checked.rps });
        }
      }
      ready.push({ environment: candidate.environment, facts });
    } catch (error) {
      signal.throwIfAborted();
      const reason = error instanceof Error ? error.message : String(error);
      listener({ kind: 'failed', environment: name, reason });
      failed.push({ name, kind, facts, status: 'failed', reason });
    }
  }
  return { ready, failed, capacities, diagnostics };
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

async function checkOne(
  { environment }: Usable,
  workload: Workload,
  preparation: Preparation,
  signal: AbortSignal,
): Promise<{ readonly diagnostics: readonly Diagnostic[]; readonly rps: number | undefined }> {
  const launch = launchOf(workload, preparation, undefined);
  const readyDeadlineMs = environment.readyDeadlineMs ?? preparation.readyDeadlineMs;
  const { instance } = await startReady(environment, launch, readyDeadlineMs, signal);
  try {
    const { failures, closesConnections } = await checkConformance(
      instance.url,
      workload.conformance,
      signal,
    );
    if (failures.length > 0) throw new Error(`${workload.name} answers wrongly: ${failures.join('; ')}`);
    const rps = await capacityOf(instance, workload, preparation, signal);
    if (!closesConnections) return { diagnostics: [], rps };
    const message = `${environment.name}: ${workload.name} closes connections after a reply: the load generator’s latencies are then too high`;
    return { diagnostics: [{ level: 'warning', code: 'connection-close', message }], rps };
  } finally {
    await instance.stop();
  }
}

/** What an instance serves in a closed loop, where the rate of the open loop follows from it. */
async function capacityOf(
  instance: Instance,
  workload: Workload,
  preparation: Preparation,
  signal: AbortSignal,
): Promise<number | undefined> {
  const { load, seed, generatorCpus } = preparation;
  if (load.open === undefined || load.open.rateRps !== undefined) return undefined;
  await setUpData(workload, instance.url, seed, signal);
  return probeCapacity(instance, requestsFor(workload, seed), { load, seed, cpus: generatorCpus }, signal);
}

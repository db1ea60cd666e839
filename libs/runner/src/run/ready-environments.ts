import type { Artifact, Facts, Launch, RunContext } from '@tare/environment';
import type { Diagnostic } from '@tare/results';
import type { Workload } from '../config/workload.ts';
import type { Listener } from '../progress/run-event.ts';
import { checkConformance } from '../trial/conformance.ts';
import { startReady } from '../trial/ready-instance.ts';
import type { Unusable, Usable } from './usable-environments.ts';

export type Preparation = {
  readonly workloads: readonly Workload[];
  readonly artifacts: ReadonlyMap<string, Artifact>;
  readonly context: RunContext;
  readonly readyDeadlineMs: number;
  /** In how many rounds, from the first, machines boot from nothing. */
  readonly coldBoots: number;
};

export type Prepared = {
  readonly ready: readonly Usable[];
  readonly failed: readonly Unusable[];
  readonly diagnostics: readonly Diagnostic[];
};

/** @returns the launch of a workload in a round, or in the check before the first one. */
export function launchOf(
  workload: Workload,
  { artifacts, context, coldBoots }: Preparation,
  round: number | undefined,
): Launch {
  const artifact = artifacts.get(workload.name);
  if (artifact === undefined) throw new Error(`workload ${workload.name} has no artifact`);
  const { variables = {}, healthPath, port } = workload;
  return {
    artifact,
    context,
    variables,
    healthPath,
    port,
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
  const diagnostics: Diagnostic[] = [];
  for (const candidate of usable) {
    const { name, kind } = candidate.environment;
    let facts = candidate.facts;
    try {
      listener({ kind: 'preparing', environment: name });
      for (const workload of preparation.workloads) {
        facts = { ...facts, ...(await prepareOne(candidate, workload, preparation, signal)) };
        listener({ kind: 'checking', environment: name, workload: workload.name });
        diagnostics.push(...(await checkOne(candidate, workload, preparation, signal)));
      }
      ready.push({ environment: candidate.environment, facts });
    } catch (error) {
      signal.throwIfAborted();
      const reason = error instanceof Error ? error.message : String(error);
      listener({ kind: 'failed', environment: name, reason });
      failed.push({ name, kind, facts, status: 'failed', reason });
    }
  }
  return { ready, failed, diagnostics };
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
): Promise<readonly Diagnostic[]> {
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
    if (!closesConnections) return [];
    const message = `${environment.name}: ${workload.name} closes connections after a reply: the load generator’s latencies are then too high`;
    return [{ level: 'warning', code: 'connection-close', message }];
  } finally {
    await instance.stop();
  }
}

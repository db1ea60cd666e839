import { createHash } from 'node:crypto';
import { roundOrders } from '@tare/statistics';
import { startReady } from './ready-instance.ts';
import { TrialError, type TrialPlan } from './trial.ts';

/** An environment in a burst of starts. */
type Starter = Pick<TrialPlan, 'environment' | 'launch' | 'readyDeadlineMs'> & { readonly starts: number };

/**
 * A burst of starts: start → first 200 on health → stop of each environment, as often as it wants, one at a time and with nothing
 * else up. A start takes a fraction of a trial, and the mean of several in one round varies less than a single one.
 * @param starters with different names.
 * @param seed of the order; see {@link burstSeed}.
 * @returns what each start took, in milliseconds and in order of time, by name of the environment; empty without starts.
 * @throws TrialError for the environment that failed. Nothing is left running in every case.
 */
export async function performStarts(
  starters: readonly Starter[],
  seed: number,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, readonly number[]>> {
  const byName = new Map(starters.map((starter) => [starter.environment.name, starter]));
  const took = new Map<string, readonly number[]>();
  const passes = Math.max(0, ...starters.map(({ starts }) => starts));
  for (const name of startOrder([...byName.keys()], passes, seed)) {
    const starter = byName.get(name);
    const before = took.get(name) ?? [];
    if (starter === undefined || before.length === starter.starts) continue;
    signal.throwIfAborted();
    took.set(name, [...before, await startOnce(starter, signal)]);
  }
  return took;
}

async function startOnce(
  { environment, launch, readyDeadlineMs }: Starter,
  signal: AbortSignal,
): Promise<number> {
  try {
    const { instance, readiness } = await startReady(environment, launch, readyDeadlineMs, signal);
    await instance.stop();
    return readiness.readyMs;
  } catch (error) {
    if (signal.aborted || !(error instanceof Error)) throw error;
    throw new TrialError(environment.name, error.message, error);
  }
}

/**
 * The order of the starts of a burst: pass by pass over all environments, each order equally likely, and after each such pass
 * one in reverse. Over the two every environment has the same mean place, so a host that gets steadily slower or faster hits
 * all alike.
 * @returns one name per start; empty for no names or no passes.
 */
export function startOrder(names: readonly string[], passes: number, seed: number): readonly string[] {
  if (names.length === 0 || passes === 0) return [];
  return roundOrders(names, Math.ceil(passes / 2), seed)
    .flatMap((order) => [order, order.toReversed()])
    .slice(0, passes)
    .flat();
}

/** @returns the seed of a burst, which follows from that of the run; every burst of a run has one of its own. */
export function burstSeed(
  seed: number,
  { round, attempt, workload }: Pick<TrialPlan, 'round' | 'attempt' | 'workload'>,
): number {
  const digest = createHash('sha256').update(`${seed} ${round} ${attempt} ${workload}`).digest();
  // seeds have up to 53 bits
  return digest.readUIntBE(0, 6);
}
